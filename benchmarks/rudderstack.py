"""A model of how RudderStack's open-source router delivers with its defaults. Written from its documented policy, not its code.

Every figure is a default: reads each second, 64 workers a destination, an event goes to the worker of its user, backoff of
10 s · 2ⁿ up to 300 s without jitter, 429 retried without a limit, no throttling, an event that failed holds up the later
ones of its user. Where the policy is not certain the model takes the kinder reading: no time passes before the router,
outcomes are known at once (not in lots every 5 s), nothing is slow but the destination, no dataset is ever compacted.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Sequence

import msgspec

from benchmarks.limits import Limit

READ_EVERY = 1.0  # s
READ_MOST = 10_000  # events of one look
WORKERS = 64
BUFFER = 1_000  # events before one worker
BACKOFF, LONGEST = 10.0, 300.0  # s
KEY_THRESHOLD = 200  # events of one user in flight above which order is given up


class Event(msgspec.Struct):
    number: int
    at: float
    user: int
    tries: int = 0
    due: float = 0.0
    done: float | None = None


class Run(msgspec.Struct, frozen=True):
    """What one hour came to."""

    requests: int
    refused: int
    delays: list[float]  # s, of each event, sorted
    done: list[float]  # when each event was delivered, sorted
    reordered: int  # events that a later one of the same user overtook
    tries: int  # most attempts of one event


def simulate(times: Sequence[float], users: Sequence[int], limit: Limit, latency: float, jitter: float) -> Run:
    """Discrete events: looks of the router, and arrivals and answers of requests."""
    return _Router(times, users, limit, latency, jitter).run()


class _Router:
    def __init__(self, times: Sequence[float], users: Sequence[int], limit: Limit, latency: float, jitter: float) -> None:
        self._events = [Event(n, at, user) for n, (at, user) in enumerate(zip(times, users, strict=True))]
        self._limit, self._latency, self._jitter = limit, latency, jitter
        self._dice = random.Random("rudderstack")
        self._waiting = {e.number for e in self._events}
        self._queues: list[deque[Event]] = [deque() for _ in range(WORKERS)]
        self._busy = [False] * WORKERS
        self._barrier: dict[int, int] = {}  # user -> the event that failed
        self._in_flight: dict[int, int] = {}
        self._agenda: list[tuple[float, int, str, int, Event | None]] = []
        self._order = self.requests = self.refused = 0
        self._left = len(self._events)

    def run(self) -> Run:
        self._plan(0.0, "look", 0, None)
        while self._left:
            now, _, what, worker, event = heapq.heappop(self._agenda)
            if what == "look":
                self._look(now)
                self._plan(now + READ_EVERY, "look", 0, None)
            elif event is not None and what == "arrives":
                self._plan(now + self._latency / 2, "taken" if self._limit.admits(now) else "refused", worker, event)
            elif event is not None:
                self._answered(now, what, worker, event)
        done = sorted(e.done for e in self._events if e.done is not None)
        delays = sorted(e.done - e.at for e in self._events if e.done is not None)
        return Run(self.requests, self.refused, delays, done, overtaken(self._events), max(e.tries for e in self._events))

    def _plan(self, when: float, what: str, worker: int, event: Event | None) -> None:
        self._order += 1
        heapq.heappush(self._agenda, (when, self._order, what, worker, event))

    def _look(self, now: float) -> None:
        """The router reads what is due in order, and deals it to the workers of its users."""
        read = 0
        for number in sorted(self._waiting):
            event = self._events[number]
            if event.at > now or read >= READ_MOST:
                break
            worker = event.user % WORKERS
            if event.due > now or self._is_held(event) or len(self._queues[worker]) >= BUFFER:
                continue
            read += 1
            self._waiting.discard(number)
            self._in_flight[event.user] = self._in_flight.get(event.user, 0) + 1
            self._queues[worker].append(event)
            self._work(now, worker)

    def _is_held(self, event: Event) -> bool:
        first = self._barrier.get(event.user)
        ordered = self._in_flight.get(event.user, 0) <= KEY_THRESHOLD
        return first is not None and event.number > first and ordered

    def _work(self, now: float, worker: int) -> None:
        while self._queues[worker] and not self._busy[worker]:
            event = self._queues[worker].popleft()
            if self._is_held(event):  # an earlier one failed meanwhile: no request, it comes back
                self._back(event)
                continue
            self._busy[worker] = True
            self.requests += 1
            event.tries += 1
            spread = self._dice.uniform(-self._jitter, self._jitter)
            self._plan(now + self._latency / 2 + spread, "arrives", worker, event)

    def _back(self, event: Event) -> None:
        self._waiting.add(event.number)
        self._in_flight[event.user] -= 1

    def _answered(self, now: float, what: str, worker: int, event: Event) -> None:
        self._busy[worker] = False
        if what == "taken":
            event.done = now
            self._left -= 1
            self._in_flight[event.user] -= 1
            if self._barrier.get(event.user) == event.number:
                del self._barrier[event.user]
        else:
            self.refused += 1
            event.due = now + min(LONGEST, BACKOFF * 2 ** (event.tries - 1))
            self._barrier.setdefault(event.user, event.number)
            self._back(event)
        self._work(now, worker)


def overtaken(events: Sequence[Event]) -> int:
    """Events of which a later one of the same user was delivered before."""
    newest: dict[int, float] = {}
    count = 0
    for event in reversed(events):
        assert event.done is not None
        count += newest.get(event.user, float("inf")) < event.done
        newest[event.user] = min(newest.get(event.user, float("inf")), event.done)
    return count
