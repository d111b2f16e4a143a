"""What is kept of what happened, for pages, the CLI and the audit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import msgspec

from headrace.event import About
from headrace.fate import Fate, State


class Attempt(msgspec.Struct, frozen=True):
    """One request with its answer. Secrets are masked before a value of this type is made."""

    position: int
    destination_id: str
    number: int  # 1, 2, … per delivery, questions and preparations included
    kind: str  # "delivery", "question", "preparation"
    at: int  # ms since 1970 UTC when it left
    method: str
    url: str
    headers: dict[str, str]
    body: Any  # JSON value or None
    status: int | None  # None: no answer
    answer: str | None  # at most 10,000 characters
    error: str | None  # "timeout", "connection refused", …
    duration_ms: int
    outcome: str  # a sentence: "delivered", "retry in 2.1 s", "may land late" …


class DeliveryFilter(msgspec.Struct, frozen=True):
    destination_id: str | None = None
    states: tuple[State, ...] = ()
    code: str | None = None
    before: int | None = None  # positions below this one (paging)
    limit: int = 50
    type: str | None = None
    name: str | None = None


class Delivery(msgspec.Struct, frozen=True):
    """A fate with what a list needs beside it."""

    fate: Fate
    about: About
    received_at: int
    next_at: int | None  # ms, when it leaves again by itself


class SourceRow(msgspec.Struct, frozen=True):
    """One line of a source's Events table."""

    type: str
    name: str
    count: int
    last_seen: int  # ms


class DestinationRow(msgspec.Struct, frozen=True):
    """One line of a destination's Events table."""

    type: str
    name: str
    delivered: int
    last_delivered: int | None  # ms
    failed: int
    last_failed: int | None  # ms


class Journal(Protocol):
    """Read side; reads see what the delivery store has committed. Safe from any thread."""

    def cursor(self) -> int: ...

    def fates(self, position: int) -> list[Fate]:
        """All fates of one event: one per destination, or one with `destination_id` None. [] = not routed yet."""

    def attempts(self, position: int, destination_id: str) -> list[Attempt]: ...

    def deliveries(self, wanted: DeliveryFilter) -> list[Delivery]:
        """Newest first."""

    def counts(self) -> dict[str, dict[State, int]]:
        """Deliveries per destination id and state, exact and cheap (counters kept with each transition)."""

    def source_table(self, source_id: str) -> list[SourceRow]:
        """Counts per event type and name, from counters kept with each routing step; most recent first."""

    def destination_table(self, destination_id: str) -> list[DestinationRow]:
        """Delivered and dead per event type and name, from counters kept with each transition."""

    def tally(self, first: int, last: int) -> Iterator[tuple[str, str | None, str, int]]:
        """(source id, destination id or None, state, count) over fates with first <= position <= last, counted from the
        rows themselves, for the audit; and per source (id, None, "unique", events that are no duplicate nor forgotten)."""


class AttemptWriter(Protocol):
    def record(self, attempts: Sequence[Attempt]) -> None:
        """Keep for display; may lose the last second at a power loss, never blocks a delivery."""
