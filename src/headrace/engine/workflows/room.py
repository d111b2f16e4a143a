"""The workflows' room: hears what happens, and carries on whoever is due."""

from __future__ import annotations

import asyncio
from functools import partial

import structlog

from headrace.engine.core import Core
from headrace.engine.desk import NOT_OURS, Desk, Happening
from headrace.engine.wake import Wake
from headrace.engine.workflows import entering, running, shelf
from headrace.engine.workflows.port import Tools

IDLE = 0.5  # s between looks when nothing rings: how soon a clock that was set forward is noticed
FAILED = 1.0
log = structlog.get_logger(__name__)


class Workflows:
    """Everything it has to do stands in the database; a crash between any two steps loses and repeats nothing."""

    def __init__(self, core: Core, tools: Tools) -> None:
        self.core, self.tools = core, tools
        self._wake = Wake()
        core.write(shelf.open_group).result()

    def heard(self, desk: Desk, happening: Happening) -> None:
        if entering.heard(desk, happening):
            self._wake.ring()

    def hurry(self) -> None:
        """A workflow was started."""
        self._wake.ring()

    async def run(self) -> None:
        while True:
            try:
                pause = await self.work()
            except Exception as error:  # noqa: BLE001 - a full disk, say; told, and tried again
                log.error("workflows stand still and will be tried again", error=str(error))
                pause = FAILED
            if pause > 0:
                await self._wake.wait(self.core.clock, pause)

    async def work(self) -> float:
        """One batch of steps, in order; seconds until there may be more, 0: at once."""
        ahead, following = await asyncio.wrap_future(self.core.write(self._look))
        if not ahead:
            return IDLE if following is None else max(0.001, min(IDLE, (following - self.core.now()) / 1000))
        writes = [self.core.write(partial(running.step, seq=seq, tools=self.tools)) for seq in ahead]
        results = await asyncio.gather(*map(asyncio.wrap_future, writes), return_exceptions=True)
        for seq, result in zip(ahead, results, strict=True):
            if isinstance(result, (*NOT_OURS, asyncio.CancelledError)):
                raise result  # nothing was done, and nothing can be: the loop tells and waits
            if isinstance(result, Exception):
                log.error("a step of a workflow failed and will be tried again", run=seq, error=repr(result))
                again = self.core.write(partial(running.postpone, seq=seq, why=f"A step failed: {result}"))
                await asyncio.wrap_future(again)
        return 0.0

    def _look(self, desk: Desk) -> tuple[list[int], int | None]:
        """What is due and when the next will be: asked in the writer's queue, so after whatever rang."""
        running.stop_queueing(desk)
        return running.due(desk.c, desk.now), running.next_due(desk.c)
