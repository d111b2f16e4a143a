"""From counted rows to what a chart draws, and what of it needs attention. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from headrace.clock import rfc3339
from headrace.fate import State
from headrace.journal.charts import NO_BAND, Range, quantile, summed

SHOWN = (State.DELIVERED, State.UNCHANGED, State.FILTERED, State.DEAD, State.RETRYING)
MANY_WAITING = 1_000
MANY_UNROUTED = 10_000


def event_chart(rows: Iterable[tuple[int, str, int]], chosen: Range, now_ms: int) -> dict[str, Any]:
    points = summed(rows, chosen, now_ms)
    data = [{"at": rfc3339(at * 1000), "types": types} for at, types in points]
    return {"data": data, "next": None, "step": chosen.step, "total": sum(sum(types.values()) for _, types in points)}


def delivery_chart(rows: Sequence[tuple[int, str, int, int]], chosen: Range, now_ms: int) -> dict[str, Any]:
    states = summed(((at, state, number) for at, state, _, number in rows), chosen, now_ms)
    bands: dict[int, dict[int, int]] = {}
    everything: dict[int, int] = {}
    first = states[0][0]
    for at, _, band, number in rows:
        if band == NO_BAND or at < first:
            continue
        slot = bands.setdefault(at // chosen.step * chosen.step, {})
        slot[band] = slot.get(band, 0) + number
        everything[band] = everything.get(band, 0) + number
    data = [
        {
            "at": rfc3339(at * 1000),
            "states": {str(s): counted.get(s, 0) for s in SHOWN},
            "p50": quantile(bands.get(at, {}), 0.5),
            "p95": quantile(bands.get(at, {}), 0.95),
        }
        for at, counted in states
    ]
    totals = {str(s): sum(counted.get(s, 0) for _, counted in states) for s in SHOWN}
    return {
        "data": data,
        "next": None,
        "step": chosen.step,
        "totals": totals,
        "failure_rate": failure_rate(totals),
        "p50": quantile(everything, 0.5),
        "p95": quantile(everything, 0.95),
    }


def failure_rate(totals: Mapping[str, int]) -> float | None:
    good = totals.get("delivered", 0) + totals.get("unchanged", 0)
    tried = good + totals.get("dead", 0)
    return round(totals.get("dead", 0) / tried, 4) if tried else None


def attention(
    destinations: Sequence[Mapping[str, Any]], only_to: Iterable[str], refused: int, refused_why: str, unrouted: int
) -> list[dict[str, Any]]:
    """What a person should look at, the worst first. `destinations`: rows of the overview; `only_to`: ids in test mode."""
    tests = set(only_to)
    found = [row for d in destinations for row in _of_destination(d, d["id"] in tests)]
    if refused:
        found.append(
            _row("bad", "refused_calls", f"{refused} calls were refused in the last hour", refused_why, None, refused)
        )
    if unrouted > MANY_UNROUTED:
        title = f"{unrouted} events are still to be routed"
        found.append(_row("wait", "backlog", title, "They are safe on disk; Headrace works through them.", None, unrouted))
    return sorted(found, key=lambda row: row["level"] != "bad")


def _of_destination(d: Mapping[str, Any], tested: bool) -> Iterable[dict[str, Any]]:
    name, waiting, failed = d["name"], d["waiting"], d["failed"]
    if d["state"] in ("paused", "down"):
        waits = f" {_events(waiting)} {'waits' if waiting == 1 else 'wait'}; nothing is lost." if waiting else ""
        text = f"{d['reason']}{waits}".strip()
        yield _row("bad", f"destination_{d['state']}", f"{name} is {d['state']}", text, d["id"], waiting)
    if failed:
        text = "It is kept until it is" if failed == 1 else "They are kept until they are"
        text += " replayed or discarded."
        yield _row("bad", "failed_events", f"{_events(failed, 'failed ')} at {name}", text, d["id"], failed)
    if d["state"] == "running" and waiting > MANY_WAITING:
        text = "They leave in order, inside the destination's rate limit."
        yield _row("wait", "backlog", f"{waiting} events wait for {name}", text, d["id"], waiting)
    if tested:
        text = "Everyone whom `only_to` does not name is filtered. Clear it in the destination's configuration to go live."
        yield _row("wait", "only_to", f"{name} sends to test people only", text, d["id"], None)


def _events(number: int, what: str = "") -> str:
    return f"{number} {what}event{'' if number == 1 else 's'}"


def _row(level: str, kind: str, title: str, text: str, destination: str | None, count: int | None) -> dict[str, Any]:
    what = {"level": level, "kind": kind, "title": title, "text": text}
    return {**what, "destination": destination, "source": None, "count": count}
