"""Lists of events, newest first: a page looks at a bounded number of them and says where the next one goes on."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from headrace.console import shapes
from headrace.console.port import Journal
from headrace.event import LoggedEvent
from headrace.eventlog.port import EventLogReader, IdKind
from headrace.fate import Fate, State
from headrace.journal.insight import Insight, Wanted
from headrace.routing.message import person as person_of
from headrace.workspace.store import WorkspaceStore

AT_ONCE = 200  # events of one read while all are listed
LOOKED_AT = 1_000  # events of one page; what lies further back is on the next ones
INDEXED = (State.WAITING, State.SENDING, State.RETRYING, State.DEAD)  # deliveries in these are found by themselves
KINDS: dict[str, IdKind] = {"user": "user", "anon": "anon"}


class Opened(Protocol):
    """What it needs of the opened data directory (`app.instance`)."""

    store: WorkspaceStore
    log: EventLogReader
    journal: Journal
    insight: Insight

    def message(self, position: int) -> dict[str, Any] | None: ...


class Asked:
    """One list. `destination` and `source` by id or name; `person` as "user:…", "email:…", "anon:…", or bare."""

    def __init__(
        self, instance: Opened, state: str | None, destination: str | None, person: str | None, source: str | None
    ) -> None:
        self._instance, self._state, self._person = instance, state, person
        workspace = instance.store.snapshot()
        self._sources, self._destinations = shapes.names(workspace)
        self._source = _id_of(self._sources, source)
        self._destination = _id_of(self._destinations, destination)
        self._cursor = instance.journal.cursor()

    def page(self, before: int | None, limit: int) -> tuple[list[dict[str, Any]], int | None]:
        """Rows, and below which event the list goes on; a page may be short, or empty, and still go on."""
        indexed = self._destination is not None or self._state in INDEXED
        if indexed and not self._person:
            return self._by_deliveries(before, limit)
        found: list[dict[str, Any]] = []
        for looked, logged in enumerate(self._logged(before), 1):
            if (row := self._row(logged)) is not None:
                found.append(row)
            if len(found) == limit or looked == LOOKED_AT:
                return found, logged.position
        return found, None

    def all(self, before: int | None) -> Iterator[dict[str, Any]]:
        while True:
            found, before = self.page(before, AT_ONCE)
            yield from found
            if before is None:
                return

    # --- which ones are looked at ----------------------------------------------------------------------------------

    def _by_deliveries(self, before: int | None, limit: int) -> tuple[list[dict[str, Any]], int | None]:
        states = (State(self._state),) if self._state in tuple(State) else ()
        wanted = Wanted(destination_id=self._destination, states=states, before=before, limit=limit)
        listing = self._instance.insight.deliveries(wanted)
        positions = dict.fromkeys(delivery.fate.position for delivery in listing.rows)
        logged = (self._instance.log.get(position) for position in positions)
        rows = (self._row(e) for e in logged if e is not None and self._source in (None, e.source_id))
        return [row for row in rows if row is not None], listing.next

    def _logged(self, before: int | None) -> Iterator[LoggedEvent]:
        if not self._person:
            yield from self._instance.log.newest(before, self._source)
            return
        seen_with = self._instance.insight.seen_with
        for logged in logged_of(self._instance.log, self._person, before, self._cursor, seen_with):
            if self._source in (None, logged.source_id):
                yield logged

    # --- what is shown of them -------------------------------------------------------------------------------------

    def _row(self, logged: LoggedEvent) -> dict[str, Any] | None:
        """None when it is not asked for."""
        fates = self._instance.journal.fates(logged.position) if logged.position <= self._cursor else []
        if not self._fits(fates):
            return None
        message = self._instance.message(logged.position) or {}
        who, source = person_of(logged, message), self._sources.get(logged.source_id)
        return shapes.event(logged, message, who, fates, source, self._destinations, self._message_id)

    def _fits(self, fates: Sequence[Fate]) -> bool:
        if self._destination is not None:
            fates = [fate for fate in fates if fate.destination_id == self._destination]
            if not fates:
                return False
        return self._state is None or any(fate.state == self._state for fate in fates)

    def _message_id(self, position: int) -> str | None:
        logged = self._instance.log.get(position)
        return logged.message_id if logged is not None else None


def logged_of(
    log: EventLogReader,
    who: str,
    before: int | None,
    cursor: int = 0,
    seen_with: Callable[[str], Sequence[str]] = lambda email: (),
) -> Iterator[LoggedEvent]:
    """Entries that name a person by any of the three ids, newest first, lazily.

    Up to `cursor` an email leads to those who were `seen_with` it; above it nobody was looked at yet.
    """
    kind, _, value = who.partition(":")
    if kind in KINDS and value:
        yield from log.find(KINDS[kind], value, before)
        return
    streams = [log.find("user", who, before), log.find("anon", who, before)]
    email = value if kind == "email" and value else who
    if "@" in email:
        streams.append(_naming(log, email.lower(), before, cursor, seen_with))
    yield from _merged(streams)


def _naming(
    log: EventLogReader, email: str, before: int | None, cursor: int, seen_with: Callable[[str], Sequence[str]]
) -> Iterator[LoggedEvent]:
    """Calls in which this email stands: those that are not routed yet, and of whom it was ever seen with."""
    for logged in log.newest(before):
        if logged.position <= cursor:
            break
        if _says(logged, email):
            yield logged
    below = min(before or cursor + 1, cursor + 1)
    others = (name.partition(":") for name in seen_with(email))
    streams = [log.find(KINDS[kind], value, below) for kind, _, value in others if kind in KINDS]
    yield from (logged for logged in _merged(streams) if _says(logged, email))


def _merged(streams: Sequence[Iterator[LoggedEvent]]) -> Iterator[LoggedEvent]:
    last = None
    for logged in heapq.merge(*streams, key=lambda e: e.position, reverse=True):
        if logged.position != last:
            yield logged
        last = logged.position


def _says(logged: LoggedEvent, email: str) -> bool:
    return logged.duplicate_of is None and email in logged.payload.decode(errors="replace").lower()


def _id_of(names: Mapping[str, str], given: str | None) -> str | None:
    """By id or name; what nobody has stands for itself, and finds nothing, or what was removed."""
    return next((identifier for identifier, name in names.items() if given in (identifier, name)), given)
