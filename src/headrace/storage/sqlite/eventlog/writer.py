"""Writing the event log: one writer thread, group commit, durable before anybody is answered."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import shutil
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path

import apsw
import msgspec
import structlog

from headrace.clock import Clock
from headrace.database import checkpoint
from headrace.errors import HeadraceError, LogUnavailable
from headrace.event import AcceptedEvent, LoggedEvent
from headrace.eventlog.port import LogStats
from headrace.eventlog.suppression import Suppression
from headrace.storage.sqlite.callers import Caller, answer
from headrace.storage.sqlite.eventlog import retention, segment
from headrace.storage.sqlite.eventlog.dedup import RecentIds, first_position
from headrace.storage.sqlite.eventlog.erase import erase
from headrace.storage.sqlite.eventlog.indexing import Indexer, index
from headrace.storage.sqlite.eventlog.reader import SqliteEventLogReader, read_dropped
from headrace.storage.sqlite.eventlog.volumes import Volumes

log = structlog.get_logger(__name__)
FILES = (apsw.Error, OSError, HeadraceError)  # what files can do; none of it ends the writer's thread
FULL = "the disk is nearly full"
FORGIVEN = 10.0  # s after which a failed write is no longer held against the log
CHECKPOINT_EVERY = 0.25  # s
LATE = 3  # sealed segments that may have no index yet when the process dies
FREE_EVERY = 0.5  # s between two looks at the free space


class EventLogSettings(msgspec.Struct, frozen=True):
    segment_bytes: int = 64 * 10**6
    segment_age: float = 600.0  # s
    segment_events: int = 100_000  # below dedup_memory: what is not in an index is in memory
    dedup_window: float = 86400.0  # s
    dedup_memory: int = 200_000  # ids
    min_free_bytes: int = 512 * 10**6
    retention_age: float = 604800.0  # s
    retention_bytes: int = 20 * 10**9
    group_events: int = 20_000  # most events of one commit


class _Call(Caller):
    __slots__ = ("events",)

    def __init__(self, events: Sequence[AcceptedEvent]) -> None:
        super().__init__()
        self.events = events


class _Errand:
    """Asks the writer thread for something else between two blocks; it alone makes and drops files."""

    def __init__(self, run: Callable[[], None]) -> None:
        self.run = run
        self.future: Future[None] = Future()


class SqliteEventLog:
    """EventLogWriter over a directory of segments. Exactly one process may have it open."""

    def __init__(self, directory: Path, clock: Clock, settings: EventLogSettings) -> None:
        self._directory = directory
        self._clock = clock
        self._settings = settings
        self._queue: queue.SimpleQueue[_Call | _Errand | None] = queue.SimpleQueue()
        self._reader = SqliteEventLogReader(directory)
        self._recent = RecentIds(settings.dedup_memory)
        self._segment: apsw.Connection | None = None
        self._path = directory
        self._opened_at = 0
        self._bytes = self._events = 0
        self._free_seen = -FREE_EVERY
        self._free = True
        self._failed = ("", 0.0)  # what the newest block met, and when
        self._head = 0
        self._volumes = Volumes(directory)
        self._indexer = Indexer(self._volumes)
        self._stopping = threading.Event()
        self._checkpoint_lock = threading.Lock()
        self._writer = threading.Thread(target=self._write_loop, name="eventlog-writer", daemon=True)
        self._checkpointer = threading.Thread(target=self._checkpoint_loop, name="eventlog-checkpoint", daemon=True)

    @classmethod
    def open(cls, directory: Path, clock: Clock, settings: EventLogSettings | None = None) -> SqliteEventLog:
        """Raises DataDamaged or DataTooNew when a segment cannot be used."""
        directory.mkdir(parents=True, exist_ok=True)
        opened = cls(directory, clock, settings or EventLogSettings())
        opened._recover()
        opened._writer.start()
        opened._checkpointer.start()
        return opened

    # --- the port --------------------------------------------------------------------------------------------------

    async def append(self, events: Sequence[AcceptedEvent]) -> list[LoggedEvent]:
        call = _Call(events)
        self._queue.put(call)
        result: list[LoggedEvent] = await call.future
        return result

    def trouble(self) -> str | None:
        if not self._has_space():
            return FULL
        failed, at = self._failed
        recently = self._clock.monotonic() - at < FORGIVEN  # a load balancer that heard of it sends no more to try with
        return failed if failed and failed != FULL and recently else None

    def stats(self) -> LogStats:
        return self._reader.stats()

    def change(self, settings: EventLogSettings) -> None:
        """From now on; the free space is looked at again before the next block."""
        self._settings = settings
        self._free_seen = -FREE_EVERY

    async def erase(self, suppression: Suppression) -> int:
        """Takes the entries of these people out of the files; how many those were.

        What was asked to be appended before is written first, so that it is looked at, too. The newest segment is sealed:
        whoever appends meanwhile does not wait until the files are written anew.
        """
        await self._between_blocks(self._seal)
        erased = await asyncio.to_thread(erase, self._directory, suppression, self._volumes)
        self._reader.read_anew()
        return erased

    async def close(self) -> None:
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._queue.put(None)
        self._writer.join()
        self._stopping.set()
        self._checkpointer.join()
        self._indexer.close()  # whoever opens the log next may write to that very segment
        self._volumes.close()
        if self._segment is not None:
            self._segment.close()
        self._reader.close()

    # --- opening ---------------------------------------------------------------------------------------------------

    def _recover(self) -> None:
        self._head = self._reader.head()
        paths = segment.segments(self._directory)
        covered = self._volumes.last.last if self._volumes.last else 0
        sealed = [path for path in paths[:-1] if segment.first_of(path) > covered]
        done = max([covered, *(index(path) for path in sealed[-LATE:])])
        self._indexer.start(sealed, done)
        self._remember_recent()
        if paths:
            self._use(paths[-1])

    def _remember_recent(self) -> None:
        newest: list[LoggedEvent] = []
        horizon = self._clock.now_ms() - int(self._settings.dedup_window * 1000)
        for event in self._reader.newest():
            if len(newest) >= self._settings.dedup_memory or event.received_at < horizon:
                self._recent.since = event.position + 1
                break
            newest.append(event)
        newest.reverse()
        self._recent.enter(newest, self._indexer.done)

    def _use(self, path: Path) -> None:
        self._segment = segment.connect(path, create=True)
        self._path = path
        ((self._opened_at, self._bytes, self._events),) = segment.rows(
            self._segment,
            "select coalesce(min(received_at), 0), coalesce(sum(length(payload) + length(meta)), 0),"
            " coalesce(sum(count), 0) from block",
        )
        if segment.is_indexed(self._segment):  # it was sealed just before the process died
            self._roll()

    # --- the writer thread -----------------------------------------------------------------------------------------

    def _write_loop(self) -> None:
        while True:
            first = self._queue.get()
            calls, asked, last = self._gather(first)
            if calls:
                self._commit(calls)
            for errand in asked:
                self._run(errand)
            if last:
                return

    def _gather(self, item: _Call | _Errand | None) -> tuple[list[_Call], list[_Errand], bool]:
        """Whatever queued during the last commit, up to a limit."""
        calls: list[_Call] = []
        asked: list[_Errand] = []
        events = 0
        while True:
            if item is None:
                return calls, asked, True
            if isinstance(item, _Call):
                calls.append(item)
                events += len(item.events)
            else:
                asked.append(item)
            if events >= self._settings.group_events:
                return calls, asked, False
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return calls, asked, False

    def _commit(self, calls: list[_Call]) -> None:
        try:
            self._check_space()
            block = self._place(calls)
            size = segment.write(self._current(), block) if block else 0
        except FILES as error:
            log.error("the event log cannot write", error=str(error))
            self._failed = (str(error), self._clock.monotonic())
            failure = LogUnavailable(f"The event log cannot take events: {error}.")
            for call in calls:
                call.result = failure
        else:
            self._failed = ("", 0.0)
            self._head += len(block)
            self._recent.enter(block, self._indexer.done)
            self._events += len(block)
            self._bytes += size
            self._roll_if_full()
        answer(calls)

    def _place(self, calls: list[_Call]) -> list[LoggedEvent]:
        """Give every event its position and find the duplicates, those inside this very block too."""
        now = self._clock.now_ms()
        window = int(self._settings.dedup_window * 1000)
        position = self._head
        fresh: dict[tuple[str, str], int] = {}
        block: list[LoggedEvent] = []
        for call in calls:
            result = []
            for e in call.events:
                position += 1
                key = (e.source_id, e.message_id)
                first = None
                if not e.forgotten:  # of a forgotten one nobody can tell whether it was there before
                    first = fresh.get(key) or first_position(self._recent, self._reader, *key, now, window)
                    if first is None:
                        fresh[key] = position
                placed = LoggedEvent(
                    position, e.source_id, e.message_id, e.received_at, e.request_ip, e.rudder_id, e.type, e.user_id,
                    e.anonymous_id, first, e.payload if first is None else b"", e.forgotten,
                )  # fmt: skip
                result.append(placed)
            call.result = result
            block += result
        return block

    def _check_space(self) -> None:
        if not self._has_space():
            raise LogUnavailable(FULL)

    def _has_space(self) -> bool:
        now = self._clock.monotonic()
        if now - self._free_seen >= FREE_EVERY:
            self._free = shutil.disk_usage(self._directory).free >= self._settings.min_free_bytes
            self._free_seen = now
        return self._free

    # --- segments --------------------------------------------------------------------------------------------------

    def _current(self) -> apsw.Connection:
        if self._segment is None:
            self._path = self._directory / segment.name(self._head + 1)
            self._segment = segment.connect(self._path, create=True)
            self._opened_at = self._clock.now_ms()
            self._bytes = self._events = 0
        return self._segment

    def _roll_if_full(self) -> None:
        if not self._bytes:
            return  # its first write failed: the next one would have to begin under the same name
        age = (self._clock.now_ms() - self._opened_at) / 1000
        full = self._bytes >= self._settings.segment_bytes or self._events >= self._settings.segment_events
        if full or (self._opened_at and age >= self._settings.segment_age):
            self._roll()

    def _roll(self) -> None:
        """Seal the segment: the next append begins a new one; the index is built aside."""
        path = self._path
        with self._checkpoint_lock:
            if self._segment is not None:
                self._segment.close()
            self._segment = None
        self._indexer.add(path)

    def _checkpoint_loop(self) -> None:
        while not self._stopping.wait(CHECKPOINT_EVERY):
            with self._checkpoint_lock:
                path = self._path if self._segment is not None else None
            if path is None or not path.exists():
                continue
            try:
                connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
                with contextlib.closing(connection):
                    checkpoint(connection)
            except apsw.Error as error:
                log.debug("a checkpoint has to wait", error=str(error))

    # --- retention -------------------------------------------------------------------------------------------------

    async def drop_old(self, low_water: int) -> None:
        """Drop whole segments that lie below `low_water` and are too old, or over the size limit."""
        await self._between_blocks(lambda: self._drop(low_water))

    async def _between_blocks(self, run: Callable[[], None]) -> None:
        errand = _Errand(run)
        self._queue.put(errand)
        await asyncio.wrap_future(errand.future)

    def _run(self, errand: _Errand) -> None:
        if not errand.future.set_running_or_notify_cancel():
            return  # whoever asked went away
        try:
            errand.run()
        except FILES as error:
            errand.future.set_exception(error)
        else:
            errand.future.set_result(None)

    def _drop(self, low_water: int) -> None:
        horizon = self._clock.now_ms() - int(self._settings.retention_age * 1000)
        retention.drop(self._directory, low_water, horizon, self._settings.retention_bytes, self._reader.stats().bytes)
        self._volumes.drop(read_dropped(self._directory).last)
        if self._segment is not None:
            self._roll_if_full()

    def _seal(self) -> None:
        if self._segment is not None and self._bytes:
            self._roll()
