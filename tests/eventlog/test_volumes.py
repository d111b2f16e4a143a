"""However long the log has grown: Ada's calls are found, with few files open, and nothing of her stays in the index."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from pathlib import Path

import apsw
import pytest

from headrace.storage.sqlite.eventlog import catalog, segment, volumes
from headrace.storage.sqlite.eventlog.catalog import FOLDER, Catalog
from headrace.storage.sqlite.eventlog.erase import erase
from headrace.storage.sqlite.eventlog.indexing import index
from headrace.storage.sqlite.eventlog.limits import EventLogSettings
from headrace.storage.sqlite.eventlog.reader import SqliteEventLogReader
from headrace.storage.sqlite.eventlog.spans import Spans
from headrace.storage.sqlite.eventlog.writer import SqliteEventLog
from tests.eventlog.events import StillClock, event
from tests.eventlog.test_eventlog import SMALL, with_log
from tests.eventlog.test_forgotten import without
from tests.harness.waiting import until

CALLS = 120


def covered(path: Path) -> int:
    found = Catalog(path)
    found.look()
    try:
        return found.covered()
    finally:
        found.close()


async def fill(log: SqliteEventLog, path: Path, calls: int = CALLS) -> None:
    """A segment for every call or two; Ada makes every tenth, over the source `s2`."""
    for number in range(calls):
        hers = number % 10 == 0
        await log.append([event(f"m{number}", source="s2" if hers else "s1", user="ada" if hers else f"u{number}")])
    until(lambda: covered(path) >= calls - 4, "the sealed segments to be in the index")


def hers(reader: SqliteEventLogReader) -> list[int]:
    return [e.position for e in reader.find("user", "ada")]


def test_ada_is_found_across_many_segments_while_few_files_are_open(tmp_path: Path) -> None:
    async def body(log: SqliteEventLog) -> None:
        await fill(log, tmp_path)
        before = len(os.listdir("/proc/self/fd"))
        reader = SqliteEventLogReader(tmp_path)
        expected = list(range(CALLS - 9, 0, -10))
        assert hers(reader) == expected
        assert [e.position for e in reader.find("anon", "anon-ada", before=50)] == [41, 31, 21, 11, 1]
        assert [e.position for e in reader.find("message", "m7")] == [8]
        assert [e.position for e in reader.newest(source_id="s2")] == expected
        assert [e.position for e in reader.newest(60, "s2")] == [51, 41, 31, 21, 11, 1]
        assert list(reader.newest(source_id="nobody")) == []
        assert [e.position for e in reader.newest()] == list(range(CALLS, 0, -1))
        assert len(os.listdir("/proc/self/fd")) - before < CALLS, "segments that were read are closed again"
        reader.close()

    with_log(tmp_path, body, StillClock())


def test_what_the_index_counts_is_what_the_blocks_hold(tmp_path: Path) -> None:
    async def body(log: SqliteEventLog) -> None:
        await fill(log, tmp_path)
        (again,) = await log.append([event("m0", source="s2")])
        assert again.duplicate_of == 1, "long out of memory"
        reader = SqliteEventLogReader(tmp_path)
        for after, until_ in ((0, None), (3, 97), (CALLS - 2, None), (50, 50)):
            for name in ("accepted", "duplicates"):
                each = [getattr(h, name) for h in reader.headers(after, until_)]
                sums = [getattr(h, name) for h in reader.sums(after, until_)]
                assert sum(sum(c.values()) for c in each) == sum(sum(c.values()) for c in sums)
        assert len(list(reader.sums())) < len(list(reader.headers()))
        totals = reader.totals()
        assert (totals.count, totals.accepted, totals.duplicates) == (CALLS + 1, {"s1": 108, "s2": 13}, {"s2": 1})
        assert sum(span.count for span in Spans(tmp_path).all()) == CALLS + 1
        reader.close()

    with_log(tmp_path, body, StillClock())


def test_whoever_looks_seldom_misses_none_of_the_volumes_that_were_filled_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(volumes, "VOLUME", 10)

    async def body(log: SqliteEventLog) -> None:
        await log.append([event("first")])
        await fill(log, tmp_path, 6)
        reader = SqliteEventLogReader(tmp_path)
        assert sum(reader.totals().accepted.values()) == 7
        for number in range(80):
            await log.append([event(f"n{number}")])
        until(lambda: covered(tmp_path) >= 83, "the rest to be in the index")
        assert len(list((tmp_path / FOLDER).glob("keys-*.db"))) > 5
        assert sum(reader.totals().accepted.values()) == 87
        assert sum(sum(h.accepted.values()) for h in reader.sums()) == 87
        assert sum(span.count for span in Spans(tmp_path).all()) == 87
        reader.close()

    with_log(tmp_path, body, StillClock())


def test_who_loses_the_index_gets_it_again(tmp_path: Path) -> None:
    async def first(log: SqliteEventLog) -> None:
        await fill(log, tmp_path)

    async def again(log: SqliteEventLog) -> None:
        (repeated,) = await log.append([event("m3")])
        assert repeated.duplicate_of == 4, "before the index is there, too"
        until(lambda: covered(tmp_path) >= CALLS - 4, "the index to be made again")

    clock = StillClock()
    with_log(tmp_path, first, clock)
    shutil.rmtree(tmp_path / FOLDER)
    reader = SqliteEventLogReader(tmp_path)
    assert len(hers(reader)) == CALLS // 10, "found in the segments themselves"
    with_log(tmp_path, again, clock)
    assert len(hers(reader)) == CALLS // 10
    reader.close()


def test_nothing_of_ada_stays_in_the_index_when_she_is_forgotten(tmp_path: Path) -> None:
    key = segment.hashed("user", "ada")

    def known() -> int:
        (path,) = (tmp_path / FOLDER).glob("keys-*.db")
        with contextlib.closing(catalog.connect(path)) as connection:
            return len(segment.rows(connection, "select 1 from key where hash=?", (key,)))

    async def body(log: SqliteEventLog) -> None:
        await fill(log, tmp_path)
        assert known() >= CALLS // 10 - 1
        await log.erase(without("u:ada"))
        assert known() == 0
        (path,) = (tmp_path / FOLDER).glob("keys-*.db")
        assert key.to_bytes(8, "big") not in path.read_bytes()
        reader = SqliteEventLogReader(tmp_path)
        assert hers(reader) == []
        reader.close()

    with_log(tmp_path, body, StillClock())


def test_a_segment_that_is_gathered_while_ada_is_taken_out_brings_nothing_of_her(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def body(log: SqliteEventLog) -> None:
        await log.append([event("m1", user="ada")])

    with_log(tmp_path, body, StillClock())
    (path,) = segment.segments(tmp_path)
    index(path)
    late = volumes.Volumes(tmp_path)
    gathering = threading.Thread(target=late.take, args=(path,))
    real = segment.connect

    def watched(path: Path, create: bool = False) -> apsw.Connection:
        connection = real(path, create)

        def looks(cursor: apsw.Cursor, sql: str, bindings: object) -> bool:
            if sql.startswith("update block"):  # out of the volumes already, still in the segment
                gathering.start()
                gathering.join(0.3)
            return True

        connection.exec_trace = looks
        return connection

    monkeypatch.setattr(segment, "connect", watched)
    assert erase(tmp_path, without("u:ada"), late) == 1
    gathering.join()
    (volume,) = (tmp_path / FOLDER).glob("keys-*.db")
    with contextlib.closing(catalog.connect(volume)) as connection:
        assert segment.rows(connection, "select * from key") == []
    late.close()


def test_what_cannot_be_indexed_holds_up_the_volumes_alone_and_only_until_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, broken = segment.build_index, ["seg-0000000000000001.db"]

    def build(connection: apsw.Connection) -> None:
        if Path(connection.filename).name in broken:
            raise ValueError("nobody foresaw it")
        real(connection)

    def indexed(number: int) -> bool:
        with contextlib.closing(segment.connect(segment.segments(tmp_path)[number])) as connection:
            return segment.is_indexed(connection)

    async def body(log: SqliteEventLog) -> None:
        monkeypatch.setattr(segment, "build_index", build)
        for number in range(12):
            await log.append([event(f"m{number}", user="ada")])
        until(lambda: indexed(-2), "the newest sealed one to have its index")
        assert not indexed(0)
        assert covered(tmp_path) == 0, "volumes cover the log from its beginning"
        reader = SqliteEventLogReader(tmp_path)
        assert hers(reader) == list(range(12, 0, -1)), "found all the same"
        reader.close()
        broken.clear()
        for number in range(12, 16):
            await log.append([event(f"m{number}")])
        until(lambda: covered(tmp_path) >= 12, "all to be in the index")
        assert indexed(0)

    with_log(tmp_path, body, StillClock())


def test_old_volumes_go_with_their_segments_and_the_rest_is_found(tmp_path: Path) -> None:
    clock = StillClock()

    async def old(log: SqliteEventLog) -> None:
        await fill(log, tmp_path)

    async def new(log: SqliteEventLog) -> None:
        for number in range(40):
            await log.append([event(f"n{number}", at=clock.now)])
        until(lambda: covered(tmp_path) >= CALLS + 36, "the new segments to be in the index")
        before = log.stats()
        assert len(list((tmp_path / FOLDER).glob("keys-*.db"))) == 2, "a day later a new volume begins"
        await log.drop_old(low_water=CALLS)
        assert len(list((tmp_path / FOLDER).glob("keys-*.db"))) == 1
        after = log.stats()
        assert (after.accepted, after.head) == (before.accepted, before.head) == (CALLS + 40, CALLS + 40)
        assert after.segments < before.segments
        assert after.bytes < before.bytes
        reader = SqliteEventLogReader(tmp_path)
        assert [e.position for e in reader.find("user", "ada")] == list(range(CALLS + 40, CALLS, -1))
        reader.close()

    with_log(tmp_path, old, clock)
    clock.now += 8 * 86400 * 1000
    with_log(tmp_path, new, clock)


def test_a_new_call_asks_neither_old_segments_nor_old_volumes_whether_it_was_there_before(tmp_path: Path) -> None:
    """Only those of the last day."""
    clock = StillClock()
    chosen = EventLogSettings(segment_bytes=200, min_free_bytes=0, dedup_memory=5, dedup_window=3600.0)

    async def old(log: SqliteEventLog) -> None:
        await fill(log, tmp_path)

    async def new(log: SqliteEventLog) -> None:
        for path in (tmp_path / FOLDER).glob("keys-*.db"):
            with contextlib.closing(apsw.Connection(str(path))) as connection:
                connection.execute("drop table key")  # whoever asks it fails
        for number in range(12):
            (placed,) = await log.append([event(f"n{number}", at=clock.now)])
            assert placed.duplicate_of is None

    with_log(tmp_path, old, clock, chosen)
    clock.now += volumes.SPAN + 1
    with_log(tmp_path, new, clock, chosen)


assert SMALL.dedup_memory < CALLS


def test_a_damaged_index_does_not_keep_the_log_from_starting_and_is_made_again(tmp_path: Path) -> None:
    with_log(tmp_path, lambda log: fill(log, tmp_path), StillClock())
    newest = max((tmp_path / FOLDER).glob("keys-*.db"))
    for journal in (tmp_path / FOLDER).glob(newest.name + "-*"):
        journal.unlink()
    newest.write_bytes(b"what the disk made of it " * 400)

    async def body(log: SqliteEventLog) -> None:
        await log.append([event("m-later", user="ada")])
        until(lambda: covered(tmp_path) >= CALLS - 4, "the index to be made again")
        reader = SqliteEventLogReader(tmp_path)
        assert hers(reader) == [CALLS + 1, *range(CALLS - 9, 0, -10)]
        reader.close()

    with_log(tmp_path, body, StillClock())
