"""The simulation notices planted bugs, and a seed is the same run everywhere."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.plant import hunt_apart
from tests.simulation.planted import PLANTS

QUICK = ("no-fsync", "lane-released", "window-cap", "crash-forgotten")
MOST = 150  # seeds that may pass before the first of them notices
TOLD = (
    "import hashlib; from tests.simulation.run import simulate;"
    "told = [line for seed in (1, 2, 3, 539, 561) for line in simulate(seed, True).story];"
    "print(hashlib.sha256('|'.join(told).encode()).hexdigest())"
)


@pytest.mark.parametrize("plant", PLANTS)
def test_what_would_be_planted_is_still_there_exactly_once(plant: str) -> None:
    for change in PLANTS[plant].changes:
        found = importlib.util.find_spec(change.module)
        assert found is not None
        assert found.origin is not None
        assert change.made_in(Path(found.origin).read_text())


@pytest.mark.parametrize("plant", QUICK)
def test_a_planted_bug_is_noticed(plant: str) -> None:
    assert hunt_apart(plant, 0, MOST, 1).seeds, f"nobody noticed: {PLANTS[plant].what}"


def test_a_seed_tells_the_same_story_in_every_process() -> None:
    """Whatever order Python gives to its sets: a failing seed must fail again."""

    def told(salt: str) -> str:
        surroundings = os.environ | {"PYTHONHASHSEED": salt, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run([sys.executable, "-c", TOLD], env=surroundings, capture_output=True, text=True, check=True)
        return done.stdout

    assert told("1") == told("2") != ""
