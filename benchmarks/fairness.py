"""Who waits for whom: people among each other, destinations of one key, live events and a replay. Virtual time, 10 a second."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

from benchmarks import virtual
from benchmarks.lab import Call, Lab, Log, MadeUpLoops, noon_plus, workspace
from benchmarks.limits import Sliding
from benchmarks.report import Report, at, options
from headrace.delivery.port import Outgoing


def _track(user: str, position: int) -> Call:
    body = {"type": "track", "event": "Report Viewed", "userId": user, "properties": {"n": position}}
    return Call(user, body, f"m{position}")


async def _newcomer(backlog: int, live: int) -> list[float]:
    """Delays (s) of `live` newcomers, two a second, behind one person's backlog."""
    loops = MadeUpLoops(Sliding())
    arrived: dict[str, float] = {}

    def heard(request: Outgoing, now: float) -> None:
        if request.body is not None:
            arrived.setdefault(json.loads(request.body)["userId"], now)

    loops.heard = heard
    log = Log(lambda p: _track("busy" if p <= backlog else f"new{p}", p), lambda _: noon_plus(0), head=backlog)
    async with Lab(log, loops, workspace()) as lab:
        await lab.route()
        lab.start()
        await asyncio.sleep(30)
        came: dict[str, float] = {}
        for n in range(live):
            log.length += 1
            came[f"new{backlog + n + 1}"] = asyncio.get_running_loop().time()
            lab._wake.set()
            await asyncio.sleep(0.5)
        await asyncio.sleep(60)
        return sorted(arrived[who] - when for who, when in came.items())


async def _destinations(seconds: float) -> list[int]:
    """Requests of two destinations with one key, one with a backlog of one person, one of many people."""
    loops = MadeUpLoops(Sliding())
    log = Log(lambda p: _track("busy" if p % 3 else f"user{p}", p), lambda _: noon_plus(0), head=int(seconds * 12))
    async with Lab(log, loops, workspace(2)) as lab:
        await lab.route()
        lab.start()
        await asyncio.sleep(seconds)
        done = dict(
            lab.db.file.rows(
                "select text, count(*) from delivery join word on word.id=destination where code='delivered' group by text"
            )
        )
    return [done.get("d0", 0), done.get("d1", 0)]


async def _behind(seconds: float, rate: float) -> tuple[list[float], int]:
    """(delays of live events, replayed ones that were delivered) while a replay of many waits."""
    old, live = 5_000, int(seconds * rate)
    loops = MadeUpLoops(Sliding())
    log = Log(lambda p: _track(f"user{p}", p), lambda _: noon_plus(0), head=old)
    async with Lab(log, loops, workspace()) as lab:
        await lab.route()
        # as a replay puts them there
        lab.db.file.writer.execute(
            "update delivery set job=1; update lane set live=0; update ready set background=1"
        ).fetchall()
        lab.start()
        await asyncio.sleep(10)
        began = asyncio.get_running_loop().time()
        for n in range(live):
            log.length = old + n + 1
            lab._wake.set()
            await asyncio.sleep(began + (n + 1) / rate - asyncio.get_running_loop().time())
        await asyncio.sleep(120)  # what is over the limit takes a while
        rows = lab.db.file.rows("select position, at from delivery where position>? and code='delivered'", (old,))
        delays = sorted((when - noon_plus(began + (p - old - 1) / rate)) / 1000 for p, when in rows)
        ((replayed,),) = lab.db.file.rows(
            "select count(*) from delivery where position<=? and code='delivered' and at between ? and ?",
            (old, noon_plus(began), noon_plus(began + seconds)),
        )
    assert len(delays) == live, (len(delays), live)
    return delays, replayed


def main(arguments: Sequence[str] | None = None) -> None:
    given = options(__doc__, arguments)
    report = Report("fairness", "Fairness at 10 requests a second", given)
    backlog = 100_000 if given.long else 5_000
    delays = virtual.run(_newcomer(backlog, 60))
    words = f"newcomers behind one person's {backlog:,} waiting: p50 {at(0.5, delays):.2f} s, worst {delays[-1]:.2f} s"
    report.figure("newcomer worst", delays[-1], words)
    one, other = virtual.run(_destinations(120))
    report.figure(
        "destinations", one / other, f"two destinations of one key, both behind: {one} and {other} in 120 s", "1 : 1"
    )
    for rate in (5.0, 8.0, 12.0):
        delays, replayed = virtual.run(_behind(120, rate))
        words = (
            f"live at {rate:g}/s before a replay: live p50 {at(0.5, delays):.2f} s, p95 {at(0.95, delays):.2f} s; "
            f"the replay got {replayed / 120:.2f}/s"
        )
        report.figure(f"replay beside {rate:g}", replayed / 120, words, "≥ 0.95" if rate > 9 else "")
    report.close()


if __name__ == "__main__":
    main()
