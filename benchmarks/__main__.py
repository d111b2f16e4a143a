"""Runs the benchmarks that are named, or all of them, one after the other: `python -m benchmarks pace drain --long`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from benchmarks import backlog, comparison, drain, economy, engine, fairness, gateway, latency, outage, pace

ALL: dict[str, Callable[[Sequence[str]], None]] = {
    "gateway": lambda flags: gateway.main(),
    "latency": latency.main,
    "pace": pace.main,
    "economy": economy.main,
    "drain": drain.main,
    "outage": outage.main,
    "backlog": backlog.main,
    "fairness": fairness.main,
    "engine": engine.main,
    "comparison": comparison.main,
}


def main(words: Sequence[str]) -> None:
    names = [word for word in words if not word.startswith("-")]
    flags = [word for word in words if word.startswith("-")]
    unknown = [name for name in names if name not in ALL]
    if unknown:
        raise SystemExit(f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(ALL)}.")
    for name in names or ALL:
        ALL[name](flags)


if __name__ == "__main__":
    main(sys.argv[1:])
