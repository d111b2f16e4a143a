"""The thread beside the writer that indexes sealed segments: first each by itself, then all together in volumes."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Collection
from pathlib import Path

import apsw
import structlog

from headrace.storage.sqlite.eventlog import segment
from headrace.storage.sqlite.eventlog.volumes import Volumes

log = structlog.get_logger(__name__)


def index(path: Path) -> int:
    """Builds a sealed segment's own index, unless it is there; its last position, 0 when it holds nothing or is gone."""
    try:
        connection = segment.connect(path)
    except (segment.UnbornError, apsw.CantOpenError):
        return 0
    try:
        if not segment.is_indexed(connection):
            segment.build_index(connection)
        return segment.last(connection)
    finally:
        connection.close()


class Indexer:
    """`done`: everything up to here is found by its segment's own index. `close` finishes those, not the volumes.

    A segment that could not have its index gets it with the next; until then those after it have theirs, but no volume
    goes beyond it. What is in no volume is found all the same, slower.
    """

    def __init__(self, volumes: Volumes) -> None:
        self._volumes = volumes
        self._sealed: deque[Path] = deque()  # have no index yet, oldest first
        self._outside: deque[Path] = deque()  # are in no volume yet, oldest first
        self._news = threading.Event()
        self._closing = False
        self.done = 0
        self._thread = threading.Thread(target=self._loop, name="eventlog-index", daemon=True)

    def start(self, sealed: list[Path], done: int) -> None:
        """`sealed`: what is in no volume yet, oldest first."""
        self._outside.extend(sealed)
        self.done = done
        self._thread.start()

    def add(self, sealed: Path) -> None:
        self._sealed.append(sealed)
        self._outside.append(sealed)
        self._news.set()

    def close(self) -> None:
        """Whoever opens the log next may write to the segment that was sealed last."""
        self._closing = True
        self._news.set()
        self._thread.join()

    def _loop(self) -> None:
        while True:
            self._news.clear()
            closing = self._closing  # what was sealed before is indexed below
            failed = self._index_all()
            if closing:
                return
            self._gather(failed)
            self._news.wait()

    def _index_all(self) -> list[Path]:
        """Those that could not have it: they stay the first of the next time."""
        failed: list[Path] = []
        while self._sealed:
            path = self._sealed.popleft()
            try:
                last = index(path)
            except Exception as error:  # whatever it is: the others are to have theirs
                log.exception("a segment of the event log has no index yet", segment=path.name, error=repr(error))
                failed.append(path)
            else:
                self.done = self.done if failed else max(self.done, last)
        self._sealed.extendleft(reversed(failed))
        return failed

    def _gather(self, failed: Collection[Path]) -> None:
        """Into volumes, in order, until there is something more urgent to do."""
        while self._outside and self._outside[0] not in failed and not self._news.is_set():
            path = self._outside[0]
            try:
                index(path)  # an old one may have been left without
                self._volumes.take(path)
            except Exception as error:  # whatever it is: those that are sealed next are to be indexed
                log.exception("a segment of the event log is in no volume yet", segment=path.name, error=repr(error))
                return
            self._outside.popleft()
