"""Which positions each segment of the log holds, and how large it is: for whoever decides what need not be kept."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import Counter
from pathlib import Path

import apsw

from headrace.eventlog.keeping import SegmentSpan
from headrace.storage.sqlite.eventlog import segment
from headrace.storage.sqlite.eventlog.catalog import Catalog


class Spans:
    """What is in the catalog is not opened: its events never change. What lies beside it goes with the last reader."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._catalog = Catalog(directory)
        self._lock = threading.Lock()

    def all(self, dropped: int = 0) -> list[SegmentSpan]:
        """Oldest first, those with positions above `dropped`; segments without an event are left out."""
        with self._lock:
            self._catalog.look()
            covered = self._catalog.covered()
            parts = [part for part in self._catalog.parts() if part.last > dropped]
        beside = _beside(self._directory)
        known = [SegmentSpan(p.first, p.last, p.newest, p.bytes + beside[segment.name(p.first)], True) for p in parts]
        newer = [path for path in segment.segments(self._directory) if segment.first_of(path) > covered]
        looked = [span for path in newer if (span := _look(path)) is not None and span.last > dropped]
        return known + looked


def _beside(directory: Path) -> Counter[str]:
    """Bytes of what readers and writers have laid beside segments, by segment: of few, for few are open."""
    sizes: Counter[str] = Counter()
    for entry in os.scandir(directory):
        name, suffix, more = entry.name.partition(segment.SUFFIX)
        if more and name.startswith("seg-"):
            with contextlib.suppress(FileNotFoundError):
                sizes[name + suffix] += entry.stat().st_size
    return sizes


def _look(path: Path) -> SegmentSpan | None:
    try:
        connection = segment.connect(path)
    except (apsw.CantOpenError, segment.UnbornError):
        return None  # dropped a moment ago, or just being made
    try:
        last, newest, sealed = segment.last(connection), segment.newest(connection), segment.is_indexed(connection)
    finally:
        connection.close()
    return SegmentSpan(segment.first_of(path), last, newest, segment.size(path), sealed) if last else None
