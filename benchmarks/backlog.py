"""What a pick costs, by how much waits: all of it in one lane, or each in a lane of its own. Claim, write down, settle."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.report import Report, options
from headrace.clock import SystemClock
from headrace.delivery.port import Intent, Settlement
from headrace.event import About, Facts
from headrace.fate import SENTENCES, Code, State
from headrace.routing.port import Batch, Routed
from headrace.storage.sqlite.delivery.db import DeliveryDb

PICKS = 400
STEP = 2_000  # events of one routing step here


def _waiting(position: int, lane: str) -> Routed:
    about = About("s1", "track", "Report Viewed", "user:ada")
    return Routed(position, "d1", State.WAITING, Code.ROUTED, SENTENCES[Code.ROUTED], (lane,), Facts(), about, position)


async def _fill(db: DeliveryDb, count: int, one_lane: bool) -> None:
    for first in range(1, count + 1, STEP):
        last = min(count, first + STEP - 1)
        routed = [_waiting(p, "u:ada" if one_lane else f"u:user{p}") for p in range(first, last + 1)]
        await db.commit(Batch(last, routed, (), {}))


async def _pick(db: DeliveryDb) -> float:
    """µs of one delivery's way through the store."""
    began = time.perf_counter()
    (claimed,) = await db.claim("d1", 1, 0)
    await db.intend([Intent(claimed.position, "d1", 0, "key", "hash", (claimed.position,))])
    done = Settlement(
        claimed.position, "d1", State.DELIVERED, Code.DELIVERED, SENTENCES[Code.DELIVERED], 0, 1, 0, None
    )  # fmt: skip
    await db.settle([done])
    return (time.perf_counter() - began) * 1e6


async def _measure(count: int, one_lane: bool) -> tuple[float, float]:
    """(median µs of a pick, µs of an event's routing commit)."""
    with tempfile.TemporaryDirectory() as folder:
        db = DeliveryDb.open(Path(folder) / "delivery.db", SystemClock())
        # the disk's own time is the same whatever waits, and would hide what is looked for
        db.file.writer.execute("pragma synchronous=off").fetchall()
        began = time.perf_counter()
        await _fill(db, count, one_lane)
        filled = (time.perf_counter() - began) / count * 1e6
        picks = [await _pick(db) for _ in range(min(count, PICKS))]
        db.close()
        return statistics.median(picks), filled


def main(arguments: Sequence[str] | None = None) -> None:
    given = options(__doc__, arguments)
    report = Report("backlog", "The cost of a pick by how much waits (fsync off)", given)
    for name, one_lane in (("one lane", True), ("a lane each", False)):
        first = 0.0
        for count in (1_000, 10_000, 100_000, *((1_000_000,) if given.long else ())):
            pick, filled = asyncio.run(_measure(count, one_lane))
            first = first or pick
            words = f"{count:>9,} waiting, {name:<12} {pick:6.0f} µs a pick, {pick / first:.2f} × that at 1,000; routed in {filled:.0f} µs each"
            report.figure(f"{name} {count}", pick, words)
    report.close()


if __name__ == "__main__":
    main()
