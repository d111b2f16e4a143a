"""The last check of a destination as pages and the terminal show it. Pure but for its reading of memory."""

from __future__ import annotations

from typing import Any

from headrace.clock import rfc3339
from headrace.delivery.checking import Checks

NOTHING = "There is nothing to check at this type of destination."
NEVER = "Not checked yet. It is checked as soon as events flow."


def shown(checks: Checks, destination_id: str, kind: str) -> dict[str, Any]:
    checker, last = checks.checker(kind), checks.last(destination_id)
    if checker is None or last is None:
        return {"at": None, "ok": checker is None, "problem": NOTHING if checker is None else NEVER}
    value: dict[str, Any] = {"at": rfc3339(last.at), "ok": last.ok, "problem": last.problem}
    if last.known is not None:
        value |= checker.compare(checks.seen(destination_id), last.known, last.read_at)
        for row in (*value["events"], *value["contactProperties"], *value["lists"]):
            row["seen"] = rfc3339(row["seen"]) if row["seen"] else None
    return value
