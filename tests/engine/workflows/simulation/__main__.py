"""`python -m tests.engine.workflows.simulation -n 10000 [--seed …]`: many seeds on all cores."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time

from tests.engine.workflows.simulation.run import simulate


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.engine.workflows.simulation", description=__doc__)
    parser.add_argument("-n", type=int, default=1, help="how many seeds")
    parser.add_argument("--seed", type=int, default=0, help="the first one")
    asked = parser.parse_args()
    began, failed, mails, cuts = time.monotonic(), 0, 0, 0
    with multiprocessing.Pool(os.cpu_count()) as pool:
        for outcome in pool.imap_unordered(simulate, range(asked.seed, asked.seed + asked.n), chunksize=8):
            mails, cuts, failed = mails + outcome.mails, cuts + outcome.cuts, failed + bool(outcome.failures)
            for why in outcome.failures[:3]:
                print(f"seed {outcome.seed}: {why}")
    rate = asked.n / (time.monotonic() - began)
    print(f"{asked.n} seeds, {failed} failed, {mails} mails, {cuts} power cuts, {rate:.0f} seeds a second")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
