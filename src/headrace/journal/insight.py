"""What pages ask beyond the journal's plain reads: charts, filtered lists, failed events, people, outcomes as they come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from headrace.fate import State
from headrace.journal.port import Delivery


class Wanted(msgspec.Struct, frozen=True):
    """Which deliveries a list shows. `search`: a part of the event's name, type or person."""

    destination_id: str | None = None
    states: tuple[State, ...] = ()
    code: str | None = None
    type: str | None = None
    name: str | None = None
    person: str | None = None
    search: str = ""
    before: int | None = None  # positions below this one
    limit: int = 50


class Listing(msgspec.Struct, frozen=True):
    """A page of deliveries. It may be short, or empty, and still go on below `next`."""

    rows: Sequence[Delivery]
    next: int | None


class Failed(msgspec.Struct, frozen=True):
    destination_id: str
    code: str
    count: int
    newest: int  # position
    last_at: int  # ms


class Person(msgspec.Struct, frozen=True):
    """`identifiers`: "user:…", "email:…", "anon:…", the one to call them by first."""

    identifiers: tuple[str, ...]
    last_seen: int  # ms, to the hour


class Insight(Protocol):
    """Reads see what the delivery store has committed. Safe from any thread; every cost is bounded."""

    def events_by_type(self, source_id: str | None, step: int, since: int) -> list[tuple[int, str, int]]:
        """(bucket, type, number) per `step` s, from `since` (s) on."""

    def outcomes(self, destination_id: str | None, step: int, since: int, width: int = 0) -> list[tuple[int, str, int, int]]:
        """(bucket, state, band, number) of what is counted per `step` s, in buckets of `width` s (0: as counted)."""

    def rates(self, kind: str) -> dict[str, float]: ...
    def deliveries(self, wanted: Wanted) -> Listing: ...
    def delivery(self, position: int, destination_id: str) -> Delivery | None: ...
    def names(self, destination_id: str, search: str, sort: str) -> list[tuple[Any, ...]]: ...
    def failed(
        self, destination_id: str | None = None, kind: str | None = None, name: str | None = None
    ) -> list[Failed]: ...
    def joined(self, person: str) -> dict[str, int]: ...
    def seen_with(self, email: str) -> list[str]:
        """Identifiers ("user:…", "anon:…") that were named together with this email, the newest first."""

    def people(self, search: str, limit: int) -> list[Person]: ...
    def newest_outcome(self) -> int: ...
    def outcomes_after(self, seq: int, limit: int) -> list[tuple[int, Delivery]]: ...
    def size(self, destination_id: str) -> dict[State, int]: ...
    def close(self) -> None: ...
