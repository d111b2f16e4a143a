"""The event log in memory: what was accepted stays, whatever becomes of the worker."""

from __future__ import annotations

from collections.abc import Iterator

from headrace.event import LoggedEvent
from headrace.eventlog.port import BlockHeader, IdKind, LogStats
from tests.simulation.people import Call


class MemoryLog:
    """EventLogReader. `append` is the gateway's part."""

    def __init__(self) -> None:
        self.entries: list[LoggedEvent] = []
        self._first: dict[tuple[str, str], int] = {}

    def append(self, call: Call, received_at: int) -> LoggedEvent:
        e = call.accepted(received_at)
        first = self._first.setdefault((e.source_id, e.message_id), len(self.entries) + 1)
        position = len(self.entries) + 1
        entry = LoggedEvent(
            position, e.source_id, e.message_id, e.received_at, e.request_ip, e.rudder_id, e.type, e.user_id,
            e.anonymous_id, None if first == position else first, e.payload if first == position else b"",
        )  # fmt: skip
        self.entries.append(entry)
        return entry

    def head(self) -> int:
        return len(self.entries)

    def read(self, after: int, limit: int) -> list[LoggedEvent]:
        return self.entries[after : after + limit]

    def get(self, position: int) -> LoggedEvent | None:
        return self.entries[position - 1] if 0 < position <= len(self.entries) else None

    def newest(self, before: int | None = None, source_id: str | None = None) -> Iterator[LoggedEvent]:
        for e in reversed(self.entries if before is None else self.entries[: before - 1]):
            if source_id in (None, e.source_id):
                yield e

    def find(self, kind: IdKind, value: str, before: int | None = None, since: int = 0) -> Iterator[LoggedEvent]:
        wanted = {"user": "user_id", "anon": "anonymous_id", "message": "message_id"}[kind]
        return (e for e in self.newest(before) if getattr(e, wanted) == value)

    def read_anew(self) -> None:
        """Nothing is ever taken out of it."""

    def headers(self, after: int = 0, until: int | None = None) -> Iterator[BlockHeader]:
        for e in self.entries[after:until]:
            yield BlockHeader(e.position, 1, e.received_at, {e.source_id: 1}, {e.source_id: 1} if e.duplicate_of else {})

    sums = headers

    def totals(self) -> BlockHeader:
        accepted: dict[str, int] = {}
        duplicates: dict[str, int] = {}
        for e in self.entries:
            accepted[e.source_id] = accepted.get(e.source_id, 0) + 1
            duplicates[e.source_id] = duplicates.get(e.source_id, 0) + bool(e.duplicate_of)
        return BlockHeader(1, len(self.entries), 0, accepted, duplicates)

    def stats(self) -> LogStats:
        totals = self.totals()
        return LogStats(self.head(), self.head(), sum(totals.duplicates.values()), 0, 1, None)

    def close(self) -> None: ...
