"""Checks of the event log's files, for `headrace doctor`."""

from __future__ import annotations

from pathlib import Path

import apsw
import msgspec
import zstandard

from headrace.errors import HeadraceError
from headrace.storage.sqlite.eventlog import segment
from headrace.storage.sqlite.eventlog.reader import read_dropped


def check(directory: Path) -> list[str]:
    """One sentence for each thing that is wrong; [] when all is well. Reads every block."""
    findings: list[str] = []
    expected: int | None = read_dropped(directory).last + 1
    for path in segment.segments(directory):
        try:
            connection = segment.connect(path)
        except segment.UnbornError:
            continue  # nothing was ever accepted into it
        except (HeadraceError, apsw.Error) as error:
            findings.append(str(error))
            continue
        try:
            expected = _check_segment(connection, path, expected, findings)
        except apsw.Error as error:
            findings.append(f"{path} cannot be read to its end: {error}")
            expected = None  # how far it went cannot be told
        finally:
            connection.close()
    return findings


def _check_segment(connection: apsw.Connection, path: Path, expected: int | None, findings: list[str]) -> int | None:
    for (line,) in segment.rows(connection, "pragma integrity_check"):
        if line != "ok":
            findings.append(f"{path}: {line}")
    rows = segment.rows(connection, "select first, count, meta, payload from block order by first")
    indexed = segment.is_indexed(connection)
    for first, count, meta, payload in rows:
        if expected is not None and first != expected:
            findings.append(f"{path}: a block begins at {first}, expected {expected}")
        try:
            events = segment.decode(first, meta, payload)
        except (msgspec.DecodeError, zstandard.ZstdError) as error:
            findings.append(f"{path}: the block at {first} cannot be read: {error}")
            events = []
        if len(events) != count:
            findings.append(f"{path}: the block at {first} holds {len(events)} events, not {count}")
        for event in [e for e in events if indexed and not e.forgotten]:
            if event.position not in segment.indexed_positions(connection, "message", event.message_id, event.position + 1):
                findings.append(f"{path}: position {event.position} is missing in the key index")
        expected = first + count
    return expected
