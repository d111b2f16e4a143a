"""Numbers over time: the buckets of a chart, and delays kept in bands, each a quarter wider than the one before. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping

import msgspec

STEPS = (60, 3600, 86_400)  # s; what is counted
NO_BAND = -1


def _bounds() -> tuple[int, ...]:
    found, edge = [1], 1.0
    while edge < 40 * 86_400_000:
        edge *= 1.25
        if int(edge) > found[-1]:
            found.append(int(edge))
    return tuple(found)


BOUNDS = _bounds()  # ms; band n holds delays below BOUNDS[n] that no earlier one holds


class Range(msgspec.Struct, frozen=True):
    """`span` s, drawn in points of `step` s, read from counts per `counted` s."""

    span: int
    step: int
    counted: int


RANGES: dict[str, Range] = {
    "2h": Range(7_200, 60, 60),
    "1d": Range(86_400, 600, 60),
    "7d": Range(7 * 86_400, 3_600, 3_600),
    "30d": Range(30 * 86_400, 21_600, 3_600),
}


def band(delay_ms: int) -> int:
    return min(bisect_right(BOUNDS, delay_ms), len(BOUNDS) - 1)


def quantile(bands: Mapping[int, int], share: float) -> int | None:
    """ms below which `share` of the counted delays lie, spread evenly within its band; None of none."""
    total = sum(bands.values())
    wanted, seen = share * total, 0
    for number in sorted(bands):
        count = bands[number]
        if count and seen + count >= wanted:
            low = BOUNDS[number - 1] if number else 0
            return int(low + (BOUNDS[number] - low) * max(0.0, wanted - seen) / count)
        seen += count
    return None


def points(chosen: Range, now_ms: int) -> list[int]:
    """The beginnings of a chart's buckets (s since 1970), oldest first; the last one is the running one."""
    last = now_ms // 1000 // chosen.step * chosen.step
    return list(range(last - chosen.span + chosen.step, last + 1, chosen.step))


def summed(rows: Iterable[tuple[int, str, int]], chosen: Range, now_ms: int) -> list[tuple[int, dict[str, int]]]:
    """(bucket, name, number) rows as the chart's points, empty ones too."""
    found: dict[int, dict[str, int]] = {at: {} for at in points(chosen, now_ms)}
    for at, name, number in rows:
        slot = found.get(at // chosen.step * chosen.step)
        if slot is not None:
            slot[name] = slot.get(name, 0) + number
    return list(found.items())
