"""T5 on real time: the real processes against each kind of limit, for some minutes."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from tests.harness.instance import Running

from benchmarks.limited import Limited, wait_for
from benchmarks.limits import KINDS
from benchmarks.report import Report


def post_batches(running: Running, first: int, last: int, body: Any, most: int = 200) -> None:
    """Events `first` to `last` through the gateway, in batches."""
    for start in range(first, last + 1, most):
        batch = [body(n) for n in range(start, min(last, start + most - 1) + 1)]
        status, said = running.send("/v1/batch", {"batch": batch})
        assert status == 200, said


def one_track_each(n: int) -> dict[str, Any]:
    return {"type": "track", "userId": f"user{n}", "event": "Product Viewed", "messageId": f"m{n}"}


def real_minutes(report: Report, minutes: float) -> None:
    report.say(f"real time, {minutes:g} minutes each")
    for name, kind in KINDS.items():
        with tempfile.TemporaryDirectory() as folder, Limited(kind()) as loops:
            with Running(Path(folder) / "data", "--no-engine") as running:
                running.apply(loops.file(10))
                post_batches(running, 1, int(minutes * 600 + 300), one_track_each)
                wait_for(lambda loops=loops: loops.taken > 20, 30)  # type: ignore[misc]
                before, began = loops.taken, time.monotonic()
                time.sleep(minutes * 60)
                rate = (loops.taken - before) / (time.monotonic() - began)
        report.figure(f"real {name}", rate, f"{name}: {rate:.2f} requests/s, {loops.refused} × 429", "≥ 9.5, 0")
