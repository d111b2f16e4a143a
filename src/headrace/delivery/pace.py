"""How fast requests may leave: at most `rate` in any 1.05 s, learning from what the destination says."""

from __future__ import annotations

import math
from collections import deque

WINDOW = 1.05  # s; a little over Loops' second, for clocks and wires that differ
HOLD = 1.0  # s of silence after a 429 or an exhausted window
QUIET = 1.0  # s without a 429 that earn a step back up
STEP = 0.05  # of the rate
SLOWEST = 0.5  # requests a second
TICK = 1e-6  # s; a wait that is shorter would be lost in the last bits of a clock


class Pace:
    """One per address and key. Time (monotonic seconds) is passed in; 0 means no limit."""

    def __init__(self, rate: float, now: float) -> None:
        self._configured = rate
        self._ceiling = rate
        self._allowed = rate
        # after a restart nobody knows what left a moment ago: as if the window were full
        self._left: deque[float] = deque([now] * max(0, int(rate)))
        self._before: deque[float] = deque()  # what left before that: it counts again when the window grows
        self._held_until = now
        self._reserved = 0
        self._cut_at = -1.0
        self._quiet_since = now

    @property
    def allowed(self) -> float:
        """Requests a second now; 0 = no limit."""
        return self._allowed

    def configure(self, rate: float) -> None:
        if rate != self._configured:
            self._configured = self._ceiling = self._allowed = rate

    def wait(self, now: float, ahead: float = 0.0) -> float:
        """Seconds until a request may be given a slot, so that it may leave `ahead` seconds later; 0 = now.

        Slots that were given and not used yet count.
        """
        return _at_least(self._wait(now, self._reserved, ahead))

    def wait_to_leave(self, now: float) -> float:
        """Seconds until a request that has a slot may leave; 0 = now."""
        return _at_least(self._wait(now, 0, 0.0))

    def _wait(self, now: float, taken: int, ahead: float) -> float:
        held = max(0.0, self._held_until - now - ahead)
        if self._allowed <= 0:
            return held
        self._recover(now)
        self._look_back(now)
        over = len(self._left) + taken - self._burst()
        if over < 0:
            return held
        if over >= len(self._left):  # everything is reserved: whoever leaves or gives back tells
            return max(held, self._span())
        return max(held, self._left[over] + self._span() - now - ahead, 0.0)

    def _look_back(self, now: float) -> None:
        """Which of those that left are in the window, as wide as it is now."""
        span = self._span()
        while self._before and self._before[-1] + span > now:
            self._left.appendleft(self._before.pop())
        # the same sum decides and is returned: two ways of writing it would differ in the last bit
        while self._left and self._left[0] + span <= now:
            self._before.append(self._left.popleft())
        widest = 2 * WINDOW / min(1.0, self._ceiling)
        while self._before and self._before[0] + widest <= now:
            self._before.popleft()

    def reserve(self) -> None:
        """Give a slot; only when `wait` said 0."""
        self._reserved += 1

    def give_back(self) -> None:
        """A slot is not used."""
        self._reserved = max(0, self._reserved - 1)

    def leave(self, now: float) -> None:
        """A request with a slot leaves now; only when `wait_to_leave` said 0."""
        self.give_back()
        if self._allowed > 0:
            self._left.append(now)

    def hold(self, until: float) -> None:
        """Nothing leaves before."""
        self._held_until = max(self._held_until, until)

    def take_over(self, other: Pace) -> None:
        """Slots that were given by another pace are used up here."""
        self._reserved += other._reserved

    def answered(self, sent: float, now: float, status: int, limit: float | None, remaining: float | None) -> None:
        """Learn from an answer to a request that left at `sent`."""
        if limit is not None and limit > 0 and (self._ceiling <= 0 or limit < self._ceiling):
            self._ceiling = limit
            self._allowed = min(self._allowed, limit) if self._allowed > 0 else limit
        if status == 429:
            self._held_until = max(self._held_until, now + HOLD)
            self._quiet_since = now
            if sent > self._cut_at:  # one cut for all that were on their way
                self._cut_at = now
                self._allowed = max(SLOWEST, (self._allowed if self._allowed > 0 else 20.0) / 2)
                if self._ceiling <= 0:
                    self._ceiling = 10.0 if self._configured <= 0 else self._configured
                self._allowed = min(self._allowed, self._ceiling)
        elif remaining is not None and remaining <= 0 and self._allowed > 0:
            self._held_until = max(self._held_until, sent + HOLD)

    def _burst(self) -> int:
        return max(1, min(math.ceil(self._allowed), int(self._ceiling)))

    def _span(self) -> float:
        # for a fraction the window grows, it never shrinks: two bursts in one window would be more than the rate
        return max(WINDOW, WINDOW * self._burst() / self._allowed)

    def _recover(self, now: float) -> None:
        if self._allowed >= self._ceiling:
            self._quiet_since = now
            return
        steps = int((now - self._quiet_since) / QUIET)
        if steps > 0:
            self._quiet_since += steps * QUIET
            self._allowed = min(self._ceiling, self._allowed + steps * STEP * self._ceiling)


def _at_least(wait: float) -> float:
    return max(wait, TICK) if wait > 0 else 0.0
