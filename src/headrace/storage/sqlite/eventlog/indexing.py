"""The thread beside the writer that indexes sealed segments: first each by itself, then all together in volumes."""

from __future__ import annotations

import threading
from collections import deque
from pathlib import Path

import apsw
import structlog

from headrace.errors import HeadraceError
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
    """`done`: everything up to here is found by its segment's own index. `close` finishes those, not the volumes."""

    def __init__(self, volumes: Volumes) -> None:
        self._volumes = volumes
        self._sealed: deque[Path] = deque()  # have no index yet
        self._indexed: deque[Path] = deque()  # are in no volume yet
        self._news = threading.Event()
        self._closing = False
        self.done = 0
        self._thread = threading.Thread(target=self._loop, name="eventlog-index", daemon=True)

    def start(self, sealed: list[Path], done: int) -> None:
        """`sealed`: what is in no volume yet, oldest first."""
        self._indexed.extend(sealed)
        self.done = done
        self._news.set()
        self._thread.start()

    def add(self, sealed: Path) -> None:
        self._sealed.append(sealed)
        self._news.set()

    def close(self) -> None:
        self._closing = True
        self._news.set()
        self._thread.join()

    def _loop(self) -> None:
        while True:
            self._news.clear()
            try:
                self._work()
            except (HeadraceError, apsw.Error, OSError) as error:  # what is in no volume is found as before, slower
                log.error("a sealed part of the event log cannot be indexed", error=str(error))
            if self._closing:
                return
            self._news.wait()

    def _work(self) -> None:
        while self._sealed or (self._indexed and not self._closing):
            if self._sealed:
                self.done = max(self.done, index(self._sealed[0]))
                self._indexed.append(self._sealed.popleft())
            else:
                index(self._indexed[0])  # an old one may have been left without
                self._volumes.take(self._indexed[0])
                self._indexed.popleft()
