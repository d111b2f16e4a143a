"""What was accepted is there after whatever happens, once, in order."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headrace.errors import DataTooNew, LogUnavailable
from headrace.storage.sqlite.eventlog import segment
from headrace.storage.sqlite.eventlog.check import check
from headrace.storage.sqlite.eventlog.limits import EventLogSettings
from headrace.storage.sqlite.eventlog.reader import SqliteEventLogReader
from headrace.storage.sqlite.eventlog.writer import SqliteEventLog
from tests.eventlog.events import StillClock, event
from tests.harness.waiting import until

SMALL = EventLogSettings(segment_bytes=200, min_free_bytes=0, dedup_memory=5)


def with_log(
    path: Path, body: Callable[[SqliteEventLog], Awaitable[None]], clock: StillClock, chosen: EventLogSettings = SMALL
) -> None:
    async def run() -> None:
        log = SqliteEventLog.open(path, clock, chosen)
        try:
            await body(log)
        finally:
            await log.close()

    asyncio.run(run())


def test_what_ada_did_is_there_after_a_restart_in_order(tmp_path: Path) -> None:
    clock = StillClock()

    async def first(log: SqliteEventLog) -> None:
        assert [e.position for e in await log.append([event("a"), event("b")])] == [1, 2]

    async def second(log: SqliteEventLog) -> None:
        assert [e.position for e in await log.append([event("c")])] == [3]

    with_log(tmp_path, first, clock)
    with_log(tmp_path, second, clock)
    reader = SqliteEventLogReader(tmp_path)
    assert [e.message_id for e in reader.read(0, 10)] == ["a", "b", "c"]
    assert reader.head() == 3
    assert [e.message_id for e in reader.newest()] == ["c", "b", "a"]
    assert reader.get(2) == reader.read(1, 1)[0]
    reader.close()


def test_the_same_call_sent_again_is_a_marker_even_after_a_restart_and_beyond_memory(tmp_path: Path) -> None:
    clock = StillClock()

    async def first(log: SqliteEventLog) -> None:
        for number in range(40):
            await log.append([event(f"m{number}")])

    async def again(log: SqliteEventLog) -> None:
        (repeated,) = await log.append([event("m3")])
        assert repeated.duplicate_of == 4
        (other_source,) = await log.append([event("m3", source="s2")])
        assert other_source.duplicate_of is None
        one, two = await log.append([event("new"), event("new")])
        assert (one.duplicate_of, two.duplicate_of) == (None, one.position)
        clock.now += 25 * 3600 * 1000
        (much_later,) = await log.append([event("m3", at=clock.now)])
        assert much_later.duplicate_of is None

    with_log(tmp_path, first, clock)
    with_log(tmp_path, again, clock)
    assert check(tmp_path) == []


def test_a_reader_in_the_same_moment_sees_what_was_acknowledged_and_finds_people(tmp_path: Path) -> None:
    clock = StillClock()
    reader = SqliteEventLogReader(tmp_path)

    async def body(log: SqliteEventLog) -> None:
        for number in range(30):
            await log.append([event(f"m{number}", user="ada" if number % 2 else "grace")])
            assert reader.head() == number + 1

    with_log(tmp_path, body, clock)
    ada = [f"m{number}" for number in range(29, -1, -2)]
    assert [e.message_id for e in reader.find("user", "ada")] == ada
    assert [e.message_id for e in reader.find("anon", "anon-ada", before=10)] == ["m7", "m5", "m3", "m1"]
    assert [e.position for e in reader.find("message", "m4")] == [5]
    assert sum(h.count for h in reader.headers()) == 30
    assert sum(h.count for h in reader.headers(after=29)) <= 30
    reader.close()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.integers(0, 12), min_size=1, max_size=6), max_size=12), st.integers(0, 11))
def test_any_sequence_of_calls_reads_back_as_a_simple_list_would(
    tmp_path_factory: pytest.TempPathFactory, calls: list[list[int]], reopen_at: int
) -> None:
    path = tmp_path_factory.mktemp("log")
    clock = StillClock()
    expected: list[tuple[int, str, int | None]] = []
    seen: dict[str, int] = {}
    for call in calls:
        for number in call:
            position = len(expected) + 1
            expected.append((position, f"m{number}", seen.get(f"m{number}")))
            seen.setdefault(f"m{number}", position)

    async def write(log: SqliteEventLog, part: list[list[int]]) -> None:
        for call in part:
            await log.append([event(f"m{number}") for number in call])

    with_log(path, lambda log: write(log, calls[:reopen_at]), clock)
    with_log(path, lambda log: write(log, calls[reopen_at:]), clock)
    reader = SqliteEventLogReader(path)
    assert [(e.position, e.message_id, e.duplicate_of) for e in reader.read(0, 1000)] == expected
    assert [e.position for e in reader.newest()] == [e[0] for e in reversed(expected)]
    totals = reader.totals()
    assert (totals.count, sum(totals.accepted.values())) == (len(expected), len(expected))
    assert sum(totals.duplicates.values()) == sum(1 for e in expected if e[2] is not None)
    reader.close()
    assert check(path) == []


def test_retention_drops_whole_old_segments_and_the_counts_stay_exact(tmp_path: Path) -> None:
    clock = StillClock()

    async def body(log: SqliteEventLog) -> None:
        for number in range(30):
            await log.append([event(f"m{number}")])
        before = log.stats()
        clock.now += 8 * 86400 * 1000
        await log.append([event("fresh", at=clock.now)])
        await log.drop_old(low_water=10)
        after = log.stats()
        assert after.segments < before.segments
        assert after.accepted == 31
        kept = SqliteEventLogReader(tmp_path)
        assert 0 < kept.read(0, 1)[0].position <= 11
        assert kept.head() == 31
        kept.close()

    with_log(tmp_path, body, clock)


def test_a_segment_that_was_counted_but_not_yet_removed_when_the_power_went_is_counted_once(tmp_path: Path) -> None:
    clock = StillClock()
    log, aside = tmp_path / "log", tmp_path / "aside"

    async def fill(log: SqliteEventLog) -> None:
        for number in range(30):
            await log.append([event(f"m{number}")])

    async def drop(log: SqliteEventLog) -> None:
        await log.append([event("fresh", at=clock.now)])
        await log.drop_old(low_water=20)

    with_log(log, fill, clock)
    shutil.copytree(log, aside)
    clock.now += 8 * 86400 * 1000
    with_log(log, drop, clock)
    for gone in {p.name for p in aside.glob("seg-*")} - {p.name for p in log.glob("seg-*")}:
        shutil.copy(aside / gone, log / gone)
    with_log(log, drop, clock)
    reader = SqliteEventLogReader(log)
    assert (reader.stats().accepted, reader.head()) == (32, 32)
    assert reader.read(0, 1)[0].position > 1
    reader.close()


def test_a_file_that_cannot_be_dropped_does_not_keep_ada_from_being_heard(tmp_path: Path) -> None:
    """Somebody tried a newer version on the directory, and it has written to one file."""

    async def body(log: SqliteEventLog) -> None:
        for number in range(30):
            await log.append([event(f"m{number}")])
        newer = apsw.Connection(str(segment.segments(tmp_path)[0]))
        newer.set_busy_timeout(10_000)
        until(lambda: segment.is_indexed(newer), "the first file to be sealed")
        newer.pragma("user_version", 99)
        newer.close()
        with pytest.raises(DataTooNew):
            await asyncio.wait_for(log.drop_old(low_water=10), 10)
        assert [e.position for e in await asyncio.wait_for(log.append([event("ada")]), 10)] == [31]

    with_log(tmp_path, body, StillClock())


class HeldClock(StillClock):
    """The writer, asking for the time, waits until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()
        self.go_on.set()

    def now_ms(self) -> int:
        self.go_on.wait(10)
        return super().now_ms()


def test_who_asked_for_old_segments_to_be_dropped_and_went_away_stops_nobody(tmp_path: Path) -> None:
    """The gateway is stopped while retention waits its turn: Ada's last call is still answered."""
    clock = HeldClock()

    async def body(log: SqliteEventLog) -> None:
        clock.go_on.clear()
        first, asked = asyncio.create_task(log.append([event("a")])), asyncio.create_task(log.drop_old(low_water=0))
        await asyncio.sleep(0)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        clock.go_on.set()
        await first
        assert [e.position for e in await asyncio.wait_for(log.append([event("b")]), 10)] == [2]

    with_log(tmp_path, body, clock)


def test_a_torn_last_write_is_survived(tmp_path: Path) -> None:
    clock = StillClock()
    whole = tmp_path / "whole"
    big = EventLogSettings(min_free_bytes=0)

    async def body(log: SqliteEventLog) -> None:
        for number in range(20):
            await log.append([event(f"m{number}")])
        shutil.copytree(whole, tmp_path / "copy")  # as a power loss would leave it

    with_log(whole, body, clock, big)
    (wal,) = (tmp_path / "copy").glob("*-wal")
    full = wal.read_bytes()
    for cut in range(0, len(full), max(1, len(full) // 12)):
        torn = tmp_path / f"torn{cut}"
        shutil.copytree(tmp_path / "copy", torn)
        (torn / wal.name).write_bytes(full[:cut])
        for shm in torn.glob("*-shm"):
            shm.unlink()

        async def again(log: SqliteEventLog) -> None:
            await log.append([event("after")])

        with_log(torn, again, clock, big)
        reader = SqliteEventLogReader(torn)
        ids = [e.message_id for e in reader.read(0, 100)]
        assert ids == [*(f"m{n}" for n in range(len(ids) - 1)), "after"]
        reader.close()


def test_a_full_disk_refuses_and_loses_nothing_accepted(tmp_path: Path) -> None:
    clock = StillClock()

    async def body(log: SqliteEventLog) -> None:
        await log.append([event("a")])
        assert log._newest._connection is not None
        pages: Any = log._newest._connection.pragma("page_count")
        log._newest._connection.pragma("max_page_count", pages)
        big = [event(f"x{number}", user=hashlib.sha512(b"%d" % number).hexdigest() * 30) for number in range(500)]
        with pytest.raises(LogUnavailable):
            await log.append(big)
        accepted = log.stats().accepted
        log._newest._connection.pragma("max_page_count", 1 << 30)
        await log.append([event("b")])
        assert log.stats().accepted == accepted + 1

    with_log(tmp_path, body, clock, EventLogSettings(min_free_bytes=0))
    assert check(tmp_path) == []


def test_a_segment_whose_first_write_failed_is_not_sealed_and_ada_is_found_in_it(tmp_path: Path) -> None:
    clock = StillClock()

    async def body(log: SqliteEventLog) -> None:
        log._newest._at(1)  # the file was made, and then the disk was full
        clock.now += 601_000
        await log.drop_old(low_water=0)
        await log.append([event("a")])
        await log.append([event("b")])

    with_log(tmp_path, body, clock, EventLogSettings(min_free_bytes=0))
    reader = SqliteEventLogReader(tmp_path)
    assert [e.message_id for e in reader.find("user", "ada")] == ["b", "a"]
    reader.close()


def test_a_sealed_segment_has_its_whole_index_when_the_log_is_closed(tmp_path: Path) -> None:
    """Else it is finished behind the back of who opens the log next, and what that one adds is not found."""

    async def body(log: SqliteEventLog) -> None:
        await log.append([event(f"m{number}") for number in range(20_000)])

    with_log(tmp_path, body, StillClock())
    (path,) = segment.segments(tmp_path)
    connection = segment.connect(path)
    assert segment.is_indexed(connection)
    connection.close()


def test_too_little_free_space_is_refused(tmp_path: Path) -> None:
    async def body(log: SqliteEventLog) -> None:
        with pytest.raises(LogUnavailable, match="nearly full"):
            await log.append([event("a")])

    with_log(tmp_path, body, StillClock(), EventLogSettings(min_free_bytes=1 << 60))


def test_a_segment_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    connection = segment.connect(tmp_path / segment.name(1), create=True)
    connection.pragma("user_version", segment.FORMAT + 1)
    connection.close()
    with pytest.raises(DataTooNew, match="newer version"):
        SqliteEventLog.open(tmp_path, StillClock(), SMALL)


CHILD = """
import asyncio, sys
from pathlib import Path
from headrace.clock import SystemClock
from headrace.storage.sqlite.eventlog.limits import EventLogSettings
from headrace.storage.sqlite.eventlog.writer import SqliteEventLog
from tests.eventlog.events import event
async def main():
    log = SqliteEventLog.open(Path(sys.argv[1]), SystemClock(), EventLogSettings(segment_bytes=5000, min_free_bytes=0))
    n = 0
    while True:
        await log.append([event(f"{sys.argv[2]}-{n}"), event(f"{sys.argv[2]}-{n}b")])
        print(n, flush=True)
        n += 1
asyncio.run(main())
"""


def test_kill_9_loses_no_acknowledged_event(tmp_path: Path) -> None:
    acknowledged: list[str] = []
    for round_number in range(4):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(tmp_path), f"r{round_number}"],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": "src:."},
        )
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(30 + 17 * round_number)]
        child.send_signal(signal.SIGKILL)
        lines += child.stdout.read().splitlines(keepends=True)
        child.wait()
        child.stdout.close()
        numbers = [int(line) for line in lines if line.endswith(b"\n")]
        acknowledged += [f"r{round_number}-{n}{s}" for n in numbers for s in ("", "b")]
    reader = SqliteEventLogReader(tmp_path)
    kept = [e.message_id for e in reader.read(0, 100_000)]
    reader.close()
    assert set(acknowledged) <= set(kept)
    assert len(kept) == len(set(kept))
    until(lambda: not check(tmp_path), "clean files", 5)
