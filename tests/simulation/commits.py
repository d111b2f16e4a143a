"""The writer of delivery.db without its thread: commits happen at simulated moments, checkpoints too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import apsw

from headrace.storage.sqlite.callers import resolve
from headrace.storage.sqlite.delivery.committer import Checkpointer, Committer, Work


class SteppedCommitter(Committer):
    """The real grouping and the real transactions; `latency` says how long a commit takes, `committed` hears of each."""

    def __init__(
        self,
        connection: apsw.Connection,
        undone: Callable[[], None],
        latency: Callable[[], float],
        committing: Callable[[Callable[[], None]], bool],
    ) -> None:
        self._connection = connection
        self._undone = undone
        self._latency = latency
        self._committing = committing
        self._works: list[Work] = []
        self._busy = False

    def _take(self, work: Work) -> None:
        self._works.append(work)
        if not self._busy:
            self._busy = True
            work.loop.call_later(self._latency() / 2, self._fire, work.loop)

    def _fire(self, loop: asyncio.AbstractEventLoop) -> None:
        works, self._works = self._works, []
        if not self._committing(lambda: self._commit(works)):
            return  # the power went: nobody is answered
        loop.call_later(self._latency() / 2, self._told, loop, works)

    def _told(self, loop: asyncio.AbstractEventLoop, works: list[Work]) -> None:
        resolve(works)
        if self._works:
            loop.call_soon(self._fire, loop)
        else:
            self._busy = False

    def close(self) -> None:
        if self._works:
            self._commit(self._works)


class SteppedCheckpointer(Checkpointer):
    """`step` is one look of the checkpoint thread."""

    def __init__(self, path: str) -> None:
        self._connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READWRITE)

    def step(self, mode: int = apsw.SQLITE_CHECKPOINT_PASSIVE) -> None:
        self._connection.pragma("user_version")  # as `checkpoint` does: who never read moves nothing
        self._connection.wal_checkpoint(mode=mode)

    def close(self) -> None:
        self._connection.close()
