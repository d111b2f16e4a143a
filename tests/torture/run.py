"""`make torture`: thousands of kill -9 at random moments. Prints the seed, so that a failing run can be repeated."""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path

from tests.torture.rounds import Torture

BATCH = 20  # rounds over one data directory
VICTIMS = ("gateway", "gateway", "worker", "worker", "worker", "supervisor")  # the last takes everybody along


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.randrange(1 << 32)
    chance = random.Random(seed)
    print(f"seed {seed}: repeat with python -m tests.torture.run --rounds {options.rounds} --seed {seed}", flush=True)
    began, done, calls = time.monotonic(), 0, 0
    while done < options.rounds:
        with tempfile.TemporaryDirectory() as folder, Torture(Path(folder) / "data", chance) as torture:
            for _ in range(min(BATCH, options.rounds - done)):
                torture.round(chance.choice(VICTIMS))
                done += 1
            torture.verify()
            calls += torture.acknowledged
        print(f"{done} kills, {calls} calls acknowledged, all with a fate, {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
