"""What was written moves from the WAL into its file while the process runs, so that the WAL does not grow for ever."""

from __future__ import annotations

import asyncio
import struct
from pathlib import Path

import apsw

from headrace.database import checkpoint
from headrace.storage.sqlite.delivery.committer import Checkpointer
from headrace.storage.sqlite.eventlog.writer import SqliteEventLog
from tests.eventlog.events import StillClock, event
from tests.eventlog.test_eventlog import SMALL
from tests.harness.waiting import until


def written(path: Path) -> apsw.Connection:
    """A database whose owner never moves its WAL, with a hundred rows in it."""
    connection = apsw.Connection(str(path))
    connection.execute("pragma journal_mode=wal; pragma wal_autocheckpoint=0").fetchall()
    connection.execute("create table visit (who text)")
    for _ in range(100):
        connection.execute("insert into visit values (?)", ("ada" * 1000,))
    return connection


def pages(path: Path) -> int:
    """That the file itself has, without its WAL. (https://www.sqlite.org/fileformat.html §1.3)"""
    raw = path.read_bytes()[28:32]
    return int(struct.unpack(">I", raw)[0]) if raw else 0


def test_whoever_has_never_read_moves_the_wal_all_the_same(tmp_path: Path) -> None:
    owner = written(tmp_path / "a.db")
    before = pages(tmp_path / "a.db")
    checkpoint(apsw.Connection(str(tmp_path / "a.db"), flags=apsw.SQLITE_OPEN_READWRITE))
    assert before <= 1
    assert pages(tmp_path / "a.db") >= 100
    owner.close()


def test_what_deliveries_wrote_is_in_delivery_db_while_the_worker_runs(tmp_path: Path) -> None:
    owner = written(tmp_path / "delivery.db")
    checkpointer = Checkpointer(str(tmp_path / "delivery.db"))
    until(lambda: pages(tmp_path / "delivery.db") >= 100, "the WAL to be moved")
    checkpointer.close()
    owner.close()


def test_what_ada_did_is_in_the_segment_itself_while_the_gateway_runs(tmp_path: Path) -> None:
    async def run() -> None:
        log = SqliteEventLog.open(tmp_path, StillClock(), SMALL)
        try:
            await log.append([event("a")])
            segment = next(tmp_path.glob("seg-*.db"))
            await asyncio.to_thread(until, lambda: b"ada" in segment.read_bytes(), "her call to be in the segment")
        finally:
            await log.close()

    asyncio.run(run())
