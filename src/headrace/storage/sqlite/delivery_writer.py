"""The one writer of a database file: a thread that commits everything that queued during the last commit together."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import apsw
import structlog

from headrace.storage.sqlite.delivery_schema import connect

log = structlog.get_logger(__name__)
T = TypeVar("T")

GROUP = 256  # most jobs of one commit; bounds how long the first of them waits
CHECKPOINT_PAGES = 1_000  # WAL pages after which the checkpoint thread copies them back
TRUNCATE_PAGES = 16_000  # WAL pages (64 MB) at which the writer itself waits for a checkpoint, so that it restarts


@dataclass
class Work:
    """What a job gets: the connection inside its savepoint, and a list of steps that undo its changes in memory."""

    connection: apsw.Connection
    undo: list[Callable[[], None]] = field(default_factory=list)

    def roll_back_memory(self) -> None:
        for step in reversed(self.undo):
            step()
        self.undo.clear()


@dataclass
class _Job:
    action: Callable[[Work], Any]
    future: Future[Any]
    work: Work | None = None
    result: Any = None


class Writer:
    """Runs jobs in the order in which they came; a job's result is given out only after the commit that holds it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._checkpoint = threading.Event()
        self._stopping = False
        self._wal_pages = 0
        self._connection = connect(path)
        self._connection.set_wal_hook(self._committed)
        self._thread = threading.Thread(target=self._run, name=f"{path.stem}-writer", daemon=True)
        self._checkpointer = threading.Thread(target=self._run_checkpoints, name=f"{path.stem}-checkpoint", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._checkpointer.start()

    @property
    def connection(self) -> apsw.Connection:
        """For opening only, before `start`."""
        return self._connection

    def submit(self, action: Callable[[Work], T]) -> Future[T]:
        """Queue `action`; the future resolves after its commit. An error in it undoes that action alone."""
        if self._stopping:
            raise RuntimeError(f"{self._path} is closed")
        future: Future[T] = Future()
        self._jobs.put(_Job(action, future))
        return future

    async def do(self, action: Callable[[Work], T]) -> T:
        """`submit`, awaited. Giving up the wait does not take the action back."""
        return await asyncio.shield(asyncio.wrap_future(self.submit(action)))

    def close(self) -> None:
        """Finish what is queued, fold the WAL back into the file, release it."""
        if self._stopping:
            return
        self._stopping = True
        self._jobs.put(None)
        self._thread.join()
        self._checkpoint.set()
        self._checkpointer.join()
        self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        self._connection.close()

    # --- the writer thread -----------------------------------------------------------------------------------------

    def _run(self) -> None:
        ended = False
        while not ended:
            group, ended = self._next_group()
            if group:
                self._commit(group)
            if self._wal_pages > TRUNCATE_PAGES:
                self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_RESTART)
                self._wal_pages = 0

    def _next_group(self) -> tuple[list[_Job], bool]:
        """What waits now, at least one job; True when the writer is to end after it."""
        group: list[_Job] = []
        while len(group) < GROUP:
            try:
                job = self._jobs.get(block=not group)
            except queue.Empty:
                break
            if job is None:
                return group, True
            group.append(job)
        return group, False

    def _commit(self, group: list[_Job]) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            done = [job for job in group if self._run_one(job)]
            self._connection.execute("COMMIT")
        except apsw.Error as error:
            log.error("commit failed", file=str(self._path), error=str(error))
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            for job in reversed(group):
                if job.work is not None:
                    job.work.roll_back_memory()
            for job in group:
                if not job.future.done():
                    job.future.set_exception(error)
            return
        for job in done:
            job.future.set_result(job.result)

    def _run_one(self, job: _Job) -> bool:
        """True when it went well; otherwise only this job is undone and its caller gets the error."""
        job.work = Work(self._connection)
        try:
            with self._connection:  # inside a transaction: a savepoint
                job.result = job.action(job.work)
        except (apsw.FullError, apsw.IOError, apsw.CorruptError):
            raise  # the file, not the job: nothing of this group can be trusted
        except Exception as error:  # noqa: BLE001 - handed to the caller, who knows what to make of it
            job.work.roll_back_memory()
            job.future.set_exception(error)
            return False
        return True

    # --- checkpoints -----------------------------------------------------------------------------------------------

    def _committed(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        self._wal_pages = pages
        if pages > CHECKPOINT_PAGES:
            self._checkpoint.set()
        return apsw.SQLITE_OK

    def _run_checkpoints(self) -> None:
        connection = connect(self._path)
        while True:
            self._checkpoint.wait()
            self._checkpoint.clear()
            if self._stopping:
                break
            try:
                connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
            except apsw.Error as error:
                log.warning("checkpoint failed", file=str(self._path), error=str(error))
        connection.close()
