"""Those who wait in event loops for what a writer thread does: each is answered in its own loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from typing import Any


class Caller:
    """Made in the loop that waits. `result` is what `future` is to give; an exception is raised there."""

    __slots__ = ("future", "loop", "result")

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()
        self.result: Any = None


def answer(callers: Iterable[Caller]) -> None:
    """From the writer's thread: one wake-up for each loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Caller]] = {}
    for caller in callers:
        by_loop.setdefault(caller.loop, []).append(caller)
    for loop, done in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(resolve, done)


def resolve(callers: Iterable[Caller]) -> None:
    """In the loop of these callers. One that went away meanwhile is left alone."""
    for caller in callers:
        if caller.future.done():
            continue
        if isinstance(caller.result, Exception):
            caller.future.set_exception(caller.result)
        else:
            caller.future.set_result(caller.result)
