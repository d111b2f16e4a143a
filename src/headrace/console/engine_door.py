"""The way from a page to Loops (built-in): whether it is on, and its work off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import apsw

from headrace.console.port import Instance
from headrace.engine.desk import Desk
from headrace.engine.engine import Engine
from headrace.errors import NotFound

T = TypeVar("T")


class Door:
    """Calling it gives the engine. Raises NotFound while it is off."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def __call__(self) -> Engine:
        if self._instance.engine is None:
            raise NotFound("Loops (built-in) is off: `headrace up` was started with --no-engine.")
        return self._instance.engine

    async def read(self, run: Callable[[apsw.Connection], T]) -> T:
        return await asyncio.to_thread(self().read, run)

    async def write(self, run: Callable[[Desk], T]) -> T:
        return await asyncio.wrap_future(self().write(run))
