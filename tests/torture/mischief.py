"""A Loops that misbehaves as the real one may, keeps idempotency keys as it does, and counts what took effect."""

from __future__ import annotations

import random
import threading
from collections import Counter
from typing import Any

from tests.harness.standin import GOOD, Answer, Seen, usual


class Mischief:
    """`decide` for a StandIn. What it answers says nothing certain about what it did."""

    def __init__(self, chance: random.Random) -> None:
        self.effects: Counter[str] = Counter()  # event name -> how often it took effect
        self.calm = False  # when true it only does what it should
        self._chance = chance
        self._used: set[str] = set()
        self._lock = threading.Lock()

    def decide(self, seen: Seen) -> Answer:
        if seen.method == "GET":
            return usual(seen)
        with self._lock:
            dice = 1.0 if self.calm else self._chance.random()
            if dice < 0.04:
                return 500, {"success": False}
            if dice < 0.06:
                return "break"
            if dice < 0.065:  # few: each halves a pace that has ten requests a second at most from then on
                return 429, {"success": False}
            answer = self._take(seen)
            if dice < 0.10:
                return 502, {"success": False}  # it took effect, and says it did not
            return "break" if dice < 0.12 else answer

    def _take(self, seen: Seen) -> Answer:
        key = seen.headers.get("idempotency-key")
        if key is not None and key in self._used:
            return 409, {"success": False, "message": "Idempotency key already used"}
        if key is not None:
            self._used.add(key)
        if (name := seen.body.get("eventName")) is not None:
            self.effects[name] += 1
        return 200, GOOD


def said(body: dict[str, Any]) -> list[str]:
    """messageIds that a request carries, in order: an identify's stands in its trait `step`, a track's is its name."""
    return [str(body[key]) for key in ("step", "eventName") if key in body]
