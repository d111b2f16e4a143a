"""An engine behind its real listener."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from headrace.clock import SystemChance, SystemClock
from headrace.engine.api.app import create_api
from headrace.engine.engine import Engine
from headrace.gateway.server import Patience
from headrace.workspace.secretbox import SecretBox
from tests.engine.loops import Loops
from tests.harness.serving import serving


@pytest.fixture
def loops(tmp_path: Path) -> Iterator[Loops]:
    box = SecretBox.at(tmp_path / "secret.key", None)
    engine = Engine.open(tmp_path / "engine.db", SystemClock(), SystemChance(), box)

    async def make() -> tuple[Any, Callable[[], Awaitable[None]]]:
        async def close() -> None:
            engine.close()

        return create_api(engine), close

    with serving(make, Patience(stop=2)) as port:
        yield Loops(port, engine.api_key(), engine)
