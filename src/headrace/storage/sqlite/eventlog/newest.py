"""The segment that is written to: begun with its first block, sealed when it is full or old. For the writer's thread."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import apsw

from headrace.clock import Clock
from headrace.event import LoggedEvent
from headrace.storage.sqlite.eventlog import segment
from headrace.storage.sqlite.eventlog.indexing import Indexer
from headrace.storage.sqlite.eventlog.limits import EventLogSettings


class Newest:
    def __init__(self, directory: Path, clock: Clock, indexer: Indexer) -> None:
        self._directory = directory
        self._clock = clock
        self._indexer = indexer
        self._connection: apsw.Connection | None = None
        self._path = directory
        self._opened_at = 0  # ms
        self._bytes = self._events = 0
        self._lock = threading.Lock()

    def path(self) -> Path | None:
        """From any thread; None: the next block begins a new one."""
        with self._lock:
            return self._path if self._connection is not None else None

    def go_on(self, path: Path) -> None:
        """With the one that was written to when the log was open last."""
        self._connection = segment.connect(path, create=True)
        self._path = path
        ((began, self._bytes, self._events),) = segment.rows(
            self._connection,
            "select coalesce(min(received_at), 0), coalesce(sum(length(payload) + length(meta)), 0),"
            " coalesce(sum(count), 0) from block",
        )
        self._opened_at = began or self._clock.now_ms()
        if segment.is_indexed(self._connection):  # it was sealed just before the process died
            self._roll()

    def write(self, block: Sequence[LoggedEvent]) -> None:
        """Durable when it returns."""
        connection = self._at(block[0].position)
        self._bytes += segment.write(connection, block)
        self._events += len(block)

    def _at(self, first: int) -> apsw.Connection:
        if self._connection is None:
            self._path = self._directory / segment.name(first)
            self._connection = segment.connect(self._path, create=True)
            self._opened_at = self._clock.now_ms()
            self._bytes = self._events = 0
        return self._connection

    def roll_if_full(self, settings: EventLogSettings) -> None:
        age = (self._clock.now_ms() - self._opened_at) / 1000
        full = self._bytes >= settings.segment_bytes or self._events >= settings.segment_events
        if full or age >= settings.segment_age:
            self.seal()

    def seal(self) -> None:
        """The next block begins a new one; the index of this one is built aside."""
        if self._connection is not None and self._bytes:  # else the next would have to begin under the same name
            self._roll()

    def _roll(self) -> None:
        with self._lock:
            self.close()
        self._indexer.add(self._path)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None
