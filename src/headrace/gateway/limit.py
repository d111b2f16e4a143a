"""A limit of events a second for each source, when one is set."""

from __future__ import annotations


class EventLimit:
    """A bucket a source: `rate` events a second, a second's worth at once. 0 = no limit."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._level: dict[str, tuple[float, float]] = {}  # source -> (events left, when)

    def allows(self, source_id: str, events: int, now: float) -> bool:
        """All of them or none. A batch larger than the bucket passes when the bucket is full."""
        if self._rate <= 0:
            return True
        left, at = self._level.get(source_id, (float(self._rate), now))
        left = min(float(self._rate), left + (now - at) * self._rate)
        if left < min(events, self._rate):
            self._level[source_id] = (left, now)
            return False
        self._level[source_id] = (left - events, now)
        return True
