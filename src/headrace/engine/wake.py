"""How a room's loop sleeps until there is something to do, without missing what happens meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

import apsw
import structlog

from headrace.clock import Clock
from headrace.errors import WrongSecretKey

HURT = 5.0  # s until a database that could not be used is tried again
log = structlog.get_logger(__name__)


class Wake:
    """`ring` may be called from any thread, before and while somebody waits; one ring ends one wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rung = False
        self._waiting: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    def ring(self) -> None:
        with self._lock:
            self._rung = True
            if self._waiting is not None:
                loop, event = self._waiting
                loop.call_soon_threadsafe(event.set)

    async def wait(self, clock: Clock, seconds: float) -> None:
        """Until rung, or for so long."""
        event = asyncio.Event()
        with self._lock:
            self._waiting = (asyncio.get_running_loop(), event)
            if self._rung:
                event.set()
        tasks = {asyncio.ensure_future(event.wait()), asyncio.ensure_future(clock.sleep(seconds))}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            with self._lock:
                self._waiting, self._rung = None, False
            for task in tasks:
                task.cancel()

    async def rounds(self, clock: Clock, step: Callable[[], Awaitable[float | None]], trouble: str) -> None:
        """One step after the other: each says in how many seconds there may be more, 0: at once, None: never.

        What the database cannot do now is told as `trouble` and tried again.
        """
        while True:
            try:
                pause = await step()
            except (apsw.Error, WrongSecretKey) as error:
                log.error(trouble, error=str(error))
                pause = HURT
            if pause is None:
                return
            if pause > 0:
                await self.wait(clock, pause)
