"""Reads the log in order, decides for each event what becomes of it, and commits the batch whole."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from headrace.destinations.port import Catalog, DestinationType
from headrace.event import Facts, LoggedEvent
from headrace.eventlog.port import EventLogReader
from headrace.fate import SENTENCES, Code, State
from headrace.routing import lanes, repeats
from headrace.routing.message import about, decode, type_of
from headrace.routing.port import Batch, Passed, Routed, RoutingStore
from headrace.workspace.model import Destination, Workspace

STEP = 500  # events of one batch

_links = msgspec.msgpack.Decoder(lanes.Link)
_memory = msgspec.msgpack.Decoder(dict[str, str])
_encoder = msgspec.msgpack.Encoder()


class Notes:
    """What earlier events left behind, with what this batch changes laid over it."""

    def __init__(self, store: RoutingStore) -> None:
        self._store = store
        self._read: dict[str, bytes] = {}
        self.changed: dict[str, bytes | None] = {}

    def fetch(self, keys: Iterable[str]) -> None:
        unknown = [key for key in keys if key not in self._read and key not in self.changed]
        self._read |= self._store.recall(unknown)

    def get(self, key: str) -> bytes | None:
        return self.changed[key] if key in self.changed else self._read.get(key)

    def put(self, key: str, value: object) -> None:
        self.changed[key] = _encoder.encode(value)


class Router:
    """`step` routes what is there; `run` does so whenever it is woken."""

    def __init__(
        self,
        log: EventLogReader,
        store: RoutingStore,
        workspace: Callable[[], Workspace],
        catalog: Catalog,
        on_routed: Callable[[], None] = lambda: None,
    ) -> None:
        self._log = log
        self._store = store
        self._workspace = workspace
        self._catalog = catalog
        self._on_routed = on_routed

    async def run(self, wake: asyncio.Event, stop: asyncio.Event) -> None:
        """Until `stop`; set `wake` too when stopping."""
        while not stop.is_set():
            wake.clear()
            while not stop.is_set() and await self.step():
                pass
            if not stop.is_set():
                await wake.wait()

    async def step(self) -> int:
        """Route the next entries of the log; how many those were."""
        events = self._log.read(self._store.cursor(), STEP)
        if not events:
            return 0
        workspace = self._workspace()
        notes = Notes(self._store)
        routed: list[Routed] = []
        passed: list[Passed] = []
        for event in events:
            self._route(event, workspace, notes, routed, passed)
        await self._store.commit(Batch(events[-1].position, routed, passed, notes.changed))
        self._on_routed()
        return len(events)

    def _route(
        self, event: LoggedEvent, workspace: Workspace, notes: Notes, routed: list[Routed], passed: list[Passed]
    ) -> None:
        if event.duplicate_of is not None:
            passed.append(Passed(event.position, Code.DUPLICATE, about(event), event.received_at))
            return
        message = decode(event)
        shown = about(event, message)
        facts = remember(event, message, shown.person, notes)
        found = False
        for connection in workspace.connected_to(event.source_id):
            destination = workspace.destination(connection.destination_id)
            if destination is None or event.position <= connection.since:
                continue
            found = True
            kind = self._catalog[destination.type]
            code, reason, names = place(event, message, destination, kind, notes)
            state = State.WAITING if code is Code.ROUTED else State.FILTERED
            routed.append(
                Routed(event.position, destination.id, state, code, reason, names, facts, shown, event.received_at)
            )
        if not found:
            passed.append(Passed(event.position, Code.NO_DESTINATION, shown, event.received_at))


def place(
    event: LoggedEvent, message: Mapping[str, Any], destination: Destination, kind: DestinationType, notes: Notes
) -> tuple[Code, str, tuple[str, ...]]:
    """Whether the event waits for this destination, and in which lanes."""
    if (filtered := kind.takes(message)) is not None:
        return filtered.code, filtered.reason, ()
    identifiers = kind.identifiers(message)
    own = lanes.own_lanes(identifiers)
    if not own and kind.needs_identity:
        return Code.NOT_IDENTIFIED, SENTENCES[Code.NOT_IDENTIFIED], ()
    keys = {name: f"l\0{destination.id}\0{name}" for name in own}
    notes.fetch(keys.values())
    links = {name: _links.decode(raw) for name, key in keys.items() if (raw := notes.get(key)) is not None}
    names = lanes.lanes(identifiers, links, event.received_at)
    for name, link in lanes.new_links(identifiers, event.received_at).items():
        notes.put(f"l\0{destination.id}\0{name}", link)
    return Code.ROUTED, SENTENCES[Code.ROUTED], names


def remember(event: LoggedEvent, message: Mapping[str, Any], person: str, notes: Notes) -> Facts:
    """What this call says anew, and what it leaves behind for the next ones."""
    kind = type_of(message)
    if kind not in ("identify", "track"):
        return Facts()
    traits = repeats.traits_of(message)
    if not traits:
        return Facts(new_traits=() if kind == "track" else None)
    traits_key = f"t\0{event.source_id}\0{event.anonymous_id or event.user_id}"
    choices_key = f"c\0{person}"
    notes.fetch((traits_key, choices_key))
    seen = _memory.decode(raw) if (raw := notes.get(traits_key)) else {}
    said = _memory.decode(raw) if (raw := notes.get(choices_key)) else {}
    facts = Facts(
        new_traits=repeats.changed_traits(traits, seen) if kind == "track" else None,
        repeated_choices=repeats.repeated_choices(message, said),
    )
    if (now_seen := repeats.remember_traits(traits, seen)) != seen:
        notes.put(traits_key, now_seen)
    if (now_said := repeats.remember_choices(message, kind, said)) != said:
        notes.put(choices_key, now_said)
    return facts
