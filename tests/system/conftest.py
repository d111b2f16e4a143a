"""A whole instance that sends to a stand-in for Loops. A module that wants other settings overrides `settings`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.instance import Running
from tests.harness.standin import StandIn
from tests.system.calls import connect


@pytest.fixture
def loops() -> Iterator[StandIn]:
    with StandIn() as standin:
        yield standin


@pytest.fixture
def settings() -> dict[str, str]:
    """Of the destination `loops`."""
    return {}


@pytest.fixture
def running(tmp_path: Path, loops: StandIn, settings: dict[str, str]) -> Iterator[Running]:
    with Running(tmp_path / "data", "--no-engine") as instance:
        connect(instance, loops, **settings)
        yield instance
