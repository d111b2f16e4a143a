"""Which messageIds a source has sent before: the newest in memory, older ones through the segments' key index."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from headrace.event import LoggedEvent
from headrace.eventlog.port import EventLogReader

BEARABLE = 4  # times as many ids as are to be kept, while an index is late


class RecentIds:
    """Newest ids in memory. `since` is the position from which on memory knows every id."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._seen: OrderedDict[tuple[str, str], tuple[int, int]] = OrderedDict()
        self.since = 1

    def enter(self, events: Iterable[LoggedEvent], indexed: int) -> None:
        """Call after the commit. Events in order of position; duplicates are not entered.

        What lies above `indexed` is in no index yet: it is kept beyond `keep`, as far as that is bearable.
        """
        for event in events:
            if event.duplicate_of is None and not event.forgotten:
                self._seen[(event.source_id, event.message_id)] = (event.position, event.received_at)
                self._seen.move_to_end((event.source_id, event.message_id))
        while len(self._seen) > self._keep:
            key, (position, at) = self._seen.popitem(last=False)
            if position > indexed and len(self._seen) < self._keep * BEARABLE:
                self._seen[key] = (position, at)
                self._seen.move_to_end(key, last=False)
                return
            self.since = position + 1

    def find(self, source_id: str, message_id: str) -> tuple[int, int] | None:
        return self._seen.get((source_id, message_id))


def first_position(
    recent: RecentIds, older: EventLogReader, source_id: str, message_id: str, now: int, window: int
) -> int | None:
    """Position of the event that `(source_id, message_id)` repeats, None when it is new within `window` ms."""
    found = recent.find(source_id, message_id)
    if found:
        return found[0] if now - found[1] <= window else None
    if recent.since <= 1:
        return None
    for event in older.find("message", message_id, before=recent.since, since=now - window):
        if now - event.received_at > window:
            return None
        if event.source_id == source_id and event.duplicate_of is None:
            return event.position
    return None
