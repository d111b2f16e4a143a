"""`make mutation`: changes the deciding modules in small ways, one at a time, and counts which changes the tests notice.

Works on a copy under build/mutation, so that nothing here is ever touched. mutmut makes and runs the mutants.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
COPY = ROOT / "build" / "mutation"
LOG = ROOT / "build" / "mutation.log"
MODULES = (
    "delivery/fold.py",
    "delivery/health.py",
    "delivery/keys.py",
    "delivery/memory.py",
    "delivery/outcome.py",
    "delivery/pace.py",
    "delivery/retry.py",
    "delivery/turns.py",
    "routing/lanes.py",
    "routing/repeats.py",
    "destinations/loops/fold.py",
)
TESTS = ("tests/delivery", "tests/routing")
WITHIN = 3000  # s, unless it is told otherwise


def prepare(modules: list[str]) -> None:
    shutil.rmtree(COPY, ignore_errors=True)
    COPY.mkdir(parents=True)
    for name in ("src", "tests"):
        shutil.copytree(ROOT / name, COPY / name, ignore=shutil.ignore_patterns("node_modules", "__pycache__", "static"))
    tests = "".join(f"\n    {test}" for test in TESTS)
    paths = "".join(f"\n    src/headrace/{module}" for module in modules)
    also = "\n    src\n    tests\n    pytest.ini"
    words = f"source_paths={paths}\npytest_add_cli_args_test_selection={tests}\nalso_copy={also}\n"
    (COPY / "setup.cfg").write_text(f"[mutmut]\n{words}")
    (COPY / "pytest.ini").write_text(
        "[pytest]\naddopts = --import-mode=importlib -p no:randomly -p no:xdist -p no:cacheprovider\n"
        "pythonpath = src .\ntimeout = 120\nmarkers =\n    browser\n    sdk\n"
    )


def run_mutants(within: float) -> None:
    with LOG.open("w") as log:  # it draws a spinner
        command = [sys.executable, "-m", "mutmut", "run"]
        run = subprocess.Popen(command, cwd=COPY, stdout=log, stderr=log, start_new_session=True)
        try:
            run.wait(within)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)  # with the tests that it began
            print(f"Stopped after {within:g} s; the score is of those that ran.")


def results() -> dict[str, str]:
    """State by the mutant's name."""
    said = subprocess.run(
        [sys.executable, "-m", "mutmut", "results", "--all", "true"], cwd=COPY, capture_output=True, text=True, check=True
    )
    found = re.findall(r"^\s*(\S+__mutmut_\d+): (.+)$", said.stdout, re.MULTILINE)
    return dict(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", default=list(MODULES), help="below src/headrace")
    parser.add_argument("--within", type=float, default=WITHIN, help="seconds; the score is of those that ran by then")
    given = parser.parse_args()
    modules = given.modules
    prepare(modules)
    print(f"Changing {', '.join(modules)}; what mutmut says goes to {LOG.relative_to(ROOT)}", flush=True)
    run_mutants(given.within)
    states = results()
    counted = Counter(states.values())
    noticed = counted["killed"] + counted["timeout"]
    ran = noticed + counted["survived"] + counted["suspicious"] + counted["no tests"]
    alive = sorted(name for name, state in states.items() if state in ("survived", "suspicious", "no tests"))
    print("\n".join(["", "still alive (`mutmut show NAME` in build/mutation):", *alive]) if alive else "")
    print(f"\n{noticed} of {ran} mutants noticed: {noticed / max(1, ran):.1%}  ({dict(counted)})")


if __name__ == "__main__":
    main()
