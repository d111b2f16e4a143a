"""Which positions each segment of the log holds, and how large it is: for whoever decides what need not be kept."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import apsw
import msgspec

from headrace.eventlog.keeping import SegmentSpan
from headrace.storage.sqlite.eventlog import segment


class Spans:
    """Opens a sealed segment once: its events never change. Its size does, until the last reader lets go of its WAL."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._known: dict[str, SegmentSpan] = {}

    def all(self) -> list[SegmentSpan]:
        """Oldest first; segments without an event are left out."""
        sizes = _sizes(self._directory)
        self._known = {name: span for name, span in self._known.items() if name in sizes}
        for name in sizes:
            if name not in self._known or not self._known[name].sealed:
                span = _look(self._directory / name)
                if span is not None:
                    self._known[name] = span
        return [msgspec.structs.replace(self._known[name], bytes=sizes[name]) for name in sorted(self._known)]


def _sizes(directory: Path) -> Counter[str]:
    """Bytes by segment, with what lies beside each file, from one look at the directory."""
    sizes: Counter[str] = Counter()
    for entry in os.scandir(directory):
        name, suffix, _ = entry.name.partition(segment.SUFFIX)
        if name.startswith("seg-") and suffix:
            try:
                sizes[name + suffix] += entry.stat().st_size
            except FileNotFoundError:
                continue  # dropped a moment ago
    return sizes


def _look(path: Path) -> SegmentSpan | None:
    try:
        connection = segment.connect(path)
    except (apsw.CantOpenError, segment.UnbornError):
        return None  # dropped a moment ago, or just being made
    try:
        newest = segment.rows(connection, "select received_at from block order by first desc limit 1")
        last, sealed = segment.last(connection), segment.is_indexed(connection)
    finally:
        connection.close()
    return SegmentSpan(segment.first_of(path), last, newest[0][0], 0, sealed) if newest else None
