"""What is known of sealed segments, and one index over many of them: a search opens a few files, not thousands.

The index lies in `keys/`, in volumes. Each holds the keys of consecutive sealed segments, of at most some VOLUME events, and
beside them what each segment holds. It is made from the segments' own: who loses it loses time, until it is made again.
Volumes cover the log from its beginning; what is newer stands in the segments alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import apsw
import msgspec

from headrace.eventlog.port import BlockHeader
from headrace.storage.sqlite.eventlog import segment
from headrace.storage.sqlite.eventlog.pool import Pool

FOLDER = "keys"
SCHEMA = """
create table key(kind integer not null, hash integer not null, position integer not null,
  primary key(kind, hash, position)) without rowid;
create table part(first integer primary key, last integer not null, oldest integer not null, newest integer not null,
  bytes integer not null, counts blob not null);
"""
FORMAT = 1
MOST_OPEN = 40  # volumes


class Part(msgspec.Struct, frozen=True):
    """One sealed segment. `counts`: as in a block's header, of all its blocks."""

    first: int
    last: int
    oldest: int  # received_at, ms
    newest: int
    bytes: int
    counts: segment.Counts

    def header(self) -> BlockHeader:
        return BlockHeader(self.first, self.last - self.first + 1, self.oldest, self.counts.accepted, self.counts.duplicates)


@dataclass
class Volume:
    path: Path
    parts: list[Part] = field(default_factory=list)
    seen: tuple[apsw.Connection, int] | None = None  # by whom, and which version of the file
    whole: bool = False  # all of it is read, and nothing is added any more: a later one was begun before


def name(first: int) -> str:
    return f"keys-{first:016d}.db"


def connect(path: Path) -> apsw.Connection:
    """For reading. A file that is just being made counts as missing."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    connection.set_busy_timeout(10_000)
    if connection.pragma("user_version") != FORMAT:
        connection.close()
        raise segment.UnbornError(f"{path} holds no index.")
    return connection


def read_parts(connection: apsw.Connection, above: int = 0) -> list[Part]:
    found = segment.rows(connection, "select * from part where first>? order by first", (above,))
    return [
        Part(first, last, oldest, newest, size, segment.read_counts(raw)) for first, last, oldest, newest, size, raw in found
    ]


class Catalog:
    """The volumes as readers see them. Not safe by itself: whoever uses it has a lock."""

    def __init__(self, directory: Path) -> None:
        self._folder = directory / FOLDER
        self._pool = Pool(MOST_OPEN, connect)
        self._volumes: list[Volume] = []
        self._seen = 0

    def close(self) -> None:
        self._pool.close()

    def look(self) -> None:
        """Takes up what was written since. Costs two small questions where nothing was."""
        try:
            changed = os.stat(self._folder).st_mtime_ns
        except FileNotFoundError:
            self._volumes = []
            return
        if changed != self._seen:
            self._seen = changed
            self._list()
        if self._volumes:
            self._read(self._volumes[-1])

    def _list(self) -> None:
        known = {volume.path.name: volume for volume in self._volumes}
        names = sorted(n for n in os.listdir(self._folder) if n.startswith("keys-") and n.endswith(".db"))
        self._pool.keep({self._folder / n for n in names})
        self._volumes = []
        for number, volume in enumerate([known.get(n) or Volume(self._folder / n) for n in names], 1):
            if not volume.whole:
                volume.whole = self._read(volume) and number < len(names)
            if number < len(names) and not volume.whole:
                break  # gone a moment ago: what is beyond a gap is not covered
            if volume.parts:
                self._volumes.append(volume)
            elif not volume.whole:
                self._seen = 0  # just begun: it is looked for again

    def _read(self, volume: Volume) -> bool:
        connection = self._pool.get(volume.path)
        if connection is None:
            self._seen = 0  # not there yet, or not any more
            return False
        seen = (connection, int(str(connection.pragma("data_version"))))
        if seen != volume.seen:
            volume.parts += read_parts(connection, volume.parts[-1].first if volume.parts else 0)
            volume.seen = seen
        return True

    # --- what is known ---------------------------------------------------------------------------------------------

    def covered(self) -> int:
        """Every segment up to this position is in here."""
        return self._volumes[-1].parts[-1].last if self._volumes else 0

    def bytes(self) -> int:
        return sum(segment.size(volume.path) for volume in self._volumes)

    def parts(self) -> Iterator[Part]:
        for volume in self._volumes:
            yield from volume.parts

    def part_at(self, position: int) -> Part | None:
        """The part that holds it; None when it is newer, or no longer kept."""
        for volume in reversed(self._volumes):
            if volume.parts[0].first <= position:
                return next((p for p in volume.parts if p.first <= position <= p.last), None)
        return None

    def volumes(self, below: int, since: int = 0) -> list[Path]:
        """Those with positions below, newest first, as far back as something was received `since` (ms)."""
        found = []
        for volume in reversed(self._volumes):
            if volume.parts[-1].newest < since:
                break
            if volume.parts[0].first < below:
                found.append(volume.path)
        return found

    def positions(self, volume: Path, kind: str, value: str, below: int) -> list[int]:
        """In one volume, newest first."""
        connection = self._pool.get(volume)
        return segment.indexed_positions(connection, kind, value, below) if connection else []
