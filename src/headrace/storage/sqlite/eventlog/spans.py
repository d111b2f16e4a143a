"""Which positions each segment of the log holds, and how large it is: for whoever decides what need not be kept."""

from __future__ import annotations

from pathlib import Path

import apsw

from headrace.eventlog.keeping import SegmentSpan
from headrace.storage.sqlite.eventlog import segment


class Spans:
    """Opens a sealed segment once: it never changes but by being dropped."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._known: dict[Path, SegmentSpan] = {}

    def all(self) -> list[SegmentSpan]:
        """Oldest first; segments without an event are left out."""
        paths = segment.segments(self._directory)
        self._known = {path: span for path, span in self._known.items() if path in paths}
        for path in paths:
            if path not in self._known or not self._known[path].sealed:
                span = _look(path)
                if span is not None:
                    self._known[path] = span
        return [self._known[path] for path in paths if path in self._known]


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
    size = sum(part.stat().st_size for part in path.parent.glob(path.name + "*") if part.exists())
    return SegmentSpan(segment.first_of(path), last, newest[0][0], size, sealed) if newest else None
