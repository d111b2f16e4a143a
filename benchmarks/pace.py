"""T5: requests a second with more to do than the limit allows, against each kind of limit, and the 429s it costs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from benchmarks import virtual
from benchmarks.lab import Call, Lab, Log, MadeUpLoops, noon_plus, workspace
from benchmarks.limits import KINDS, Limit
from benchmarks.report import Report, options

HOUR = 3600.0
WARM = 5.0  # s until the window that is taken as full at the start has passed


def one_track_each(position: int) -> Call:
    """Tracks of different people: nothing can be folded or skipped."""
    user = f"user{position}"
    body = {"type": "track", "event": "Product Viewed", "userId": user, "properties": {"position": position}}
    return Call(user, body, f"m{position}")


async def _sustained(limit: Limit, seconds: float, jitter: float) -> tuple[float, int]:
    """(requests a second that were taken, 429s)."""
    loops = MadeUpLoops(limit, jitter=jitter)
    log = Log(one_track_each, lambda _: noon_plus(0), head=int((seconds + 60) * 10))
    async with Lab(log, loops, workspace()) as lab:
        lab.start()
        await asyncio.sleep(WARM)
        before = len(loops.left) - loops.refused
        await asyncio.sleep(seconds)
        return (len(loops.left) - loops.refused - before) / seconds, loops.refused


def virtual_hours(report: Report, seconds: float) -> None:
    for name, kind in KINDS.items():
        for jitter in (0.0, 0.02):
            began = time.perf_counter()
            rate, refused = virtual.run(_sustained(kind(), seconds, jitter))
            spread = f"latency 150 ms ± {jitter * 2000:.0f}" if jitter else "latency 150 ms"
            words = f"{name}, {spread}: {rate:.2f} requests/s, {refused} × 429  ({time.perf_counter() - began:.0f} s)"
            key = f"{name}{' jitter' if jitter else ''}"
            report.figure(key, rate, words, "≥ 9.5, 0" if not jitter else "")


def main(arguments: Sequence[str] | None = None) -> None:
    given = options(__doc__, arguments, real={"type": float, "default": 0.0, "help": "also so many minutes of real time"})
    report = Report("pace", "T5  the pace against each kind of limit of 10 a second", given)
    seconds = HOUR if given.long else HOUR / 12
    report.say(f"virtual time, {seconds / 60:.0f} minutes each")
    virtual_hours(report, seconds)
    if given.real:
        from benchmarks.real_pace import real_minutes

        real_minutes(report, given.real)
    report.close()


if __name__ == "__main__":
    main()
