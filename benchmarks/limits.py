"""The kinds of limits that "10 requests a second" may mean. A refused request does not count, unless it is said to."""

from __future__ import annotations

from collections import deque
from typing import Protocol


class Limit(Protocol):
    def admits(self, now: float) -> bool: ...

    def remaining(self) -> int: ...


class Sliding:
    """At most `rate` in any second."""

    def __init__(self, rate: int = 10) -> None:
        self._rate = rate
        self._seen: deque[float] = deque()

    def admits(self, now: float) -> bool:
        while self._seen and self._seen[0] <= now - 1:
            self._seen.popleft()
        if len(self._seen) >= self._rate:
            return False
        self._seen.append(now)
        return True

    def remaining(self) -> int:
        return self._rate - len(self._seen)


class Fixed:
    """At most `rate` in each second of the clock."""

    def __init__(self, rate: int = 10) -> None:
        self._rate = rate
        self._second, self._count = -1, 0

    def admits(self, now: float) -> bool:
        if int(now) != self._second:
            self._second, self._count = int(now), 0
        if self._count >= self._rate:
            return False
        self._count += 1
        return True

    def remaining(self) -> int:
        return self._rate - self._count


class Bucket:
    """A bucket of `rate` tokens that fills with `rate` a second."""

    def __init__(self, rate: int = 10) -> None:
        self._rate = rate
        self._tokens, self._at = float(rate), 0.0

    def admits(self, now: float) -> bool:
        self._tokens = min(float(self._rate), self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def remaining(self) -> int:
        return int(self._tokens)


class Free:
    """No limit."""

    def admits(self, now: float) -> bool:
        return True

    def remaining(self) -> int:
        return 1000


KINDS = {"sliding window": Sliding, "fixed window": Fixed, "token bucket": Bucket}
