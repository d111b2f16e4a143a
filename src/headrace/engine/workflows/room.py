"""The workflows' room: hears what happens, and carries on whoever is due."""

from __future__ import annotations

import asyncio

import apsw
import structlog

from headrace.engine.core import Core
from headrace.engine.desk import Desk, Happening
from headrace.engine.workflows import entering, running, shelf
from headrace.engine.workflows.port import Tools

IDLE = 0.25  # s between looks: also how soon a clock that was set forward is noticed
FAILED = 1.0
HOUR = 3_600_000  # ms
log = structlog.get_logger(__name__)


class Workflows:
    """Everything it has to do stands in the database; a crash between any two steps loses and repeats nothing."""

    def __init__(self, core: Core, tools: Tools) -> None:
        self.core, self.tools = core, tools
        self._tidied = 0
        core.write(shelf.open_group).result()

    def heard(self, desk: Desk, happening: Happening) -> None:
        entering.heard(desk, happening)

    async def run(self) -> None:
        while True:
            try:
                pause = 0.0 if await self.work() else await asyncio.to_thread(self._pause)
            except Exception as error:  # noqa: BLE001 - a full disk, say; told, and tried again
                log.error("workflows stand still and will be tried again", error=str(error))
                pause = FAILED
            await self.core.clock.sleep(pause)

    def _pause(self) -> float:
        ahead = self.core.read(running.next_due)
        return IDLE if ahead is None else min(IDLE, max(0.0, (ahead - self.core.now()) / 1000))

    async def work(self) -> int:
        """One batch of steps, in order; how many were done."""
        await self._tidy()
        ahead = await asyncio.to_thread(self.core.read, lambda c: running.due(c, self.core.now()))
        writes = [self.core.write(lambda desk, seq=seq: running.step(desk, seq, self.tools)) for seq in ahead]  # type: ignore[misc]
        results = await asyncio.gather(*map(asyncio.wrap_future, writes), return_exceptions=True)
        for seq, result in zip(ahead, results, strict=True):
            if isinstance(result, apsw.FullError | apsw.IOError | asyncio.CancelledError):
                raise result  # nothing was done, and nothing can be: the loop tells and waits
            if isinstance(result, Exception):
                log.error("a step of a workflow failed and will be tried again", run=seq, error=repr(result))
                again = self.core.write(lambda desk, seq=seq, why=str(result): running.postpone(desk, seq, why))  # type: ignore[misc]
                await asyncio.wrap_future(again)
        return sum(result is True for result in results)

    async def _tidy(self) -> None:
        now = self.core.now()
        if abs(now - self._tidied) >= HOUR:
            self._tidied = now
            await asyncio.wrap_future(self.core.write(running.forget_starts))
        await asyncio.wrap_future(self.core.write(running.stop_queueing)) if self.core.read(_pausing) else None


def _pausing(c: apsw.Connection) -> bool:
    return bool(list(c.execute("select 1 from workflow where status='PausedAndQueueing' limit 1")))
