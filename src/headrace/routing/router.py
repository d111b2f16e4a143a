"""Reads the log in order, decides for each event what becomes of it, and commits the batch whole."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
import structlog

from headrace.destinations.port import Catalog, DestinationType
from headrace.event import About, Facts, LoggedEvent
from headrace.eventlog.port import EventLogReader
from headrace.fate import SENTENCES, Code, State
from headrace.routing import lanes, repeats
from headrace.routing.message import about, decode, named_together, person, type_of
from headrace.routing.port import Batch, Passed, Routed, RoutingStore
from headrace.workspace.model import Destination, Workspace

log = structlog.get_logger(__name__)
STEP = 200  # events of one batch: some 20 ms, in which nothing else of the worker runs

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

    def memory(self, key: str) -> dict[str, str]:
        self.fetch((key,))
        raw = self.get(key)
        return _memory.decode(raw) if raw else {}

    def put(self, key: str, value: object) -> None:
        self.changed[key] = _encoder.encode(value)


class Router:
    """`step` routes what is there; `run` does so whenever it is woken. What `hides` knows goes nowhere."""

    def __init__(
        self,
        log: EventLogReader,
        store: RoutingStore,
        workspace: Callable[[], Workspace],
        catalog: Catalog,
        on_routed: Callable[[], None] = lambda: None,
        hides: Callable[[LoggedEvent], bool] = lambda event: False,
    ) -> None:
        self._log = log
        self._store = store
        self._workspace = workspace
        self._catalog = catalog
        self._on_routed = on_routed
        self._hides = hides

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
        sightings: dict[tuple[str, ...], None] = {}
        for event in events:
            sightings[self._route(event, workspace, notes, routed, passed)] = None
        await self._store.commit(Batch(events[-1].position, routed, passed, notes.changed, tuple(sightings)))
        self._on_routed()
        return len(events)

    def _route(
        self, event: LoggedEvent, workspace: Workspace, notes: Notes, routed: list[Routed], passed: list[Passed]
    ) -> tuple[str, ...]:
        """Fills `routed` and `passed`; who the event names together."""
        if event.duplicate_of is not None:
            passed.append(Passed(event.position, Code.DUPLICATE, about(event), event.received_at))
            return ()
        to = _connected(event, workspace)
        if event.forgotten or self._hides(event):  # the gateway may not have heard of it when this one came
            ids: list[str | None] = [destination.id for destination in to]
            passed += [forgotten(event, destination_id) for destination_id in ids or [None]]
            return ()
        message = decode(event)
        shown = about(event, message)
        facts = remember(event, message, notes)
        for destination in to:
            code, reason, names = place(self._catalog, event, message, destination, notes)
            state = State.WAITING if code is Code.ROUTED else State.FILTERED
            routed.append(
                Routed(event.position, destination.id, state, code, reason, names, facts, shown, event.received_at)
            )
        if not to:
            passed.append(Passed(event.position, Code.NO_DESTINATION, shown, event.received_at))
        return named_together(event, message)


def _connected(event: LoggedEvent, workspace: Workspace) -> list[Destination]:
    """Where its source was connected to when it came."""
    to = [c.destination_id for c in workspace.connected_to(event.source_id) if event.position > c.since]
    return [destination for d in to if (destination := workspace.destination(d)) is not None]


def forgotten(event: LoggedEvent, destination_id: str | None) -> Passed:
    """Its fate where it would have gone, if anywhere. Nothing shows whose it was."""
    nobody = About(event.source_id, "", "", "")
    return Passed(event.position, Code.FORGOTTEN, nobody, event.received_at, destination_id)


def place(
    catalog: Catalog, event: LoggedEvent, message: Mapping[str, Any], destination: Destination, notes: Notes
) -> tuple[Code, str, tuple[str, ...]]:
    """Whether the event waits for this destination, and in which lanes.

    What a destination type cannot read is its event's fate, never the end of routing.
    """
    kind = catalog.get(destination.type)
    if kind is None:
        return Code.TYPE_NOT_TAKEN, f"This version of Headrace has no destination type {destination.type!r}.", ()
    try:
        return _place(event, message, destination, kind, notes)
    except Exception as error:
        log.exception("an event cannot be read", position=event.position, destination=destination.name)
        return Code.INVALID_EVENT, f"{kind.label} cannot read this call: {error!r}", ()


def _place(
    event: LoggedEvent, message: Mapping[str, Any], destination: Destination, kind: DestinationType, notes: Notes
) -> tuple[Code, str, tuple[str, ...]]:
    if (filtered := kind.takes(message)) is not None:
        return filtered.code, filtered.reason, ()
    identifiers = kind.identifiers(message)
    own = lanes.own_lanes(identifiers)
    if not own and kind.needs_identity:
        return Code.NOT_IDENTIFIED, SENTENCES[Code.NOT_IDENTIFIED], ()
    keys = {name: lanes.link_key(destination.id, name) for name in own}
    notes.fetch(keys.values())
    links = {name: lanes.read_link(raw) for name, key in keys.items() if (raw := notes.get(key)) is not None}
    names = lanes.lanes(identifiers, links, event.received_at)
    for name, link in lanes.new_links(identifiers, links, event.received_at).items():
        notes.put(keys[name], link)
    return Code.ROUTED, SENTENCES[Code.ROUTED], names


def remember(event: LoggedEvent, message: Mapping[str, Any], notes: Notes) -> Facts:
    """What this call says anew, and what it leaves behind for the next ones."""
    kind = type_of(message)
    return Facts(
        new_traits=_new_traits(event, message, notes) if kind in repeats.WITH_TRAITS else None,
        repeated_choices=_repeated_choices(event, message, kind, notes),
    )


def _new_traits(event: LoggedEvent, message: Mapping[str, Any], notes: Notes) -> tuple[str, ...] | None:
    """Of a track; an identify says all it says, but is remembered."""
    traits = repeats.traits_of(message)
    new: tuple[str, ...] = ()
    if traits:
        key = repeats.note_key("t", event.source_id, event.anonymous_id or event.user_id)
        seen = notes.memory(key)
        new = repeats.changed_traits(traits, seen)
        if new:
            notes.put(key, repeats.remember_traits(traits, seen))
    return new if type_of(message) == "track" else None


def _repeated_choices(event: LoggedEvent, message: Mapping[str, Any], kind: str, notes: Notes) -> tuple[str, ...]:
    """Every call of a person counts as having said what it carries along."""
    whose = person(event, message)
    if not whose or not repeats.says_choices(message):
        return ()
    key = repeats.note_key("c", whose)
    said = notes.memory(key)
    now_said = repeats.remember_choices(message, kind, said)
    if now_said != said:
        notes.put(key, now_said)
    return repeats.repeated_choices(message, said) if kind in repeats.WITH_TRAITS else ()
