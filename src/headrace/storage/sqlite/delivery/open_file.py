"""delivery.db as it is open: the one writer, a connection for readers of any thread, and what both know by heart."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import apsw

from headrace.storage.sqlite.delivery.claiming import Claims
from headrace.storage.sqlite.delivery.committer import Checkpointing, Committing
from headrace.storage.sqlite.delivery.lanes import Turns
from headrace.storage.sqlite.delivery.schema import connect, rows
from headrace.storage.sqlite.delivery.words import Words

T = TypeVar("T")


class OpenFile:
    """Raises DataTooNew or DataDamaged."""

    def __init__(self, path: Path, committer: Committing, checkpointer: Checkpointing) -> None:
        self.writer = connect(path, write=True)
        self._reader = connect(path, write=False)
        self._reading = threading.Lock()
        self.turns = Turns(self.writer)
        self.words = Words(self.writer)
        self.commit = committer(self.writer, "delivery-writer", self.words.reload)
        self._checkpoint = checkpointer(str(path))
        self.claims = Claims(self.commit, self.words)

    async def do(self, run: Callable[[apsw.Connection], T]) -> T:
        """In the writer's thread; returns after the commit."""
        return await self.commit.do(run)

    def read(self, look: Callable[[apsw.Connection], T]) -> T:
        """What is committed, now, in this thread."""
        with self._reading:
            return look(self._reader)

    def rows(self, sql: str, bindings: tuple[Any, ...] = ()) -> list[Any]:
        return self.read(lambda c: rows(c, sql, bindings))

    def close(self) -> None:
        self.commit.close()
        self._checkpoint.close()
        self._reader.close()
        self.writer.close()
