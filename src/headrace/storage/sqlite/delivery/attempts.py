"""Attempts for display: one file a day in `attempts/`, written aside, dropped whole but for what is still looked at."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import apsw
import msgspec
import structlog

from headrace.clock import Clock, rfc3339
from headrace.database import tidy
from headrace.journal.port import Attempt

log = structlog.get_logger(__name__)
DAY = 86_400_000  # ms
KEPT = "attempts-kept.db"  # attempts of deliveries that outlive their day's file
BLOCK = 500  # rows copied at once
SCHEMA = (
    "create table if not exists attempt(position integer not null, destination text not null, number integer not null,"
    " at integer not null, value blob not null, primary key(position, destination, number, at)) without rowid"
)


ONE = "select position, destination, number, at, value from attempt where position=? and destination=?"


def _deliveries(connection: apsw.Connection) -> Iterator[tuple[int, str]]:
    """Each delivery that has attempts in this file, a block at a time, so that the file may change in between."""
    last: tuple[int, str] = (-1, "")
    sql = "select distinct position, destination from attempt where (position, destination)>(?,?) order by 1, 2 limit ?"
    while block := connection.execute(sql, (*last, BLOCK)).fetchall():
        for position, destination in block:
            last = (int(position), str(destination))  # type: ignore[arg-type]
            yield last


def file_of(directory: Path, at_ms: int) -> Path:
    return directory / f"attempts-{rfc3339(at_ms)[:10]}.db"


def _day(at_ms: int) -> str:
    return file_of(Path(), at_ms).name


class AttemptLog:
    """AttemptWriter: `record` only queues. What the last second held may be missing after a power loss."""

    def __init__(self, directory: Path, clock: Clock, age: float = 604_800.0) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._clock = clock
        self._age = age
        self._queue: queue.SimpleQueue[Sequence[Attempt] | threading.Event | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._loop, name="attempts", daemon=True)
        self._thread.start()

    def record(self, attempts: Sequence[Attempt]) -> None:
        self._queue.put(attempts)

    def flush(self) -> None:
        """Returns when everything that was recorded before is in its file, or lost."""
        done = threading.Event()
        self._queue.put(done)
        done.wait()

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join()

    def drop_old(self, keep: Callable[[int, str], bool] = lambda position, destination_id: False) -> None:
        """Drops the files of days behind the retention; first copies aside what `keep` names: dead letters, open ones."""
        oldest = file_of(self._directory, self._clock.now_ms() - int(self._age * 1000) - DAY)
        for path in sorted(self._directory.glob("attempts-????-??-??.db")):
            if path.name < oldest.name:
                self._copy_kept(path, keep)
                for part in self._directory.glob(path.name + "*"):
                    part.unlink()
        kept = self._directory / KEPT
        if kept.exists():
            self._weed(kept, keep)

    def _copy_kept(self, path: Path, keep: Callable[[int, str], bool]) -> None:
        day = self._open(path)
        kept: apsw.Connection | None = None
        try:
            for position, destination in _deliveries(day):
                if not keep(position, destination):
                    continue
                kept = kept or self._open(self._directory / KEPT)
                found = day.execute(ONE, (position, destination)).fetchall()
                with kept:
                    kept.executemany("insert or replace into attempt values(?,?,?,?,?)", found)
        finally:
            day.close()
            if kept is not None:
                kept.close()

    def _weed(self, path: Path, keep: Callable[[int, str], bool]) -> None:
        connection = self._open(path)
        try:
            for position, destination in _deliveries(connection):
                if not keep(position, destination):
                    connection.execute("delete from attempt where position=? and destination=?", (position, destination))
        finally:
            connection.close()

    def _loop(self) -> None:
        connection: apsw.Connection | None = None
        current: Path | None = None
        while True:
            item = self._queue.get()
            works: list[Attempt] = []
            waiting: list[threading.Event] = []
            while item is not None:
                if isinstance(item, threading.Event):
                    waiting.append(item)
                else:
                    works += item
                if self._queue.empty() or len(works) > 1000:
                    break
                item = self._queue.get()
            try:
                path = file_of(self._directory, self._clock.now_ms())
                if path != current:
                    if connection is not None:
                        connection.close()
                    connection, current = self._open(path), path
                assert connection is not None
                with connection:
                    connection.executemany(
                        "insert or replace into attempt values(?,?,?,?,?)",
                        [(a.position, a.destination_id, a.number, a.at, msgspec.json.encode(a)) for a in works],
                    )
            except (apsw.Error, OSError) as error:  # display only: deliveries go on
                log.warning("attempts could not be kept", error=str(error), lost=len(works))
            for event in waiting:
                event.set()
            if item is None:
                if connection is not None:
                    connection.close()
                return

    def _open(self, path: Path) -> apsw.Connection:
        connection = apsw.Connection(str(path))
        connection.set_busy_timeout(10_000)  # somebody may be taken out of it
        connection.execute("pragma journal_mode=wal; pragma synchronous=normal").fetchall()
        connection.execute(SCHEMA)
        return connection


def _files(directory: Path) -> list[Path]:
    return sorted(directory.glob("attempts-*.db"))


@contextmanager
def _opened(path: Path, patience: int) -> Iterator[apsw.Connection | None]:
    """Beside the writer. `patience`: ms to wait for it. None: just being made, or dropped a moment ago."""
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    except apsw.CantOpenError:
        yield None
        return
    try:
        connection.set_busy_timeout(patience)
        yield connection if connection.table_exists(None, "attempt") else None
    finally:
        connection.close()


def erase(directory: Path, where: Collection[int], names: Collection[str], between: tuple[int, int] | None = None) -> None:
    """Takes out the attempts at these positions and `between` two, and whatever else shows one of the names.

    Of emails every mention counts, of userIds only where a `userId` is said. Each file is written anew.
    """
    for path in _files(directory):
        with _opened(path, 30_000) as connection:
            if connection is None:
                continue
            with connection:
                connection.executemany("delete from attempt where position=?", [(position,) for position in where])
                if between is not None:
                    connection.execute("delete from attempt where position between ? and ?", between)
                for text in _mentions(names):
                    connection.execute("delete from attempt where instr(lower(cast(value as text)), ?)", (text,))
            tidy(connection)


def _mentions(names: Collection[str]) -> Iterator[str]:
    """As they stand in an attempt's JSON, and in JSON that is a text in there."""
    for name in names:
        if name.startswith("e:"):
            yield name[2:]
            continue
        said = '"userId":' + msgspec.json.encode(name[2:]).decode()
        yield said.lower()
        yield msgspec.json.encode(said).decode()[1:-1].lower()


class AttemptReader:
    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read(self, position: int, destination_id: str, between: tuple[int, int] | None = None) -> list[Attempt]:
        """All attempts of one delivery that are still kept, in order. `between`: ms; no other days are looked at."""
        found: list[Attempt] = []
        for path in _files(self._directory):
            if between is not None and path.name != KEPT and not _day(between[0]) <= path.name <= _day(between[1]):
                continue
            with _opened(path, 2_000) as connection:
                if connection is None:
                    continue
                rows = connection.execute(
                    "select value from attempt where position=? and destination=?", (position, destination_id)
                ).fetchall()
                found += [msgspec.json.decode(value, type=Attempt) for (value,) in rows]  # type: ignore[arg-type]
        return sorted(found, key=lambda a: (a.at, a.number))

    def close(self) -> None:
        """Nothing stays open between reads."""
