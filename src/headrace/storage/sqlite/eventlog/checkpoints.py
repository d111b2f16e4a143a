"""Moves the journal of the newest segment into its file, in a thread of its own, so that no block waits for it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

import apsw
import structlog

from headrace.database import checkpoint

log = structlog.get_logger(__name__)
EVERY = 0.25  # s


class Checkpoints:
    """`newest` says which segment is written to now, None: none is."""

    def __init__(self, newest: Callable[[], Path | None]) -> None:
        self._newest = newest
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="eventlog-checkpoint", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _loop(self) -> None:
        while not self._stopping.wait(EVERY):
            path = self._newest()
            if path is None or not path.exists():
                continue
            try:
                connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
                with contextlib.closing(connection):
                    checkpoint(connection)
            except (apsw.Error, OSError) as error:  # the journal goes with its last reader, at any moment
                log.debug("a checkpoint has to wait", error=str(error))
