"""T6: requests an event on a stream like a real product's, under backlog; fold and skip on and off."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks import virtual
from benchmarks.lab import Lab, Log, MadeUpLoops, noon_plus, workspace
from benchmarks.limits import Sliding
from benchmarks.report import Report, at, options
from benchmarks.stream import Stream


async def _deliver(stream: Stream, **settings: object) -> tuple[int, list[float], dict[str, int], int]:
    """(requests, delay of each event in s, fates by code, requests of which none was an event's)."""
    loops = MadeUpLoops(Sliding())
    log = Log(lambda p: stream.calls[p - 1], lambda p: noon_plus(stream.times[p - 1]))
    async with Lab(log, loops, workspace(**settings)) as lab:
        lab.start()
        await lab.feed(stream.times)
        await lab.settle()
        finals = lab.db.file.rows("select position, at from delivery where destination<>0 order by position")
        delays = sorted((when - noon_plus(stream.times[p - 1])) / 1000 for p, when in finals)
        asked = sum(url.endswith("/api-key") for _, url in loops.left)
        return len(loops.left) - asked, delays, lab.states(), loops.refused


def main(arguments: Sequence[str] | None = None) -> None:
    given = options(__doc__, arguments)
    report = Report("economy", "T6  requests an event on a stream like a real product's, more than 10 a second", given)
    stream = Stream("economy", 3600 if given.long else 300, 20)
    count, tracks = len(stream.calls), stream.tracks()
    report.say(f"{count:,} identifies and tracks within {stream.times[-1]:.0f} s, {tracks / count:.0%} of them tracks,")
    report.say("which are a request each whatever one does; page calls are not counted")
    for name, settings in {
        "fold and skip": {},
        "fold only": {"skip_unchanged": 0},
        "skip only": {"fold": "never"},
        "neither": {"fold": "never", "skip_unchanged": 0},
    }.items():
        requests, delays, codes, refused = virtual.run(_deliver(stream, **settings))
        words = (
            f"{name:<14} {requests / count:.2f} requests/event, delay p50 {at(0.5, delays):.0f} s, "
            f"p95 {at(0.95, delays):.0f} s, worst {delays[-1]:.0f} s, {refused} × 429"
        )
        report.figure(name, requests / count, words, "≤ 0.5" if name == "fold and skip" else "")
        assert sum(codes.values()) == count, codes
    report.close()


if __name__ == "__main__":
    main()
