"""What a backfill makes of events of the log: as routing would have, had the destination been there from the start."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from headrace.destinations.port import Catalog
from headrace.event import LoggedEvent
from headrace.fate import SENTENCES, Code, State
from headrace.journal.jobs import Job
from headrace.routing.lanes import LINKS, read_link
from headrace.routing.message import about, decode, type_of
from headrace.routing.port import Passed, Routed, RoutingStore
from headrace.routing.router import Notes, forgotten, place, remember
from headrace.workspace.model import Destination


def memory_prefix(job_id: int) -> str:
    return f"b\0{job_id}\0"


class OwnNotes(Notes):
    """What calls said before is read from the log anew, apart from what live events left; who was seen with whom is shared.

    A live event is newer than any of a backfill: the link that it left stays.
    """

    def __init__(self, store: RoutingStore, job_id: int) -> None:
        super().__init__(store)
        self._prefix = memory_prefix(job_id)
        self.at = 0  # ms, receipt of the event that is looked at

    def _named(self, key: str) -> str:
        return key if key.startswith(LINKS) else self._prefix + key

    def fetch(self, keys: Iterable[str]) -> None:
        super().fetch([self._named(key) for key in keys])

    def get(self, key: str) -> bytes | None:
        return super().get(self._named(key))

    def put(self, key: str, value: object) -> None:
        if key.startswith(LINKS):
            present = self.get(key)
            if present is not None and read_link(present).at > self.at:
                return
        super().put(self._named(key), value)


class Decided(msgspec.Struct, frozen=True):
    routed: Sequence[Routed]
    passed: Sequence[Passed]  # whose person was forgotten
    memory: Mapping[str, bytes | None]
    cursor: int


def decide(
    events: Sequence[LoggedEvent], job: Job, destination: Destination, catalog: Catalog, store: RoutingStore
) -> Decided:
    """`events` follow the job's cursor. Those of other sources, repeated ones and what was routed live are passed by."""
    notes = OwnNotes(store, job.id)
    routed: list[Routed] = []
    passed: list[Passed] = []
    for event in events:
        last = job.progress.until.get(event.source_id, 0)
        if event.duplicate_of is not None or event.position > last:
            continue
        if event.forgotten:
            if event.position >= job.progress.from_position:
                passed.append(forgotten(event, destination.id))
            continue
        message = decode(event)
        notes.at = event.received_at
        facts = remember(event, message, notes)
        if event.position < job.progress.from_position:
            continue
        code, reason, names = place(catalog, event, message, destination, notes)
        if code is Code.ROUTED and not job.selection.events and type_of(message) != "identify":
            code, reason, names = Code.NOT_BACKFILLED, SENTENCES[Code.NOT_BACKFILLED], ()
        state = State.WAITING if code is Code.ROUTED else State.FILTERED
        shown = about(event, message)
        routed.append(Routed(event.position, destination.id, state, code, reason, names, facts, shown, event.received_at))
    return Decided(routed, passed, notes.changed, events[-1].position if events else job.cursor)
