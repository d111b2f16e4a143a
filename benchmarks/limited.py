"""A stand-in for Loops with a limit, on a port of its own and in a thread; says when each request came, and keeps no bodies."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from tests.harness.standin import GOOD, KEY, Answer, Seen, StandIn, usual

from benchmarks.limits import Limit


class Limited:
    """`came` hears of every request that is taken: when (monotonic), path and body."""

    def __init__(self, limit: Limit, came: Callable[[float, str, Any], None] = lambda at, path, body: None) -> None:
        self.limit, self.came = limit, came
        self.taken = self.refused = 0
        self._lock = threading.Lock()
        self._standin = StandIn(self._decide)
        self.url = self._standin.url

    def __enter__(self) -> Limited:
        self._standin.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._standin.__exit__(kind, error, trace)

    def _decide(self, seen: Seen) -> Answer:
        with self._lock:
            self._standin.seen.clear()  # a million of them would be this process's memory
            if not self.limit.admits(seen.at):
                self.refused += 1
                return 429, {"success": False}
            self.taken += 1
            self.came(seen.at, seen.path, seen.body)
        return usual(seen) if seen.method == "GET" else (200, GOOD)

    def file(self, rate: float, **settings: Any) -> str:
        """A workspace file that sends there."""
        more = "".join(f", {key}: {value}" for key, value in settings.items())
        return (
            "version: 1\ndestinations:\n"
            f"  - {{name: loops, type: loops, settings: {{api_key: '{KEY}', base_url: '{self.url}', rate: {rate:g}{more}}}}}\n"
            "connections:\n  - {source: website, destination: loops}\n"
        )


def wait_for(look: Callable[[], bool], within: float) -> None:
    end = time.monotonic() + within
    while not look():
        if time.monotonic() > end:
            raise AssertionError(f"waited {within:.0f} s in vain")
        time.sleep(0.05)
