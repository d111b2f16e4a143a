"""engine.db behind one thread: works that queued during the last commit share the next one."""

from __future__ import annotations

import queue
import re
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import apsw

from headrace.database import open_database, tidy
from headrace.engine.schema import MIGRATIONS

T = TypeVar("T")
MOST = 256  # works of one commit
_NUMBER = re.compile(r"[0-9]{1,18}")


def rows(connection: apsw.Connection, sql: str, bindings: tuple[Any, ...] = ()) -> list[Any]:
    return list(connection.execute(sql, bindings))


def numbered(cursor: str | None) -> int | None:
    """The cursor of a table that is numbered; None for what is none. (`isdigit` knows digits that SQLite does not.)"""
    return int(cursor) if cursor and _NUMBER.fullmatch(cursor) else None


def newest(
    c: apsw.Connection, columns: str, source: str, number: str, where: Sequence[str], bindings: Sequence[Any],
    cursor: str | None, limit: int,
) -> tuple[list[Any], str | None]:  # fmt: skip
    """A page of a table that is numbered, the newest first, and the cursor of the next page."""
    before = numbered(cursor)
    if before is not None:
        where, bindings = [*where, f"{number}<?"], [*bindings, before]
    sql = f"select {number}, {columns} from {source} where {' and '.join(where) or '1'} order by {number} desc limit ?"  # noqa: S608
    found = rows(c, sql, (*bindings, limit + 1))
    following = str(found[limit - 1][0]) if len(found) > limit else None
    return [row[1:] for row in found[:limit]], following


def _second(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    connection.set_busy_timeout(10_000)
    return connection


class Store:
    """`write` runs in the one writer thread and is durable when its future is done; `read` may run in any thread."""

    def __init__(self, path: Path) -> None:
        self._connection = open_database(path, MIGRATIONS)
        self._reader, self._surveyor = (_second(path), threading.Lock()), (_second(path), threading.Lock())
        self._queue: queue.SimpleQueue[tuple[Callable[[apsw.Connection], Any], Future[Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._loop, name="engine-writer", daemon=True)
        self._thread.start()

    def write(self, run: Callable[[apsw.Connection], T]) -> Future[T]:
        future: Future[T] = Future()
        self._queue.put((run, future))
        return future

    def read(self, run: Callable[[apsw.Connection], T]) -> T:
        connection, lock = self._reader
        with lock:
            return run(connection)

    def survey(self, run: Callable[[apsw.Connection], T]) -> T:
        """As `read`, for what goes through a whole table: no short read waits for it."""
        connection, lock = self._surveyor
        with lock:
            return run(connection)

    def tidy(self) -> None:
        """Writes the file anew: what was deleted is in it no longer. Not for every day."""
        own = apsw.Connection(self._connection.filename, flags=apsw.SQLITE_OPEN_READWRITE)
        own.set_busy_timeout(30_000)
        try:
            tidy(own)
        finally:
            own.close()

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join()
        for connection, lock in (self._reader, self._surveyor):
            with lock:
                connection.close()
        self._connection.close()

    def _loop(self) -> None:
        while True:
            item = self._queue.get()
            works = []
            while item is not None:
                works.append(item)
                if len(works) >= MOST or self._queue.empty():
                    break
                item = self._queue.get()
            self._commit(works)
            if item is None:
                return

    def _commit(self, works: list[tuple[Callable[[apsw.Connection], Any], Future[Any]]]) -> None:
        done: list[tuple[Future[Any], Any, BaseException | None]] = []
        try:
            with self._connection:
                for run, future in works:
                    if not future.set_running_or_notify_cancel():
                        continue  # whoever asked went away
                    try:
                        with self._connection:  # a savepoint: one refused request undoes nothing of the others
                            done.append((future, run(self._connection), None))
                    except Exception as error:  # noqa: BLE001 - goes to whoever asked
                        done.append((future, None, error))
        except apsw.Error as error:
            done = [(future, None, error) for _, future in works if not future.cancelled()]
        for future, value, failure in done:
            if failure is not None:
                future.set_exception(failure)
            else:
                future.set_result(value)
