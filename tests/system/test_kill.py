"""`kill -9` of each process under load: every acknowledged call has a fate, and order per person holds."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.torture.rounds import Torture


@pytest.mark.slow
@pytest.mark.timeout(300)  # the SDKs take their time between two tries
@pytest.mark.parametrize("victim", ["gateway", "worker", "supervisor"])
def test_a_killed_process_loses_nothing(victim: str, tmp_path: Path) -> None:
    with Torture(tmp_path / "data", random.Random(f"suite {victim}")) as torture:
        for _ in range(3):
            torture.round(victim)
        torture.verify()
