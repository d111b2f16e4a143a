"""Reading the event log, in any process: blocks through a small cache, segments as they come and go."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from pathlib import Path

import apsw
import msgspec

from headrace.event import LoggedEvent
from headrace.eventlog.port import BlockHeader, IdKind, LogStats
from headrace.storage.sqlite.eventlog import segment

CACHED_BLOCKS = 64
TOTALS = "dropped.json"


class Dropped(msgspec.Struct):
    """What retention has removed: everything up to `last`, counted per source."""

    last: int = 0
    accepted: dict[str, int] = {}
    duplicates: dict[str, int] = {}


def read_dropped(directory: Path) -> Dropped:
    try:
        return msgspec.json.decode((directory / TOTALS).read_bytes(), type=Dropped)
    except FileNotFoundError:
        return Dropped()


def total(parts: Iterable[BlockHeader]) -> BlockHeader:
    """Sums per source; `count` becomes the highest position."""
    accepted: dict[str, int] = {}
    duplicates: dict[str, int] = {}
    head = 0
    for part in parts:
        head = part.first + part.count - 1
        for source, count in part.accepted.items():
            accepted[source] = accepted.get(source, 0) + count
        for source, count in part.duplicates.items():
            duplicates[source] = duplicates.get(source, 0) + count
    return BlockHeader(1, head, 0, accepted, duplicates)


class SqliteEventLogReader:
    """EventLogReader over a directory of segments. One lock: callers of several threads take turns."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._open: dict[Path, apsw.Connection] = {}
        self._paths: list[Path] = []
        self._firsts: list[int] = []
        self._sealed: dict[Path, BlockHeader] = {}
        self._cache: OrderedDict[int, list[LoggedEvent]] = OrderedDict()
        self._lock = threading.RLock()

    # --- positions -------------------------------------------------------------------------------------------------

    def head(self) -> int:
        with self._lock:
            self._refresh()
            for path in reversed(self._paths):
                connection = self._connection(path)
                highest = segment.last(connection) if connection else 0
                if highest:
                    return highest
            return read_dropped(self._directory).last

    def read(self, after: int, limit: int) -> list[LoggedEvent]:
        found: list[LoggedEvent] = []
        with self._lock:
            while len(found) < limit:
                block = self._block_after(after)
                if not block:
                    break
                fresh = [e for e in block if e.position > after][: limit - len(found)]
                found += fresh
                after = fresh[-1].position
        return found

    def get(self, position: int) -> LoggedEvent | None:
        with self._lock:
            block = self._block_at(position)
        return next((e for e in block if e.position == position), None)

    def newest(self, before: int | None = None) -> Iterator[LoggedEvent]:
        position = self.head() if before is None else before - 1
        while position > 0:
            with self._lock:
                block = self._block_at(position)
            if not block:
                return  # below here retention has dropped everything
            for event in reversed(block):
                if event.position <= position:
                    yield event
            position = block[0].position - 1

    def find(self, kind: IdKind, value: str, before: int | None = None) -> Iterator[LoggedEvent]:
        below = (self.head() + 1) if before is None else before
        with self._lock:
            self._refresh()
            paths = list(reversed(self._paths))
        for path in paths:
            if segment.first_of(path) >= below:
                continue
            yield from self._find_in(path, kind, value, below)

    def _find_in(self, path: Path, kind: IdKind, value: str, below: int) -> Iterator[LoggedEvent]:
        with self._lock:
            connection = self._connection(path)
            if connection is None:
                return
            indexed = segment.is_indexed(connection)
            positions = segment.indexed_positions(connection, kind, value, below) if indexed else []
            end = segment.last(connection)
        if indexed:
            for position in positions:
                event = self.get(position)
                if event is not None and segment.names(event, kind, value):
                    yield event
            return
        first = segment.first_of(path)
        for event in self.newest(min(below, end + 1)):
            if event.position < first:
                return
            if segment.names(event, kind, value):
                yield event

    # --- headers and counts ----------------------------------------------------------------------------------------

    def headers(self, after: int = 0, until: int | None = None) -> Iterator[BlockHeader]:
        with self._lock:
            self._refresh()
            start = max(0, bisect_right(self._firsts, after) - 1)
            paths = self._paths[start:]
        for path in paths:
            if until is not None and segment.first_of(path) > until:
                return
            with self._lock:
                connection = self._connection(path)
                rows = list(segment.headers(connection, after, until)) if connection else []
            yield from rows

    def totals(self) -> BlockHeader:
        dropped = read_dropped(self._directory)
        whole = BlockHeader(1, dropped.last, 0, dict(dropped.accepted), dict(dropped.duplicates))
        with self._lock:
            self._refresh()
            for path in self._paths:
                if path in self._sealed:
                    part = self._sealed[path]
                else:
                    connection = self._connection(path)
                    if connection is None:
                        continue
                    part = total(segment.headers(connection, dropped.last))
                    if segment.is_indexed(connection):  # it will never change
                        self._sealed[path] = part
                if part.count > dropped.last:
                    whole = total((whole, part))
        return whole

    def stats(self) -> LogStats:
        totals = self.totals()
        oldest = next(iter(self.headers(read_dropped(self._directory).last)), None)
        files = [p for p in self._directory.glob("seg-*") if p.exists()]
        return LogStats(
            head=totals.count,
            accepted=sum(totals.accepted.values()),
            duplicates=sum(totals.duplicates.values()),
            bytes=sum(p.stat().st_size for p in files if p.exists()),
            segments=len(self._paths),
            oldest=oldest.received_at if oldest else None,
        )

    def read_anew(self) -> None:
        """Entries were taken out of the files: nothing that was read before counts."""
        with self._lock:
            self._cache.clear()

    def close(self) -> None:
        with self._lock:
            for connection in self._open.values():
                connection.close()
            self._open.clear()

    # --- inside ----------------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        paths = segment.segments(self._directory)
        if paths == self._paths:
            return
        for gone in set(self._open) - set(paths):
            self._open.pop(gone).close()
        self._paths = paths
        self._firsts = [segment.first_of(p) for p in paths]

    def _connection(self, path: Path) -> apsw.Connection | None:
        if path not in self._open:
            try:
                self._open[path] = segment.connect(path)
            except (apsw.CantOpenError, segment.UnbornError):
                return None  # retention dropped it a moment ago, or it is just being made
        return self._open[path]

    def _segment_of(self, position: int) -> int:
        return bisect_right(self._firsts, position) - 1

    def _block_at(self, position: int) -> list[LoggedEvent]:
        cached = self._cached(position)
        if cached:
            return cached
        for attempt in (False, True):
            if attempt or not self._paths:
                self._refresh()
            index = self._segment_of(position)
            connection = self._connection(self._paths[index]) if index >= 0 else None
            block = segment.block_at(connection, position) if connection else []
            if block:
                return self._remember(block)
        return []

    def _block_after(self, after: int) -> list[LoggedEvent]:
        block = self._block_at(after + 1)
        if block:
            return block
        # nothing right above: retention may have dropped a part, or this is the head
        for path, first in zip(self._paths, self._firsts, strict=True):
            if first > after:
                connection = self._connection(path)
                block = segment.block_after(connection, after) if connection else []
                if block:
                    return self._remember(block)
        return []

    def _cached(self, position: int) -> list[LoggedEvent]:
        # the newest blocks are asked for most; the cache is small, so a walk is cheap
        for first in reversed(self._cache):
            block = self._cache[first]
            if first <= position <= block[-1].position:
                return block
        return []

    def _remember(self, block: list[LoggedEvent]) -> list[LoggedEvent]:
        self._cache[block[0].position] = block
        while len(self._cache) > CACHED_BLOCKS:
            self._cache.popitem(last=False)
        return block
