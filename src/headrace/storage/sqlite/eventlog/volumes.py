"""Writing the index over many segments (`catalog`), one after the other as they are sealed: the log's writer alone."""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import apsw
import structlog

from headrace.database import tidy
from headrace.storage.sqlite.eventlog import segment
from headrace.storage.sqlite.eventlog.catalog import FOLDER, FORMAT, SCHEMA, Part, connect, name, read_parts

log = structlog.get_logger(__name__)
VOLUME = 1_000_000  # events
SPAN = 86_400_000  # ms; retention drops volumes whole, too
TO_BE_WRITTEN_ANEW = 1  # the file's application_id, set with the first key that is taken out


class Volumes:
    """Callers of several threads take turns. Losing the newest at a power loss costs nothing but making it again."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._folder = directory / FOLDER
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._newest: apsw.Connection | None = None
        self._first: Part | None = None  # of the newest volume
        self.last: Part | None = None
        for path in reversed(self._paths()):
            try:
                with contextlib.closing(self._made(path)) as connection:
                    parts = read_parts(connection)
            except (apsw.NotADBError, apsw.CorruptError) as error:
                log.warning("a volume of the log's index is damaged and is made again", volume=path.name, error=str(error))
                self._remove(path)
                continue
            if parts:
                self._first, self.last = parts[0], parts[-1]
                self._newest = self._made(path)
                break

    def close(self) -> None:
        with self._lock:
            if self._newest is not None:
                self._newest.close()
                self._newest = None

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob("keys-*.db"))

    def _made(self, path: Path) -> apsw.Connection:
        """The file for writing, made where there is none."""
        connection = apsw.Connection(str(path))
        connection.set_busy_timeout(10_000)
        connection.execute("pragma journal_mode=wal; pragma synchronous=normal").fetchall()
        if connection.pragma("user_version") == 0:
            with connection:
                connection.execute(SCHEMA)
                connection.execute(f"pragma user_version={FORMAT}")
        return connection

    def take(self, path: Path) -> None:
        """The next sealed segment, with its own index. One that is in here already, or holds nothing, changes nothing."""
        try:
            opened = segment.connect(path)
        except (segment.UnbornError, apsw.CantOpenError):
            return  # retention dropped it
        with self._lock, contextlib.closing(opened) as sealed:
            part = summary(sealed, path)
            if part is None or (self.last is not None and part.first <= self.last.last):
                return
            into = self._volume_for(part)
            with into:
                into.execute(
                    "insert into part values(?,?,?,?,?,?)",
                    (part.first, part.last, part.oldest, part.newest, part.bytes, segment.write_counts(part.counts)),
                )
                keys = sealed.execute("select kind, hash, position from key order by kind, hash, position")
                into.executemany("insert or ignore into key values(?,?,?)", keys)
            self.last = part

    def _volume_for(self, part: Part) -> apsw.Connection:
        full = self._first is None or part.last - self._first.first >= VOLUME or part.newest - self._first.oldest >= SPAN
        if full or self._newest is None:
            if self._newest is not None:
                self._newest.close()
            self._first = part
            self._newest = self._made(self._folder / name(part.first))
        return self._newest

    def drop(self, last: int) -> None:
        """Volumes whose segments are all dropped, up to position `last`. The newest stays."""
        with self._lock:
            paths = self._paths()
            for path, following in itertools.pairwise(paths):
                if int(following.stem.removeprefix("keys-")) > last + 1:
                    return
                self._remove(path)

    def _remove(self, path: Path) -> None:
        for file in self._folder.glob(path.name + "*"):
            file.unlink()

    @contextlib.contextmanager
    def without(self, keys: Iterable[tuple[int, int, int]]) -> Iterator[None]:
        """Takes keys out, and no segment in, while the caller takes them out of those: else they came back from there.

        Call `tidy` afterwards: until then they can be found in the files.
        """
        with self._lock:
            paths = self._paths()
            firsts = [int(p.stem.removeprefix("keys-")) for p in paths]
            for key in keys:
                below = [path for path, first in zip(paths, firsts, strict=True) if first <= key[2]]
                if not below:
                    continue
                with contextlib.closing(connect(below[-1])) as connection, connection:
                    connection.execute("delete from key where kind=? and hash=? and position=?", key)
                    connection.execute(f"pragma application_id={TO_BE_WRITTEN_ANEW}")
            yield

    def tidy(self) -> None:
        """Raises BusyError while somebody reads: then it has to be repeated."""
        with self._lock:
            for path in self._paths():
                with contextlib.closing(self._made(path)) as connection:
                    if connection.pragma("application_id") == TO_BE_WRITTEN_ANEW:
                        tidy(connection)
                        connection.execute("pragma application_id=0")


def summary(sealed: apsw.Connection, path: Path) -> Part | None:
    """None when it holds nothing."""
    headers = list(segment.headers(sealed, 0))
    if not headers:
        return None
    counts = segment.Counts({}, {})
    for header in headers:
        for into, said in ((counts.accepted, header.accepted), (counts.duplicates, header.duplicates)):
            for source, number in said.items():
                into[source] = into.get(source, 0) + number
    last = headers[-1].first + headers[-1].count - 1
    size = os.stat(path).st_size
    return Part(headers[0].first, last, headers[0].received_at, headers[-1].received_at, size, counts)
