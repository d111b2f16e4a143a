"""An opened data directory: what the console's API and the command line ask, whether it runs or not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from headrace.app import definitions, listing
from headrace.app.forgetting import Forgetting
from headrace.app.kept import kept
from headrace.app.metrics import render
from headrace.app.pages import Pages
from headrace.app.paths import DataDirectory
from headrace.app.replays import Replays
from headrace.app.saving import Saving
from headrace.app.status import status
from headrace.app.workspace_file import WorkspaceFile
from headrace.clock import Chance, Clock
from headrace.console.port import Journal, PageSupport
from headrace.delivery.checking import Checks
from headrace.delivery.deliverer import Deliverer
from headrace.delivery.port import DestinationHealth
from headrace.destinations.port import Builtin, Catalog
from headrace.destinations.register import CHECKERS
from headrace.engine import erasing
from headrace.engine.engine import Engine
from headrace.engine.keeping import Days
from headrace.errors import HeadraceError
from headrace.eventlog.counting import count
from headrace.eventlog.port import EventLogReader
from headrace.gateway.rejected import RejectedReader
from headrace.journal.audit import audit
from headrace.journal.insight import Insight
from headrace.journal.jobs import covered
from headrace.routing.message import decode
from headrace.storage.sqlite.delivery import attempts
from headrace.storage.sqlite.delivery.attempts import AttemptReader
from headrace.storage.sqlite.delivery.db import DeliveryDb
from headrace.storage.sqlite.delivery.insight import SqliteInsight
from headrace.storage.sqlite.delivery.journal import SqliteJournal
from headrace.storage.sqlite.eventlog.reader import SqliteEventLogReader, read_dropped
from headrace.storage.sqlite.watch import WatchDb
from headrace.workspace.model import Destination
from headrace.workspace.questions import Answers
from headrace.workspace.secretbox import SecretBox
from headrace.workspace.store import WorkspaceStore, open_store


def secret_keys(catalog: Catalog) -> Callable[[str], frozenset[str]]:
    def of(kind: str) -> frozenset[str]:
        fields = catalog[kind].fields if kind in catalog else ()
        return frozenset(field.key for field in fields if field.kind in ("secret", "secrets"))

    return of


class OpenInstance:
    """`console.port.Instance`. Everything that needs the running loops comes in through `live`."""

    def __init__(
        self, data: DataDirectory, catalog: Catalog, clock: Clock, chance: Chance, settings: Mapping[str, Any], engine: bool
    ) -> None:
        self.data, self.catalog, self.clock, self.chance, self.settings = data, catalog, clock, chance, settings
        box = SecretBox.at(data.secret_key, settings["secret_key"], not data.holds_workspace())
        self.store: WorkspaceStore = open_store(data.state_db, box, clock, chance, secret_keys(catalog))
        self.delivery = DeliveryDb.open(data.delivery_db, clock)
        self.watch = WatchDb(data.watch_db)
        self._journal = SqliteJournal(data.delivery_db, AttemptReader(data.attempts))
        self.journal: Journal = self._journal
        data.events.mkdir(exist_ok=True)
        self.log: EventLogReader = SqliteEventLogReader(data.events)
        self.engine: Engine | None = None
        if engine:
            days = Days(settings["engine_log_days"], settings["engine_sends_days"])
            self.engine = Engine.open(data.engine_db, clock, chance, box, days, settings["engine_burns_keys"])
            self.engine.api_key()  # a key that does not open it is told before anything runs
        self._rejected = RejectedReader(data.gateway_db)
        self.insight: Insight = SqliteInsight(data.delivery_db, clock)
        self.pages: PageSupport = Pages(self, settings)
        self.runtime_token = chance.token(32, "0123456789abcdef")
        self.urls: Mapping[str, str | None] = {}
        self.local: Mapping[str, str | None] = {}
        self.pids: Callable[[], dict[str, int]] = dict
        self.deliverer: Deliverer | None = None
        self.after_change: Callable[[], Awaitable[None]] | None = None
        self.checks = Checks(CHECKERS, self.watch, clock)
        self.saving = Saving(self)
        self.file = WorkspaceFile(self)
        self.replays = Replays(self)
        self.flush_attempts: Callable[[], None] = lambda: None
        self.forgetting = Forgetting(self)
        self.replays.held = self.forgetting.is_taking_out
        self.watched: Callable[[], dict[str, Any]] = lambda: kept(self.watch)

    def close(self) -> None:
        if self.engine is not None:
            self.engine.close()
        self.log.close()
        self.insight.close()
        self._journal.close()
        self.delivery.close()
        self.watch.close()
        self.store.db.close()

    def url(self, listener: str) -> str | None:
        return self.urls.get(listener)

    def builtin(self) -> Builtin | None:
        """This instance's own engine, where it listens now."""
        if self.engine is None or not self.local.get("engine"):
            return None
        return Builtin(f"{self.local['engine']}/api", self.engine.api_key())

    # --- reading ---------------------------------------------------------------------------------------------------

    def status(self) -> dict[str, Any]:
        return status(self)

    def health(self) -> dict[str, DestinationHealth]:
        return self.deliverer.health() if self.deliverer else self.delivery.health()

    def audit(self) -> dict[str, Any]:
        workspace, cursor = self.store.snapshot(), self.journal.cursor()
        first = read_dropped(self.data.events).last + 1
        counted = {s: (c.accepted, c.duplicates) for s, c in count(self.log, first, cursor).items()}
        routed = {}
        backfills = self.delivery.jobs.backfills()
        for c in workspace.connections:
            spans = covered(backfills, c.source_id, c.destination_id, c.since, cursor)
            parts = [count(self.log, max(first, low), high).get(c.source_id) for low, high in spans]
            routed[(c.source_id, c.destination_id)] = sum(p.accepted - p.duplicates for p in parts if p)
        names = {s.id: s.name for s in workspace.sources} | {d.id: d.name for d in workspace.destinations}
        unrouted = max(0, self.log.head() - cursor)
        return msgspec.to_builtins(audit(names, counted, routed, self._journal.tally(first, cursor), unrouted))  # type: ignore[no-any-return]

    def tally(self, first: int, last: int) -> list[tuple[str, str | None, str, int]]:
        return list(self._journal.tally(first, last))

    def message(self, position: int) -> dict[str, Any] | None:
        """The event as destinations read it; a dead letter's own copy when the log keeps it no longer."""
        logged = self.log.get(position)
        if logged is None:
            return next(
                (
                    copy
                    for f in self.journal.fates(position)
                    if f.destination_id and (copy := self.delivery.letter(position, f.destination_id))
                ),
                None,
            )
        if logged.duplicate_of is not None:
            return self.message(logged.duplicate_of)
        source = self.store.snapshot().source(logged.source_id)
        return decode(logged) | {"sourceId": logged.source_id, "sourceName": source.name if source else None}

    def copy_of(self, position: int) -> bytes | None:
        message = self.message(position)
        return msgspec.json.encode(message) if message is not None else None

    def rejected(self, limit: int, before: int | None) -> list[tuple[int, dict[str, Any]]]:
        return [(number, msgspec.to_builtins(row)) for number, row in self._rejected.newest(limit, before)]

    def rejected_since(self, last: int) -> list[tuple[int, dict[str, Any]]]:
        return [(number, msgspec.to_builtins(row)) for number, row in self._rejected.since(last)]

    def events(
        self, state: str | None, destination: str | None, person: str | None, source: str | None, before: int | None
    ) -> Iterator[dict[str, Any]]:
        return listing.Asked(self, state, destination, person, source).all(before)

    def event_page(
        self, state: str | None, destination: str | None, person: str | None, source: str | None, before: int | None,
        limit: int,
    ) -> tuple[list[dict[str, Any]], int | None]:  # fmt: skip
        return listing.Asked(self, state, destination, person, source).page(before, limit)

    def metrics(self) -> bytes:
        return render(self.status(), self._rejected.counters())

    def erase_elsewhere(self, whom: Collection[str], where: Sequence[int], requests: tuple[int, int] | None = None) -> None:
        self.flush_attempts()
        attempts.erase(self.data.attempts, where, whom, requests)
        if self.engine is not None:
            erasing.erase(self.engine, *_told_apart(whom))
        if requests is not None:
            self.watch.tidy()
            if self.engine is not None:
                self.engine.store.tidy()

    def forget_names(self, whom: Collection[str]) -> None:
        user_ids, emails = _told_apart(whom)
        self.checks.forget_names([d.id for d in self.store.snapshot().destinations], emails, user_ids)

    def engine_knows(self, whom: Collection[str]) -> bool:
        return self.engine is not None and erasing.knows(self.engine, *_told_apart(whom))

    # --- changing --------------------------------------------------------------------------------------------------

    async def changed(self) -> None:
        if self.after_change is not None:
            await self.after_change()

    async def prepare(
        self, before: Destination | None, after: Destination, source_ids: Sequence[str], answers: Answers
    ) -> None:
        await self.saving.prepare([self.saving.change(before, after, source_ids)], answers)

    async def apply(
        self,
        text: str,
        secrets: Mapping[str, str],
        prune: bool,
        force: bool,
        answers: Answers,
        who: str = "apply",
    ) -> dict[str, Any]:
        return await self.file.apply(text, secrets, prune, force, answers, who)

    def apply_now(
        self, text: str, secrets: Mapping[str, str], prune: bool, force: bool, who: str = "apply"
    ) -> dict[str, Any]:
        return self.file.apply_now(text, secrets, prune, force, who)

    def export(self) -> str:
        return self.file.export()

    async def test(self, kind: str, settings: Mapping[str, Any], destination_id: str) -> tuple[bool, str]:
        return await self._running().test(kind, settings, destination_id)

    def checked(self, destination_id: str) -> dict[str, Any]:
        return definitions.shown(self.checks, destination_id, self.store.destination(destination_id).type)

    async def check(self, destination_id: str) -> dict[str, Any]:
        await self._running().check(self.checks, destination_id)
        return self.checked(destination_id)

    async def create_property(self, destination_id: str, name: str, kind: str) -> tuple[bool, str]:
        return await self._running().create_property(self.checks, destination_id, name, kind)

    async def pause(self, destination_id: str) -> None:
        await self._running().pause(destination_id)

    async def resume(self, destination_id: str) -> None:
        await self._running().resume(destination_id)

    def _running(self) -> Deliverer:
        if self.deliverer is None:
            raise HeadraceError("Headrace is not running. Start it with `headrace up`.")
        return self.deliverer


def _told_apart(whom: Collection[str]) -> tuple[list[str], list[str]]:
    """User IDs and emails."""
    return [n[2:] for n in whom if n.startswith("u:")], [n[2:] for n in whom if n.startswith("e:")]
