"""An engine with a clock to set, and one behind its real listener."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from headrace.clock import SystemChance, SystemClock
from headrace.engine.engine import Engine
from headrace.workspace.secretbox import SecretBox
from tests.engine.loops import Loops, listening
from tests.engine.mailing import SetClock, new_engine


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def engine(tmp_path: Path, clock: SetClock) -> Iterator[Engine]:
    engine = new_engine(tmp_path, clock)
    yield engine
    engine.close()


@pytest.fixture
def loops(tmp_path: Path) -> Iterator[Loops]:
    box = SecretBox.at(tmp_path / "secret.key", None)
    engine = Engine.open(tmp_path / "engine.db", SystemClock(), SystemChance(), box)
    with listening(engine) as port:
        yield Loops(port, engine.api_key(), engine)
    engine.close()
