"""A data directory as worker and gateway have it open, on a clock that stands."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

from headrace import settings
from headrace.app.housekeeping.space import Space
from headrace.app.instance import OpenInstance
from headrace.app.paths import DataDirectory
from headrace.clock import SystemChance
from headrace.destinations.register import CATALOG
from headrace.event import AcceptedEvent
from headrace.fate import State
from headrace.routing.router import Router
from headrace.storage.sqlite.eventlog.limits import EventLogSettings
from headrace.storage.sqlite.eventlog.spans import Spans
from headrace.storage.sqlite.eventlog.writer import SqliteEventLog
from tests.harness.waiting import until
from tests.storage.queue import StandingClock, settled


class House:
    """A data directory as worker and gateway have it open, on a clock that stands."""

    def __init__(self, root: Path) -> None:
        root.mkdir()
        self.clock = StandingClock()
        self.data = DataDirectory(root)
        self.instance = self.opened()
        store = self.instance.store
        self.source = store.add_source("ada", "website", "http").id
        self.to = store.add_destination("ada", "loops", "loops", {"base_url": "builtin"}).id
        store.connect("ada", self.source, self.to, 0)
        self.router = Router(self.instance.log, self.instance.delivery, store.snapshot, CATALOG)
        self.numbers = itertools.count(1)

    def opened(self) -> OpenInstance:
        return OpenInstance(self.data, CATALOG, self.clock, SystemChance(), settings.defaults(), engine=False)

    def restart(self) -> None:
        """Nothing is remembered that is not on disk."""
        self.instance.close()
        self.instance = self.opened()

    def log(self, **changed: Any) -> SqliteEventLog:
        return SqliteEventLog.open(self.data.events, self.clock, EventLogSettings(segment_bytes=4_000, **changed))

    def keeper(self, **changed: Any) -> Space:
        return Space(self.instance, settings.defaults() | changed)

    async def accept(self, log: SqliteEventLog, number: int) -> None:
        for _ in range(number):
            n = next(self.numbers)
            body = json.dumps({"type": "track", "event": "newUser", "userId": f"u{n}", "properties": {"note": "x" * 400}})
            await log.append(
                [AcceptedEvent(self.source, f"m{n}", self.clock.at, "", "", "track", f"u{n}", "", body.encode())]
            )
        while await self.router.step():
            pass

    async def deliver_all_but(self, *kept: int) -> None:
        claims = await self.instance.delivery.claim(self.to, 500, self.clock.at)
        await self.instance.delivery.settle([settled(c) for c in claims if c.position not in kept])
        await self.instance.delivery.hand_back(self.to, kept)

    def states(self) -> dict[State, int]:
        return {state: number for state, number in self.instance.journal.counts().get(self.to, {}).items() if number}

    def sealed(self) -> list[Any]:
        """All segments, once all but the newest are sealed."""
        spans = Spans(self.data.events)
        until(lambda: all(span.sealed for span in spans.all()[:-1]), "the old segments to be sealed")
        return spans.all()
