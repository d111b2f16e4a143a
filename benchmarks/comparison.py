"""RudderStack's open-source defaults and Headrace on the same simulated hour: requests, 429s, delays; drawn.

With `--write`: docs/pictures/comparison.svg and the table of docs/comparison.md. Nothing here is measured on a live system.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from benchmarks import drawing, rudderstack, virtual
from benchmarks.lab import Call, Lab, Log, MadeUpLoops, noon_plus, workspace
from benchmarks.limits import Fixed
from benchmarks.report import Report, at, options
from benchmarks.rudderstack import Run

LATENCY = 0.150  # s from a request's leaving to its answer
JITTER = 0.050  # s by which its way there differs, either way
DOCS = Path(__file__).parent.parent / "docs"
LOADS = ((200, 150, 5.0), (2_000, 500, 60.0), (10_000, 3_000, 600.0))  # events, users, seconds in which they come
BEGIN, END = "<!-- table: python -m benchmarks.comparison -->", "<!-- end of table -->"


class Load:
    """Who says what when. Every second call is an identify with the traits as they are, the others are tracks."""

    def __init__(self, events: int, users: int, seconds: float) -> None:
        dice = random.Random(f"comparison {events}")
        self.name = f"{events:,} events of {users:,} users in {seconds:.0f} s"
        self.events = events
        self.times = sorted(dice.uniform(0, seconds) for _ in range(events))
        self.users = [dice.randrange(users) for _ in range(events)]
        self._kinds = [dice.random() < 0.5 for _ in range(events)]

    def call(self, position: int) -> Call:
        user = f"user{self.users[position - 1]}"
        body: dict[str, object]
        if self._kinds[position - 1]:
            body = {"type": "identify", "traits": {"email": f"{user}@example.com", "plan": "pro"}}
        else:
            body = {"type": "track", "event": "Report Viewed", "properties": {"number": position}}
        return Call(user, body | {"userId": user}, f"m{position}")


async def ours(load: Load, **settings: object) -> Run:
    loops = MadeUpLoops(Fixed(), LATENCY, JITTER)
    log = Log(load.call, lambda p: noon_plus(load.times[p - 1]))
    async with Lab(log, loops, workspace(**settings)) as lab:
        lab.start()
        await lab.feed(load.times)
        await lab.settle()
        rows = lab.db.file.rows("select position, at, attempts from delivery where destination<>0 order by position")
    ends = [(when - virtual.NOON) / 1000 for _, when, _ in rows]
    assert len(ends) == load.events
    events = [rudderstack.Event(n, load.times[n], load.users[n], done=ends[n]) for n in range(load.events)]
    delays = sorted(max(0.0, end - began) for end, began in zip(ends, load.times, strict=True))
    most = max(attempts for _, _, attempts in rows)
    return Run(len(loops.left), loops.refused, delays, sorted(ends), rudderstack.overtaken(events), most)


def compared(load: Load) -> dict[str, Run]:
    return {
        "RudderStack's defaults": rudderstack.simulate(load.times, load.users, Fixed(), LATENCY, JITTER),
        "Headrace, pace alone": virtual.run(ours(load, fold="never", skip_unchanged=0)),
        "Headrace": virtual.run(ours(load)),
    }


def table(found: dict[str, dict[str, Run]]) -> str:
    lines = [
        "| load | | requests | of them 429 | p50 | p95 | worst | last delivered | overtaken |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for load, runs in found.items():
        for n, (who, run) in enumerate(runs.items()):
            seconds = " | ".join(
                f"{s:,.0f} s" for s in (at(0.5, run.delays), at(0.95, run.delays), run.delays[-1], run.done[-1])
            )
            first = load if n == 0 else ""
            lines.append(f"| {first} | {who} | {run.requests:,} | {run.refused:,} | {seconds} | {run.reordered} |")
    return "\n".join(lines)


def write(found: dict[str, dict[str, Run]], times: dict[str, list[float]]) -> None:
    (DOCS / "pictures" / "comparison.svg").write_text(drawing.picture(found, times))
    page = DOCS / "comparison.md"
    text = page.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{table(found)}\n\n{END}{after}")


def main(arguments: Sequence[str] | None = None) -> None:
    given = options(__doc__, arguments, write={"action": "store_true", "help": "write the picture and the table into docs/"})
    report = Report("comparison", "The comparison (a simulation: docs/comparison.md)", given)
    loads = [Load(*load) for load in LOADS]
    found: dict[str, dict[str, Run]] = {}
    for load in loads:
        found[load.name] = compared(load)
        report.say(load.name)
        for who, run in found[load.name].items():
            words = (
                f"  {who:<22} {run.requests:>6,} requests, {run.refused:>6,} × 429, p50 {at(0.5, run.delays):.0f} s, "
                f"p95 {at(0.95, run.delays):.0f} s, worst {run.delays[-1]:.0f} s"
            )
            report.figure(f"{load.events} {who} p95", at(0.95, run.delays), words)
    if given.write:
        write(found, {load.name: load.times for load in loads})
    report.close()


if __name__ == "__main__":
    main()
