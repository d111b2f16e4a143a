"""Dropping old segments whole, and the counts that stay of them. Done by the log's writer alone."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from headrace.eventlog.port import BlockHeader
from headrace.storage.sqlite.eventlog import segment
from headrace.storage.sqlite.eventlog.reader import TOTALS, read_dropped


def drop(directory: Path, low_water: int, horizon: int, most: int, total: int) -> None:
    """The oldest below `low_water`, if nothing in it came since `horizon` (ms) or all together, `total`, take over `most`
    bytes. The newest stays. Raises DataDamaged, DataTooNew or OSError at the first that cannot be read or removed.
    """
    for path in segment.segments(directory)[:-1]:
        try:
            connection = segment.connect(path)
        except segment.UnbornError:
            continue
        try:
            highest = segment.last(connection)
            if highest > low_water or not (segment.newest(connection) < horizon or total > most):
                return  # later ones are younger
            headers = list(segment.headers(connection, 0))
        finally:
            connection.close()
        _count(directory, headers, highest)
        total -= segment.size(path)
        for file in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal"))):
            file.unlink(missing_ok=True)


def _count(directory: Path, headers: Iterable[BlockHeader], highest: int) -> None:
    dropped = read_dropped(directory)
    for header in headers:
        if header.first <= dropped.last:
            continue  # counted already: the process died before the file was gone
        for source, count in header.accepted.items():
            dropped.accepted[source] = dropped.accepted.get(source, 0) + count
        for source, count in header.duplicates.items():
            dropped.duplicates[source] = dropped.duplicates.get(source, 0) + count
    dropped.last = max(dropped.last, highest)
    fresh = directory / (TOTALS + ".new")
    with fresh.open("wb") as file:
        file.write(msgspec.json.encode(dropped))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(directory / TOTALS)
    folder = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(folder)  # before any of it is removed: after a power loss either both are there, or the counts
    finally:
        os.close(folder)
