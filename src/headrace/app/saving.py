"""Before a destination is saved: asks what has to be asked, and does with waiting events as was answered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import msgspec
import structlog

from headrace.clock import Clock
from headrace.console.port import Journal
from headrace.delivery.deliverer import Deliverer
from headrace.destinations.port import Builtin, Catalog
from headrace.errors import WorkspaceError
from headrace.fate import OPEN, SENTENCES, Code
from headrace.storage.sqlite.delivery.db import DeliveryDb
from headrace.storage.sqlite.delivery.expiry import STEP
from headrace.workspace import questions
from headrace.workspace.model import Destination
from headrace.workspace.questions import Account, Answers, Side
from headrace.workspace.store import WorkspaceStore

log = structlog.get_logger(__name__)
NOWHERE = Builtin("builtin", "builtin")  # stands for the engine while nothing runs
BUILTIN = Account("builtin", "builtin", "builtin builtin")  # by whatever address it is given


class Change(msgspec.Struct, frozen=True):
    """One destination that is to be saved; `sources`: names of those that will be connected to it."""

    before: Destination | None
    after: Destination
    sources: frozenset[str]


class Opened(Protocol):
    """What it needs of the opened data directory (`app.instance`)."""

    catalog: Catalog
    clock: Clock
    store: WorkspaceStore
    delivery: DeliveryDb
    journal: Journal
    deliverer: Deliverer | None
    local: Mapping[str, str | None]
    urls: Mapping[str, str | None]

    def health(self) -> Mapping[str, Any]: ...
    def copy_of(self, position: int) -> bytes | None: ...


class Saving:
    def __init__(self, instance: Opened) -> None:
        self._instance = instance
        self.left_out: dict[str, int] = {}  # failed events that a person wanted, per destination, since the start

    async def prepare(self, changes: Sequence[Change], answers: Answers) -> None:
        """Raises Question before anything is done; afterwards what is not to be sent is a dead letter (`left_out`)."""
        now = self._instance.clock.now_ms()
        before_ms = questions.dropped_before(answers.waiting, now) if answers.waiting is not None else None
        if changes:
            await self._learn(changes)
        planned = {c.after.id for c in changes}
        others = [self._stored(d) for d in self._instance.store.snapshot().destinations if d.id not in planned]
        after = [Side(c.after, self._account(c.after), c.sources) for c in changes]
        asked: list[Destination] = []
        for change, side in zip(changes, after, strict=True):
            was = self._stored(change.before) if change.before else None
            rest = [*others, *(s for s in after if s is not side)]
            found = questions.reached_already(was, side, rest)
            if found and not answers.twice:
                raise questions.about_twice(change.after.name, found)
            why = questions.why_asked(was, side, self._off_since(change.after.id), now)
            waiting = self._waiting(change.after.id) if why else 0
            if why and waiting:
                if answers.waiting is None:
                    oldest = self._instance.delivery.queue.oldest().get(change.after.id)
                    raise questions.about_waiting(why, change.after.name, waiting, oldest)
                asked.append(change.after)
        if before_ms is not None:
            for destination in asked:
                await self._leave_out(destination, before_ms)

    def change(self, before: Destination | None, after: Destination, source_ids: Iterable[str] = ()) -> Change:
        workspace = self._instance.store.snapshot()
        wanted = set(source_ids) | {c.source_id for c in workspace.connections if c.destination_id == after.id}
        return Change(before, after, frozenset(s.name for s in workspace.sources if s.id in wanted))

    async def _leave_out(self, destination: Destination, before_ms: int) -> None:
        queue, total, after = self._instance.delivery.queue, 0, 0
        while found := await asyncio.to_thread(queue.next_waiting, destination.id, after):
            after = found[-1].position
            ends = [(w.position, destination.id, self._instance.copy_of(w.position)) for w in found if w.began < before_ms]
            total += await queue.end(ends, Code.LEFT_OUT, SENTENCES[Code.LEFT_OUT], self._instance.clock.now_ms())
            if len(found) < STEP:
                break
        self.left_out[destination.id] = self.left_out.get(destination.id, 0) + total
        log.info("waiting events are not sent, as a person said", destination=destination.name, number=total)

    # --- what is known ---------------------------------------------------------------------------------------------

    def _stored(self, destination: Destination) -> Side:
        return Side(destination, self._account(destination), self.change(None, destination).sources)

    def _waiting(self, destination_id: str) -> int:
        counts = self._instance.journal.counts().get(destination_id, {})
        return sum(counts.get(state, 0) for state in OPEN)

    def _off_since(self, destination_id: str) -> int | None:
        health = self._instance.health().get(destination_id)
        return health.since if health is not None and health.state == "disabled" else None

    def _account(self, destination: Destination) -> Account | None:
        kind = self._instance.catalog.get(destination.type)
        try:
            address = kind.address(destination.settings, NOWHERE) if kind else None
        except WorkspaceError:
            return None  # it cannot be saved so, and that is said elsewhere
        if address is None:
            return None
        if questions.same_place(address.base_url, (NOWHERE.base_url, *self._own_addresses())):
            return BUILTIN
        return Account(address.base_url, self._instance.delivery.team(address.pace_key), address.pace_key)

    def _own_addresses(self) -> list[str]:
        """Where the built-in engine listens, and as the world reaches it."""
        known = (self._instance.local.get("engine"), self._instance.urls.get("engine"))
        return [f"{url.rstrip('/')}/api" for url in known if url]

    async def _learn(self, changes: Sequence[Change]) -> None:
        """Who is behind a new key: only asked while Headrace runs, and only where the answer matters."""
        deliverer = self._instance.deliverer
        for change in changes if deliverer is not None else ():
            account = self._account(change.after)
            was = self._account(change.before) if change.before else None
            new = account is not None and account.team is None and (was is None or was.pace_key != account.pace_key)
            if new and change.after.enabled and deliverer is not None:
                await deliverer.learn(change.after.type, change.after.settings)
