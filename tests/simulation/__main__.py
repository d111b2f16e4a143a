"""`make simulate N=100000 [SEED=…]`: many seeds on all cores; `--trace` tells the story of one."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter

from tests.simulation.run import Outcome, simulate


def command(seed: int) -> str:
    return f".venv/bin/python -m tests.simulation --seed {seed} --trace"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("-n", type=int, default=1, help="how many seeds")
    parser.add_argument("--seed", type=int, default=0, help="the first one")
    parser.add_argument("--trace", action="store_true", help="tell what happened, in order")
    asked = parser.parse_args()
    if asked.trace:
        outcome = simulate(asked.seed, trace=True)
        print("\n".join(outcome.story))
        return _say(outcome)
    began, failed, figures = time.monotonic(), 0, Counter[str]()
    with multiprocessing.Pool(os.cpu_count()) as pool:
        seeds = range(asked.seed, asked.seed + asked.n)
        for number, outcome in enumerate(pool.imap_unordered(simulate, seeds, chunksize=4), 1):
            figures.update(outcome.figures)
            failed += _say(outcome)
            if number % 500 == 0 or number == asked.n:
                rate = number / (time.monotonic() - began)
                print(f"{number} of {asked.n} seeds, {failed} failed, {rate:.0f} a second", file=sys.stderr)
    print(", ".join(f"{value} {name}" for name, value in sorted(figures.items())))
    return int(failed > 0)


def _say(outcome: Outcome) -> int:
    for failure in outcome.failures:
        print(f"seed {outcome.seed}: {failure}\n  {command(outcome.seed)}")
    return int(bool(outcome.failures))


if __name__ == "__main__":
    sys.exit(main())
