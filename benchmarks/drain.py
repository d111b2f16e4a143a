"""T7 on virtual time: 72 h without an answer, then everything leaves in order at 10 a second; and the memory it takes."""

from __future__ import annotations

import asyncio
import gc
import json
from array import array
from collections.abc import Sequence
from pathlib import Path

from benchmarks import virtual
from benchmarks.lab import Call, Lab, Log, MadeUpLoops, noon_plus, workspace
from benchmarks.limits import Sliding
from benchmarks.report import Report, options
from headrace.delivery.port import Outgoing

PEOPLE = 500
OUTAGE = 72 * 3600.0


def _call(position: int) -> Call:
    user = f"user{position * 7919 % PEOPLE}"
    return Call(
        user, {"type": "track", "event": "Report Viewed", "userId": user, "properties": {"n": position}}, f"m{position}"
    )


def resident() -> float:
    """MB of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


class Order:
    """Watches that each person's events arrive in order; keeps one number a person."""

    def __init__(self) -> None:
        self.last = array("q", [0] * PEOPLE)
        self.arrived = self.overtaken = 0

    def heard(self, request: Outgoing, now: float) -> None:
        if not request.url.endswith("/events/send"):
            return
        body = json.loads(request.body or b"{}")
        who, n = int(body["userId"][4:]), body["eventProperties"]["n"]
        self.overtaken += n <= self.last[who]
        self.last[who] = n
        self.arrived += 1


async def _outage(count: int) -> tuple[float, float, Order, dict[str, int], int]:
    """(s that the drain took, MB more at the end of the outage, what arrived, fates by code, 429s)."""
    loops, order = MadeUpLoops(Sliding()), Order()
    loops.heard = order.heard
    log = Log(_call, lambda _: noon_plus(0))
    async with Lab(log, loops, workspace()) as lab:
        loops.down = True
        lab.start()
        await asyncio.sleep(10)
        log.length = 200  # warm: code and caches are there
        lab._wake.set()
        await asyncio.sleep(60)
        gc.collect()
        before = resident()
        for length in range(200, count + 1, max(1, (count - 200) // 200)):
            log.length = length
            lab._wake.set()
            await asyncio.sleep(OUTAGE / 220)
        log.length = count
        lab._wake.set()
        await asyncio.sleep(OUTAGE / 50)
        gc.collect()
        more = resident() - before
        assert lab.open() == count, (lab.open(), lab.states())
        loops.down = False
        await lab.settle()
        sent = [when for when, url in loops.left if url.endswith("/events/send")]
        return sent[-1] - sent[0], more, order, lab.states(), loops.refused


def main(arguments: Sequence[str] | None = None) -> None:
    given = options(__doc__, arguments, count={"type": int, "default": 0, "help": "how many wait"})
    report = Report("drain", "T7  an outage of 72 h, then the drain, on virtual time", given)
    count = given.count or (1_000_000 if given.long else 10_000)
    took, more, order, codes, refused = virtual.run(_outage(count))
    report.figure("memory MB", more, f"{count:,} waiting: memory {more:+.0f} MB", "≤ 50")
    rate = count / took
    words = f"drained at {rate:.2f}/s, in {took / 3600:.2f} h; {refused} × 429"
    report.figure("rate", rate, words, "≥ 9.5")
    report.figure(
        "overtaken", order.overtaken, f"{order.arrived:,} arrived, {order.overtaken} overtaken; fates {codes}", "0"
    )
    report.close()


if __name__ == "__main__":
    main()
