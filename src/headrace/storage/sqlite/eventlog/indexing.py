"""Sealed segments get their key index, each in a thread of its own; one that could not have it gets it with the next."""

from __future__ import annotations

import threading
from pathlib import Path

import apsw
import structlog

from headrace.errors import HeadraceError
from headrace.storage.sqlite.eventlog import segment

log = structlog.get_logger(__name__)


class Indexing:
    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []
        self._failed: list[Path] = []

    def begin(self, path: Path) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        waiting, self._failed = [*self._failed, path], []
        aside = threading.Thread(target=self._index_all, args=(waiting,), name="eventlog-index", daemon=True)
        self._threads.append(aside)
        aside.start()

    def finish(self) -> None:
        """Whoever opens the log next may write to that very segment."""
        for thread in self._threads:
            thread.join()

    def _index_all(self, paths: list[Path]) -> None:
        for path in paths:
            try:
                index(path)
            except (apsw.Error, OSError, HeadraceError) as error:
                log.error("a segment of the event log has no index yet", segment=path.name, error=str(error))
                self._failed.append(path)


def index(path: Path) -> None:
    """Unless it has one, or holds nothing."""
    try:
        connection = segment.connect(path)
    except segment.UnbornError:
        return
    try:
        if not segment.is_indexed(connection):
            segment.build_index(connection)
    finally:
        connection.close()
