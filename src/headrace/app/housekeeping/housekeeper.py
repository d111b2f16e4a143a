"""The loop of housekeeping: a failure of one part is told and tried again; the other goes on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import apsw
import structlog

from headrace.app.housekeeping.leavings import Leavings
from headrace.app.housekeeping.space import Space
from headrace.app.instance import OpenInstance
from headrace.errors import HeadraceError
from headrace.storage.sqlite.delivery.attempts import AttemptLog

log = structlog.get_logger(__name__)
EVERY = 10.0  # s
SOON = 1.0  # s, when a round ended before everything was done


class Housekeeper:
    """`nudge` wakes the router: what was told to it may have been lost while somebody was down."""

    def __init__(
        self,
        instance: OpenInstance,
        settings: Mapping[str, Any],
        attempts: AttemptLog,
        tell: Callable[[int], None],
        nudge: Callable[[], None],
    ) -> None:
        self._clock, self._nudge = instance.clock, nudge
        self.space = Space(instance, settings)
        self._leavings = Leavings(instance, attempts, tell)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._try("space", self.space.round())
            await self._clock.sleep(SOON if self.space.unfinished else EVERY)
            self._nudge()
            await self._try("leavings", self._leavings.round())

    async def _try(self, what: str, part: Awaitable[None]) -> None:
        try:
            await part
        except (HeadraceError, OSError, apsw.Error) as error:
            log.error("housekeeping failed and will be tried again", part=what, error=str(error))
