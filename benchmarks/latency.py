"""T4: from the acknowledgement of an event to its request at the destination, below the limit. Real processes, real time."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.harness.instance import Running

from benchmarks.limited import Limited, wait_for
from benchmarks.limits import Sliding
from benchmarks.report import Report, at, options

RATE = 5.0  # events a second


def measured(seconds: float) -> tuple[list[float], int]:
    """(ms of each event, sorted; 429s)."""
    came: dict[str, float] = {}

    def heard(when: float, path: str, body: Any) -> None:
        if path.endswith("/events/send"):
            came.setdefault(body["eventName"], when)

    dice = random.Random("latency")
    with tempfile.TemporaryDirectory() as folder, Limited(Sliding(), heard) as loops:
        with Running(Path(folder) / "data", "--no-engine") as running:
            running.apply(loops.file(10))
            acknowledged: dict[str, float] = {}
            for n in range(int(seconds * RATE) + 10):
                body = {"userId": f"user{n}", "event": f"event {n}", "messageId": f"m{n}"}
                status, _ = running.send("/v1/track", body)
                acknowledged[f"event {n}"] = time.monotonic()
                assert status == 200
                time.sleep(dice.uniform(0.5, 1.5) / RATE)
            wait_for(lambda: len(came) == len(acknowledged), 30)
            # the first ten meet a process that has just begun, and a pace that takes its window as full
            names = list(acknowledged)[10:]
            return sorted(max(0.0, came[name] - acknowledged[name]) * 1000 for name in names), loops.refused


def main(arguments: Sequence[str] | None = None) -> None:
    given = options(__doc__, arguments)
    report = Report("latency", "T4  acknowledged → request at the destination, 5 events/s, limit 10/s", given)
    found, refused = measured(300 if given.long else 30)
    report.figure("p50 ms", at(0.5, found), f"p50 {at(0.5, found):.0f} ms of {len(found)} events, {refused} × 429")
    report.figure("p95 ms", at(0.95, found), f"p95 {at(0.95, found):.0f} ms, worst {found[-1]:.0f} ms", "≤ 100 ms")
    report.close()


if __name__ == "__main__":
    main()
