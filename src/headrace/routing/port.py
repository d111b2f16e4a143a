"""What routing needs kept: its cursor, what it remembers of persons, and the deliveries it makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from headrace.event import About, Facts
from headrace.fate import Code, State


class Routed(msgspec.Struct, frozen=True):
    """One event at one destination, as routing decided. `lanes` is empty unless it waits."""

    position: int
    destination_id: str
    state: State  # WAITING or FILTERED
    code: Code
    reason: str
    lanes: tuple[str, ...]  # "u:<userId>" and "e:<email>"
    facts: Facts
    about: About
    received_at: int


class Passed(msgspec.Struct, frozen=True):
    """An event without a delivery: a duplicate, one with no connection, or one of a person who was forgotten."""

    position: int
    code: Code  # DUPLICATE, NO_DESTINATION or FORGOTTEN
    about: About
    received_at: int
    destination_id: str | None = None  # of a forgotten one: where it would have gone


class Batch(msgspec.Struct, frozen=True):
    """What one routing step decided about the log's entries up to `cursor`; committed whole or not at all."""

    cursor: int
    routed: Sequence[Routed]
    passed: Sequence[Passed]
    memory: Mapping[str, bytes | None]  # changed notes by key; None forgets
    sightings: Sequence[tuple[str, ...]] = ()  # who is named together in one event: "u:…", "e:…", "a:…"


class RoutingStore(Protocol):
    def cursor(self) -> int:
        """Position up to which everything was routed and committed; 0 at first."""

    def recall(self, keys: Iterable[str]) -> dict[str, bytes]:
        """Notes kept by earlier batches, those that exist."""

    async def commit(self, batch: Batch) -> None:
        """Cursor, memory, deliveries and lanes in one durable transaction. Repeating a batch changes nothing."""
