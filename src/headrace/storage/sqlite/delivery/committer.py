"""One writer thread for a database: whatever queued during the last commit shares the next one."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import apsw
import structlog

from headrace.database import checkpoint
from headrace.storage.sqlite.callers import Caller, answer

T = TypeVar("T")
log = structlog.get_logger(__name__)
MOST = 2_000  # works of one commit
# The file itself failed: SQLite may have rolled everything back already, so no other work of this commit can stand.
FATAL = (apsw.IOError, apsw.FullError, apsw.CorruptError, apsw.NotADBError, apsw.NoMemError, apsw.BusyError)


class Work(Caller):
    __slots__ = ("alone", "run")

    def __init__(self, run: Callable[[apsw.Connection], Any], alone: bool = False) -> None:
        super().__init__()
        self.alone = alone
        self.run = run


class Committer:
    """`do` returns after the commit that holds the work. A work that fails is undone alone.

    `undone` is called in the writer's thread whenever something was rolled back: memory may hold what never was.
    """

    def __init__(self, connection: apsw.Connection, name: str, undone: Callable[[], None] = lambda: None) -> None:
        self._connection = connection
        self._undone = undone
        self._queue: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)
        self._thread.start()

    async def do(self, run: Callable[[apsw.Connection], T]) -> T:
        work = Work(run)
        self._take(work)
        result: T = await work.future
        return result

    async def alone(self, run: Callable[[apsw.Connection], T]) -> T:
        """Outside any transaction, for what cannot run in one. Everybody else waits."""
        work = Work(run, alone=True)
        self._take(work)
        result: T = await work.future
        return result

    def _take(self, work: Work) -> None:
        self._queue.put(work)

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join()

    def _loop(self) -> None:
        last = False
        while not last:
            works: list[Work] = []
            item = self._queue.get()
            while True:
                if item is None:
                    last = True
                    break
                works.append(item)
                if len(works) >= MOST:
                    break
                try:
                    item = self._queue.get_nowait()
                except queue.Empty:
                    break
            together = [work for work in works if not work.alone]
            if together:
                self._commit(together)
                answer(together)
            for work in works:
                if work.alone:
                    self._run_alone(work)
                    answer([work])

    def _commit(self, works: list[Work]) -> None:
        try:
            with self._connection:
                for work in works:
                    self._run(work)
        except (apsw.Error, OSError) as error:
            log.error("a commit failed", error=str(error))
            for work in works:
                work.result = error
            self._undo()

    def _undo(self, whole: bool = True) -> None:
        """A disk that fails here, too, must not end this thread: everybody would wait for good."""
        try:
            if whole and self._connection.in_transaction:
                self._connection.execute("rollback")
            self._undone()
        except apsw.Error as error:
            log.error("the database cannot be read after a failure", error=str(error))

    def _run_alone(self, work: Work) -> None:
        try:
            work.result = work.run(self._connection)
        except (apsw.Error, OSError) as error:
            log.error("the database could not be tidied", error=str(error))
            work.result = error

    def _run(self, work: Work) -> None:
        try:
            with self._connection:  # a savepoint
                work.result = work.run(self._connection)
        except FATAL:
            raise
        except Exception as error:  # noqa: BLE001 - goes to whoever asked; the others are unharmed
            work.result = error
            self._undo(whole=False)


class Checkpointer:
    """Moves the WAL into the database in a thread of its own, so that no commit has to."""

    EVERY = 0.5  # s

    def __init__(self, path: str) -> None:
        self._connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READWRITE)
        self._connection.set_busy_timeout(2_000)  # a long WAL waits for the writer's next gap
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="checkpoint", daemon=True)
        self._thread.start()

    def _loop(self) -> None:
        while not self._stop.wait(self.EVERY):
            try:
                checkpoint(self._connection)
            except apsw.Error as error:
                log.debug("a checkpoint has to wait", error=str(error))

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._connection.close()


# The simulation commits in its own time, without threads.
Committing = Callable[[apsw.Connection, str, Callable[[], None]], Committer]
Checkpointing = Callable[[str], Checkpointer]
