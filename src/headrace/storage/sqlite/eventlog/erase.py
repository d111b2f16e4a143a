"""Takes forgotten people out of the log's files: their entries become markers in place, so that positions stay."""

from __future__ import annotations

import contextlib
from pathlib import Path

import apsw
import msgspec

from headrace.database import tidy
from headrace.event import LoggedEvent
from headrace.eventlog.suppression import Suppression
from headrace.storage.sqlite.eventlog import segment
from headrace.storage.sqlite.eventlog.volumes import Volumes

TO_BE_WRITTEN_ANEW = 1  # the file's application_id, set with the first entry that is taken out


def erase(directory: Path, suppression: Suppression, volumes: Volumes) -> int:
    """How many entries became markers. Safe beside the writer, and to repeat: an erased entry names nobody any more.

    A file that held any is written anew, with its journal: else what stood there before would stay in it. Whether that is
    still to be done stands in the file itself. Raises when it cannot be done now: then all of it has to be repeated.
    """
    gone: set[int] = set()  # repeated calls of these are theirs too
    erased = 0
    for path in segment.segments(directory):
        try:
            connection = segment.connect(path)
        except (segment.UnbornError, apsw.CantOpenError):
            continue  # just being made, or dropped a moment ago
        with contextlib.closing(connection):
            for (first,) in segment.rows(connection, "select first from block order by first"):
                erased += _rewrite(connection, first, suppression, gone, volumes)
            if connection.pragma("application_id") == TO_BE_WRITTEN_ANEW:
                tidy(connection)
                connection.execute("pragma application_id=0")  # last: whatever failed before is done again
    volumes.tidy()
    return erased


def _rewrite(connection: apsw.Connection, first: int, suppression: Suppression, gone: set[int], volumes: Volumes) -> int:
    ((meta, payload),) = segment.rows(connection, "select meta, payload from block where first=?", (first,))
    events = segment.decode(first, meta, payload)
    kept: list[LoggedEvent] = []
    keys: list[tuple[int, int, int]] = []
    for event in events:
        theirs = event.duplicate_of in gone or suppression.hides(event)
        if event.forgotten or theirs:
            gone.add(event.position)
        if theirs and not event.forgotten:
            keys += segment.keys_of(event)
            event = _marker(event)
        kept.append(event)
    changed = sum(before is not after for before, after in zip(events, kept, strict=True))
    if changed:
        row = segment.encode(kept)
        with volumes.without(keys), connection:  # in this order: what was not finished is found here again
            connection.execute("update block set meta=?, payload=? where first=?", (row[4], row[5], first))
            connection.executemany("delete from key where kind=? and hash=? and position=?", keys)
            connection.execute(f"pragma application_id={TO_BE_WRITTEN_ANEW}")
    return changed


def _marker(event: LoggedEvent) -> LoggedEvent:
    return msgspec.structs.replace(
        event, message_id="", request_ip="", rudder_id="", type=None, user_id="", anonymous_id="", payload=b"",
        forgotten=True,
    )  # fmt: skip
