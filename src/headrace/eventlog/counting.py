"""Counts entries of the log between two positions: block headers for whole blocks, entries only at the edges."""

from __future__ import annotations

import msgspec

from headrace.eventlog.port import EventLogReader


class Counted(msgspec.Struct):
    accepted: int = 0
    duplicates: int = 0


def count(log: EventLogReader, first: int, last: int, each: bool = False) -> dict[str, Counted]:
    """Per source, over entries with first <= position <= last that are still kept. `each`: read every block's header."""
    found: dict[str, Counted] = {}

    def add(source: str, accepted: int, duplicates: int) -> None:
        entry = found.setdefault(source, Counted())
        entry.accepted += accepted
        entry.duplicates += duplicates

    for header in (log.headers if each else log.sums)(first - 1, last):
        end = header.first + header.count - 1
        if header.first > last:
            break
        if header.first >= first and end <= last:
            for source, number in header.accepted.items():
                add(source, number, header.duplicates.get(source, 0))
            continue
        low, high = max(first, header.first), min(last, end)
        for event in log.read(low - 1, high - low + 1):
            if event.position <= high:
                add(event.source_id, 1, int(event.duplicate_of is not None))
    return found
