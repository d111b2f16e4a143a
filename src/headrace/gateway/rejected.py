"""Calls that were refused: kept in gateway.db for the pages, counted, and told to whoever runs `up`."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import msgspec
import structlog

from headrace.clock import Clock, rfc3339
from headrace.database import tidy
from headrace.eventlog.suppression import Suppression

log = structlog.get_logger(__name__)
KEEP = 10_000  # rows
A_MINUTE = 60_000  # ms
MOST_TOLD = 30  # lines a minute, whatever names the callers give themselves
MOST_WAITING = 5_000  # refusals waiting to be written; more are counted only
SCHEMA = """
create table if not exists rejected(id integer primary key, value blob not null);
create table if not exists counter(name text primary key, value integer not null) without rowid;
"""


class Rejected(msgspec.Struct, frozen=True):
    at: str
    status: int
    reason: str
    path: str
    source: str | None
    sdk: str
    ip: str
    sample: str


class RejectedLog:
    """Writes in a thread of its own; a flood of refusals costs the gateway a queue entry each."""

    def __init__(self, path: Path, clock: Clock, tell: Callable[[str], None] = lambda line: None) -> None:
        self._clock = clock
        self._tell = tell
        self.suppressed: Callable[[], Suppression] = Suppression  # of these nothing is kept
        self._told: dict[tuple[str, str], tuple[int, int]] = {}
        self._minute, self._lines = 0, 0
        self._queue: queue.SimpleQueue[Rejected | dict[str, int] | None] = queue.SimpleQueue()
        self._waiting = 0
        self._connection = apsw.Connection(str(path))
        self._connection.set_busy_timeout(5000)
        self._connection.execute("pragma journal_mode=wal; pragma synchronous=normal").fetchall()
        self._connection.execute(SCHEMA)
        self._thread = threading.Thread(target=self._loop, name="rejected", daemon=True)
        self._thread.start()

    def add(self, status: int, reason: str, path: str, source: str | None, sdk: str, ip: str, sample: bytes) -> None:
        now = self._clock.now_ms()
        self._say(reason, sdk, path, now)
        if self._waiting > MOST_WAITING:
            return
        self._waiting += 1
        shown = sample[:2048].decode(errors="replace")
        self._queue.put(Rejected(rfc3339(now), status, reason, path[:200], source, sdk[:200], ip[:80], shown))

    def count(self, counters: dict[str, int]) -> None:
        self._queue.put(counters)

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join()
        self._connection.close()

    def _say(self, reason: str, sdk: str, path: str, now: int) -> None:
        """One line per reason and SDK a minute: SDKs swallow a 401, so somebody has to say it."""
        key = (reason, sdk)
        last, silent = self._told.get(key, (0, 0))
        if now - last < A_MINUTE:
            self._told[key] = (last, silent + 1)
            return
        if now - self._minute >= A_MINUTE:
            self._minute, self._lines = now, 0
        if self._lines >= MOST_TOLD:
            return
        self._lines += 1
        more = f" (and {silent} more in the last minute)" if silent else ""
        if len(self._told) > 1000:
            self._told.clear()
        self._told[key] = (now, 0)
        self._tell(f"{path[:100]}: {reason}, from {sdk[:100] or 'an unknown client'}{more}")

    def _loop(self) -> None:
        last = False
        while not last:
            items = [self._queue.get()]
            while not self._queue.empty() and len(items) < 500:
                items.append(self._queue.get())
            last = items[-1] is None or None in items
            try:
                with self._connection:
                    self._write([i for i in items if isinstance(i, Rejected)], [i for i in items if isinstance(i, dict)])
            except apsw.Error as error:  # pages miss them; the gateway goes on
                log.warning("refused calls could not be kept", error=str(error))
            self._waiting -= sum(isinstance(i, Rejected) for i in items)

    def _write(self, rejected: list[Rejected], counters: list[dict[str, int]]) -> None:
        suppressed = self.suppressed()
        for row in rejected:
            if suppressed.stands_in(f"{row.path} {row.sample}"):
                row = msgspec.structs.replace(row, path="", sample="", ip="")
            self._connection.execute("insert into rejected(value) values(?)", (msgspec.json.encode(row),))
        if rejected:
            self._connection.execute("delete from rejected where id <= (select max(id) from rejected) - ?", (KEEP,))
        for counter in counters[-1:]:
            self._connection.executemany("insert or replace into counter values(?,?)", list(counter.items()))


def erase(path: Path, suppression: Suppression) -> None:
    """Takes out the refused calls that name somebody who was forgotten, and writes the file anew."""
    if not path.exists():
        return
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        connection.set_busy_timeout(30_000)
        kept = connection.execute("select id, value from rejected").fetchall()
        gone = [(number,) for number, value in kept if suppression.stands_in(_shown(value))]
        connection.executemany("delete from rejected where id=?", gone)
        tidy(connection)  # also what fell out of the newest 10,000 may still stand in the file
    finally:
        connection.close()


def _shown(value: Any) -> str:
    row = msgspec.json.decode(value, type=Rejected)
    return f"{row.path} {row.sample}"


class RejectedReader:
    """For other processes; newest first."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def newest(self, limit: int = 100, before: int | None = None) -> list[tuple[int, Rejected]]:
        """(id, call), newest first; [] before the gateway first ran."""
        where, bindings = ("where id<?", (before, limit)) if before is not None else ("", (limit,))
        return self._read(f"select id, value from rejected {where} order by id desc limit ?", bindings)  # noqa: S608

    def since(self, last_id: int, limit: int = 100) -> list[tuple[int, Rejected]]:
        return self._read("select id, value from rejected where id>? order by id limit ?", (last_id, limit))

    def counters(self) -> dict[str, int]:
        if not self._path.exists():
            return {}
        connection = self._open()
        try:
            if not connection.table_exists(None, "counter"):
                return {}
            return {str(name): int(str(value)) for name, value in connection.execute("select name, value from counter")}
        finally:
            connection.close()

    def _read(self, sql: str, bindings: tuple[int, ...]) -> list[tuple[int, Rejected]]:
        if not self._path.exists():
            return []
        connection = self._open()
        try:
            if not connection.table_exists(None, "rejected"):
                return []
            found = connection.execute(sql, bindings).fetchall()
        finally:
            connection.close()
        return [(int(str(number)), msgspec.json.decode(bytes(value), type=Rejected)) for number, value in found]  # type: ignore[arg-type]

    def _open(self) -> apsw.Connection:
        connection = apsw.Connection(str(self._path), flags=apsw.SQLITE_OPEN_READWRITE)
        connection.set_busy_timeout(5000)
        return connection
