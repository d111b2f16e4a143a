"""What nobody needs any more: removed destinations, events that are final, old attempts, links and sightings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from headrace.app.instance import OpenInstance
from headrace.routing.lanes import LINKS, UNSEEN
from headrace.storage.sqlite.delivery.attempts import AttemptLog
from headrace.storage.sqlite.eventlog.reader import read_dropped

HOUR, DAY = 3_600_000, 86_400_000  # ms
FORGET_LATE = DAY  # a sighting is known to the hour, and segments go whole
NO_LIMIT = 2**62


class Leavings:
    """`tell` says to the gateway up to where the log may be dropped."""

    def __init__(self, instance: OpenInstance, attempts: AttemptLog, tell: Callable[[int], None]) -> None:
        self._instance, self._attempts, self._tell = instance, attempts, tell
        self._known = set(instance.journal.counts())  # of those, some may have been removed while nobody was here
        self._hour = self._day = 0  # when it is time again, ms

    async def round(self) -> None:
        instance, now = self._instance, self._instance.clock.now_ms()
        await self._drop_removed()
        self._tell(low_water(instance))
        await instance.delivery.forget_below(read_dropped(instance.data.events).last)
        if now >= self._hour:
            await asyncio.to_thread(self._attempts.drop_old, instance.delivery.is_looked_at)
            self._hour = now + HOUR
        if now >= self._day:
            await instance.delivery.forget_notes(LINKS, now - UNSEEN)
            await instance.delivery.forget_sightings(now - int(instance.settings["retention_age"] * 1000) - FORGET_LATE)
            self._day = now + DAY

    async def _drop_removed(self) -> None:
        present = {d.id for d in self._instance.store.snapshot().destinations}
        for destination_id in self._known - present:
            await self._instance.delivery.drop_destination(destination_id)
            self._instance.checks.forget(destination_id)
            self._known.discard(destination_id)
        self._known |= present


def low_water(instance: OpenInstance) -> int:
    """Everything up to here may be dropped: it is final, and no backfill wants to read it."""
    held = instance.replays.held_from()
    return min(instance.delivery.low_water(), NO_LIMIT if held is None else held)
