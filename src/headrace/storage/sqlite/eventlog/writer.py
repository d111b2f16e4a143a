"""Writing the event log: one writer thread, group commit, durable before anybody is answered."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path

import apsw
import structlog

from headrace.clock import Clock
from headrace.errors import HeadraceError, LogUnavailable
from headrace.event import AcceptedEvent, LoggedEvent
from headrace.eventlog.port import LogStats
from headrace.eventlog.suppression import Suppression
from headrace.storage.sqlite.callers import Caller, answer
from headrace.storage.sqlite.eventlog import retention, segment
from headrace.storage.sqlite.eventlog.checkpoints import Checkpoints
from headrace.storage.sqlite.eventlog.dedup import RecentIds, first_position
from headrace.storage.sqlite.eventlog.erase import erase
from headrace.storage.sqlite.eventlog.indexing import Indexer, index
from headrace.storage.sqlite.eventlog.limits import EventLogSettings
from headrace.storage.sqlite.eventlog.newest import Newest
from headrace.storage.sqlite.eventlog.reader import SqliteEventLogReader, read_dropped
from headrace.storage.sqlite.eventlog.space import FreeSpace
from headrace.storage.sqlite.eventlog.volumes import Volumes

log = structlog.get_logger(__name__)
FILES = (apsw.Error, OSError, HeadraceError)  # what files can do; none of it ends the writer's thread
FULL = "the disk is nearly full"
FORGIVEN = 10.0  # s after which a failed write is no longer held against the log
LATE = 3  # sealed segments that may have no index yet when the process dies


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
        self._space = FreeSpace(directory, clock)
        self._volumes = Volumes(directory)
        self._indexer = Indexer(self._volumes)
        self._newest = Newest(directory, clock, self._indexer)
        self._checkpoints = Checkpoints(self._newest.path)
        self._failed = ("", 0.0)  # what the newest block met, and when
        self._head = 0
        self._writer = threading.Thread(target=self._write_loop, name="eventlog-writer", daemon=True)

    @classmethod
    def open(cls, directory: Path, clock: Clock, settings: EventLogSettings | None = None) -> SqliteEventLog:
        """Raises DataDamaged or DataTooNew when a segment cannot be used."""
        directory.mkdir(parents=True, exist_ok=True)
        opened = cls(directory, clock, settings or EventLogSettings())
        opened._recover()
        opened._writer.start()
        opened._checkpoints.start()
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
        self._space.look_again()

    async def erase(self, suppression: Suppression) -> int:
        """Takes the entries of these people out of the files; how many those were.

        What was asked to be appended before is written first, so that it is looked at, too. The newest segment is sealed:
        whoever appends meanwhile does not wait until the files are written anew.
        """
        await self._between_blocks(self._newest.seal)
        erased = await asyncio.to_thread(erase, self._directory, suppression, self._volumes)
        self._reader.read_anew()
        return erased

    async def close(self) -> None:
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._queue.put(None)
        self._writer.join()
        self._checkpoints.stop()
        self._indexer.close()
        self._volumes.close()
        self._newest.close()
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
            self._newest.go_on(paths[-1])

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
            if block:
                self._newest.write(block)
        except FILES as error:
            log.error("the event log cannot write", error=str(error))
            self._failed = (str(error), self._clock.monotonic())
            failure = LogUnavailable(f"The event log cannot take events: {error}.")
            for call in calls:
                call.result = failure
        except Exception as error:  # what nobody foresaw of one call is not to be everybody's
            log.exception("a block cannot be written", error=repr(error))
            if len(calls) > 1:
                for call in calls:
                    self._commit([call])
                return
            calls[0].result = LogUnavailable("The event log cannot take this call.")
        else:
            self._failed = ("", 0.0)
            self._head += len(block)
            self._recent.enter(block, self._indexer.done)
            self._seal_when_due()
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
        return self._space.is_at_least(self._settings.min_free_bytes)

    def _seal_when_due(self) -> None:
        try:
            self._newest.roll_if_full(self._settings)
        except Exception as error:  # the block is written, and whoever waits for it is to hear so
            log.exception("a segment of the event log cannot be sealed", error=repr(error))

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
        self._newest.roll_if_full(self._settings)
