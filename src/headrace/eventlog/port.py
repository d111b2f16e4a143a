"""The event log's port: one writer in the gateway, any number of readers elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, Protocol

import msgspec

from headrace.event import AcceptedEvent, LoggedEvent


class BlockHeader(msgspec.Struct, frozen=True):
    """What the log knows of one committed block without reading payloads."""

    first: int
    count: int
    received_at: int
    accepted: dict[str, int]  # source id -> entries, duplicates included
    duplicates: dict[str, int]  # source id -> duplicate markers


class LogStats(msgspec.Struct, frozen=True):
    head: int  # position of the newest entry, 0 when empty
    accepted: int  # entries since the log began, duplicates included
    duplicates: int
    bytes: int
    segments: int
    oldest: int | None  # received_at of the oldest entry kept, ms


IdKind = Literal["user", "anon", "message"]


class EventLogWriter(Protocol):
    """Promises one total order: positions grow by one, in the order in which `append` was awaited."""

    async def append(self, events: Sequence[AcceptedEvent]) -> list[LoggedEvent]:
        """Write all of `events` or none; returns after the fsync.

        An event whose (source_id, message_id) was accepted within the window is written as a duplicate marker.
        Raises LogUnavailable when the disk is full or failing; nothing of this call was accepted then.
        """

    def trouble(self) -> str | None:
        """Why the next `append` would most likely fail; None when nothing is known against it."""

    def stats(self) -> LogStats: ...

    async def close(self) -> None:
        """Finish what is queued, then release the files."""


class EventLogReader(Protocol):
    """Sees an entry as soon as `append` has returned it. Safe to use from one thread at a time."""

    def head(self) -> int:
        """Position of the newest entry, 0 when the log is empty."""

    def read(self, after: int, limit: int) -> list[LoggedEvent]:
        """Entries with position > `after` in order, at most `limit`; [] at the head. Skips what retention dropped."""

    def get(self, position: int) -> LoggedEvent | None:
        """The entry at `position`, None when it is not (or no longer) kept."""

    def newest(self, before: int | None = None, source_id: str | None = None) -> Iterator[LoggedEvent]:
        """Entries from the newest (or below `before`) backwards, lazily: all, or those of one source."""

    def find(self, kind: IdKind, value: str, before: int | None = None, since: int = 0) -> Iterator[LoggedEvent]:
        """Entries that name this userId, anonymousId or messageId, newest first, lazily.

        What was received before `since` (ms) may be left out.
        """

    def headers(self, after: int = 0, until: int | None = None) -> Iterator[BlockHeader]:
        """Headers of the blocks with entries above `after` (and, if given, not all above `until`), oldest first."""

    def sums(self, after: int = 0, until: int | None = None) -> Iterator[BlockHeader]:
        """As `headers`, but one for many blocks that lie wholly in between, as they were counted once."""

    def totals(self) -> BlockHeader:
        """Accepted and duplicates per source since the log began, dropped segments included (first=1, count=head)."""

    def stats(self) -> LogStats: ...

    def read_anew(self) -> None:
        """Entries became markers meanwhile: nothing may be answered from what was read before."""

    def close(self) -> None: ...
