"""The event log's threads outlive what nobody foresaw: who calls next is answered, and files stay small."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import apsw
import msgspec
import pytest

from headrace.errors import LogUnavailable
from headrace.storage.sqlite.eventlog import checkpoints, segment
from headrace.storage.sqlite.eventlog.limits import EventLogSettings
from headrace.storage.sqlite.eventlog.writer import SqliteEventLog
from tests.eventlog.events import StillClock, event
from tests.eventlog.test_eventlog import with_log
from tests.harness.waiting import until


def test_a_call_that_cannot_be_written_is_refused_and_bobs_in_the_same_block_is_not(tmp_path: Path) -> None:
    """A lone surrogate is no UTF-8; the gateway lets none through, and if it did, nobody else would wait for good."""

    async def body(log: SqliteEventLog) -> None:
        unwritable = msgspec.structs.replace(event("ada"), message_id="\ud800")
        bad, good, later = await asyncio.wait_for(
            asyncio.gather(
                log.append([unwritable]),
                log.append([event("bob")]),
                log.append([event("ada")]),
                return_exceptions=True,
            ),
            10,
        )
        assert isinstance(bad, LogUnavailable)
        assert [one.message_id for one in (*good, *later)] == ["bob", "ada"]  # type: ignore[misc]
        assert [one.position for one in await log.append([event("cleo")])] == [3]

    with_log(tmp_path, body, StillClock())


def test_a_file_that_vanishes_under_the_checkpointer_does_not_end_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    def vanished(connection: apsw.Connection) -> None:
        nonlocal looks
        looks += 1
        raise FileNotFoundError("it went with its last reader")

    async def body(log: SqliteEventLog) -> None:
        monkeypatch.setattr(checkpoints, "checkpoint", vanished)
        await log.append([event("ada")])
        await asyncio.to_thread(until, lambda: looks > 2, "the checkpointer to look again", 10)

    with_log(tmp_path, body, StillClock(), EventLogSettings(min_free_bytes=0))


def test_an_index_that_could_not_be_built_is_built_with_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, full = segment.build_index, [True]

    def build(connection: apsw.Connection) -> None:
        if full:
            raise apsw.FullError("disk full")
        real(connection)

    async def body(log: SqliteEventLog) -> None:
        monkeypatch.setattr(segment, "build_index", build)
        await _filled(log, tmp_path, 2)
        full.clear()
        await _filled(log, tmp_path, 4)
        first, second, *_ = segment.segments(tmp_path)
        await asyncio.to_thread(until, lambda: _is_indexed(first) and _is_indexed(second), "the index of both", 10)

    with_log(tmp_path, body, StillClock())


async def _filled(log: SqliteEventLog, folder: Path, number: int) -> None:
    turn: Callable[[], int] = lambda: len(segment.segments(folder))  # noqa: E731
    count = 0
    while turn() < number:
        count += 1
        await log.append([event(f"m{number}-{count}")])


def _is_indexed(path: Path) -> bool:
    connection = segment.connect(path)
    try:
        return segment.is_indexed(connection)
    finally:
        connection.close()


def test_a_segment_whose_first_block_was_never_written_is_as_old_as_its_next_start(tmp_path: Path) -> None:
    """Else it never becomes too old to be written to, and what is in it is never dropped."""
    clock = StillClock()
    segment.connect(tmp_path / segment.name(1), create=True).close()

    async def body(log: SqliteEventLog) -> None:
        await log.append([event("ada")])
        clock.now += 601_000
        await log.append([event("bob")])
        await log.append([event("cleo")])
        assert len(segment.segments(tmp_path)) == 2

    with_log(tmp_path, body, clock, EventLogSettings(min_free_bytes=0))


def test_a_new_segment_is_filled_before_it_is_sealed(tmp_path: Path) -> None:
    """Its size begins at nothing, not with that of the one before it."""

    async def body(log: SqliteEventLog) -> None:
        for number in range(400):
            await log.append([event(f"m{number}")])
        sizes = [_blocks(path) for path in segment.segments(tmp_path)]
        assert len(sizes) > 2
        assert min(sizes[:-1]) > 0.9 * max(sizes[:-1])

    with_log(tmp_path, body, StillClock(), EventLogSettings(min_free_bytes=0, segment_bytes=10_000))


def _blocks(path: Path) -> int:
    connection = segment.connect(path)
    try:
        return len(segment.rows(connection, "select 1 from block"))
    finally:
        connection.close()
