"""More of the simulation than fits into every test run; `make simulate N=…` runs any number. See docs/simulation.md."""

from __future__ import annotations

import pytest

from tests.simulation.__main__ import command
from tests.simulation.run import simulate

STEP = 50
SEEDS = range(850, 3000, STEP)


@pytest.mark.slow
@pytest.mark.parametrize("first", SEEDS)
def test_whatever_happens_nothing_is_lost_nothing_is_doubled_and_everybodys_order_holds(first: int) -> None:
    for seed in range(first, first + STEP):
        outcome = simulate(seed)
        assert outcome.failures == [], command(seed)
