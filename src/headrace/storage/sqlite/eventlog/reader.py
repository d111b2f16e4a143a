"""Reading the event log, in any process: blocks through a small cache, segments as they come and go."""

from __future__ import annotations

import os
import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from headrace.event import LoggedEvent
from headrace.eventlog.port import BlockHeader, IdKind, LogStats
from headrace.storage.sqlite.eventlog import segment
from headrace.storage.sqlite.eventlog.catalog import Catalog
from headrace.storage.sqlite.eventlog.pool import Pool

CACHED_BLOCKS = 64
MOST_OPEN = 24  # segments
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


def _seen(path: Path) -> tuple[int, int] | None:
    """Tells one version of a file that is always replaced from the next."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns


class SqliteEventLogReader:
    """EventLogReader over a directory of segments. One lock: callers of several threads take turns."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._pool = Pool(MOST_OPEN, segment.connect)
        self._catalog = Catalog(directory)
        self._paths: list[Path] = []
        self._firsts: list[int] = []
        self._dropped = Dropped()
        self._dropped_seen: tuple[int, int] | None = None
        self._sums: tuple[tuple[int, int], BlockHeader] = ((0, 0), BlockHeader(1, 0, 0, {}, {}))
        self._cache: OrderedDict[int, list[LoggedEvent]] = OrderedDict()
        self._lock = threading.RLock()

    # --- positions -------------------------------------------------------------------------------------------------

    def head(self) -> int:
        with self._lock:
            return self._refresh()

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

    def newest(self, before: int | None = None, source_id: str | None = None) -> Iterator[LoggedEvent]:
        position = self.head() if before is None else before - 1
        while position > 0:
            with self._lock:
                position = position if source_id is None else self._before(position, source_id)
                block = self._block_at(position) if position else []
            if not block:
                return  # below here retention has dropped everything
            for event in reversed(block):
                if event.position <= position and source_id in (None, event.source_id):
                    yield event
            position = block[0].position - 1

    def _before(self, position: int, source_id: str) -> int:
        """The highest position at or below whose block holds an entry of this source; 0: none. Opens few segments."""
        self._refresh()
        self._catalog.look()
        for path in reversed(self._paths[: self._segment_of(position) + 1]):
            part = self._catalog.part_at(segment.first_of(path))
            if part is not None and source_id not in part.counts.accepted:
                continue
            connection = self._pool.get(path)
            found = segment.before(connection, position, source_id) if connection else None
            if found is not None:
                return min(position, self._block_at(found)[-1].position)
        return 0

    def find(self, kind: IdKind, value: str, before: int | None = None, since: int = 0) -> Iterator[LoggedEvent]:
        below = (self.head() + 1) if before is None else before
        with self._lock:
            self._refresh()
            self._catalog.look()
            covered = self._catalog.covered()
            paths = self._paths[bisect_right(self._firsts, covered) :]
            volumes = self._catalog.volumes(min(below, covered + 1), since)
        for path in reversed(paths):
            if segment.first_of(path) >= below:
                continue
            if since and self._newest_in(path) < since:
                return
            yield from self._find_in(path, kind, value, below)
        for volume in volumes:
            with self._lock:
                positions = self._catalog.positions(volume, kind, value, min(below, covered + 1))
            yield from self._named(positions, kind, value)

    def _newest_in(self, path: Path) -> int:
        with self._lock:
            connection = self._pool.get(path)
            return segment.newest(connection) if connection else 0

    def _find_in(self, path: Path, kind: IdKind, value: str, below: int) -> Iterator[LoggedEvent]:
        """In a segment that is in no volume yet."""
        with self._lock:
            connection = self._pool.get(path)
            if connection is None:
                return
            indexed = segment.is_indexed(connection)
            positions = segment.indexed_positions(connection, kind, value, below) if indexed else []
            end = segment.last(connection)
        if indexed:
            yield from self._named(positions, kind, value)
            return
        first = segment.first_of(path)
        for event in self.newest(min(below, end + 1)):
            if event.position < first:
                return
            if segment.names(event, kind, value):
                yield event

    def _named(self, positions: list[int], kind: IdKind, value: str) -> Iterator[LoggedEvent]:
        for position in positions:
            event = self.get(position)
            if event is not None and segment.names(event, kind, value):
                yield event

    # --- headers and counts ----------------------------------------------------------------------------------------

    def headers(self, after: int = 0, until: int | None = None) -> Iterator[BlockHeader]:
        with self._lock:
            self._refresh()
            paths = self._paths[max(0, self._segment_of(after)) :]
        for path in paths:
            if until is not None and segment.first_of(path) > until:
                return
            with self._lock:
                connection = self._pool.get(path)
                rows = list(segment.headers(connection, after, until)) if connection else []
            yield from rows

    def sums(self, after: int = 0, until: int | None = None) -> Iterator[BlockHeader]:
        """One for each sealed segment that lies wholly in between."""
        end = 2**62 if until is None else until
        with self._lock:
            self._refresh()
            self._catalog.look()
            parts = [p for p in self._catalog.parts() if p.first > max(after, self._dropped.last) and p.last <= end]
        if not parts:
            yield from self.headers(after, until)
            return
        yield from self.headers(after, min(end, parts[0].first - 1))
        yield from (part.header() for part in parts)
        yield from self.headers(max(after, parts[-1].last), until)

    def totals(self) -> BlockHeader:
        with self._lock:
            self._refresh()
            self._catalog.look()
            dropped, covered = self._dropped, self._catalog.covered()
            if self._sums[0] != (dropped.last, covered):
                parts = [part.header() for part in self._catalog.parts() if part.last > dropped.last]
                begun = BlockHeader(1, dropped.last, 0, dropped.accepted, dropped.duplicates)
                self._sums = ((dropped.last, covered), total([begun, *parts]))
        return total([self._sums[1], *self.headers(max(dropped.last, covered))])

    def stats(self) -> LogStats:
        totals = self.totals()
        with self._lock:
            parts = [part for part in self._catalog.parts() if part.last > self._dropped.last]
            newer = self._paths[bisect_right(self._firsts, self._catalog.covered()) :]
            connection = self._pool.get(self._paths[0]) if self._paths else None
            oldest = segment.oldest(connection) if connection else None
            number, keys = len(self._paths), self._catalog.bytes()
        return LogStats(
            head=totals.count,
            accepted=sum(totals.accepted.values()),
            duplicates=sum(totals.duplicates.values()),
            bytes=sum(part.bytes for part in parts) + sum(segment.size(path) for path in newer) + keys,
            segments=number,
            oldest=oldest,
        )

    def read_anew(self) -> None:
        """Entries were taken out of the files: nothing that was read before counts."""
        with self._lock:
            self._cache.clear()

    def close(self) -> None:
        with self._lock:
            self._pool.close()
            self._catalog.close()

    # --- inside ----------------------------------------------------------------------------------------------------

    def _refresh(self) -> int:
        """The highest position; takes up new segments and lets go of dropped ones. The directory, which may hold thousands,
        is read only when retention was there: a new segment's name follows from where the one before it ends."""
        if not self._paths or _seen(self._directory / TOTALS) != self._dropped_seen:
            self._list()
        while self._paths:
            connection = self._pool.get(self._paths[-1])
            last = segment.last(connection) if connection else 0
            following = self._directory / segment.name(last + 1)
            if not last or not following.exists():
                return last or self._head_before()
            self._paths.append(following)
            self._firsts.append(last + 1)
        return self._dropped.last

    def _head_before(self) -> int:
        """The newest segment holds nothing, or is gone."""
        for path in reversed(self._paths):
            connection = self._pool.get(path)
            if connection and (last := segment.last(connection)):
                return last
        return self._dropped.last

    def _list(self) -> None:
        self._dropped_seen = _seen(self._directory / TOTALS)
        self._dropped = read_dropped(self._directory)
        paths = segment.segments(self._directory)
        firsts = [segment.first_of(path) for path in paths]
        gone = max(0, bisect_right(firsts, self._dropped.last + 1) - 1)  # counted as dropped, but the files are still there
        self._paths, self._firsts = paths[gone:], firsts[gone:]
        self._pool.keep(set(self._paths))

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
            connection = self._pool.get(self._paths[index]) if index >= 0 else None
            block = segment.block_at(connection, position) if connection else []
            if block:
                return self._remember(block)
        return []

    def _block_after(self, after: int) -> list[LoggedEvent]:
        block = self._block_at(after + 1)
        if block:
            return block
        # nothing right above: retention may have dropped a part, or this is the head
        for path in self._paths[bisect_right(self._firsts, after) :]:
            connection = self._pool.get(path)
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
