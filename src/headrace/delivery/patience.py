"""How long deliveries have been patient: only time counts in which the destination answered others. Pure.

Seconds are those of a monotonic clock: while the machine sleeps or its clock is set, nobody answers and nobody waits.
"""

from __future__ import annotations

MOST = 100_000  # deliveries that are remembered; one that was dropped counts from its next try on


class Patience:
    """Of one destination; forgotten at a restart."""

    def __init__(self) -> None:
        self._answered = float("-inf")
        self._tried: dict[int, float] = {}  # position -> its last failure, the newest last

    def answered(self, now: float) -> None:
        """The destination answered somebody."""
        self._answered = now

    def failed(self, position: int, now: float) -> float:
        """Seconds that count since the failure before, 0 at the first."""
        since = self._tried.pop(position, now)
        self._tried[position] = now
        while len(self._tried) > MOST:
            del self._tried[next(iter(self._tried))]
        return max(0.0, min(now, self._answered) - since)

    def ended(self, position: int) -> None:
        self._tried.pop(position, None)
