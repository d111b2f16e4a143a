"""Time, chance and ids: the only door through which they come in."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
import uuid
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Time as everybody here sees it; tests and the simulation pass a virtual one."""

    def now_ms(self) -> int:
        """Wall clock, milliseconds since 1970 UTC."""

    def monotonic(self) -> float:
        """Seconds that never go back; for paces and time limits."""

    async def sleep(self, seconds: float) -> None:
        """Wait; a virtual clock returns as soon as its time has come."""


class Chance(Protocol):
    """Randomness and identifiers; a seeded one makes a run repeatable."""

    def fraction(self) -> float:
        """Uniform in [0, 1)."""

    def token(self, length: int, alphabet: str) -> str:
        """An unguessable text of `length` characters of `alphabet`."""

    def uuid4(self) -> str:
        """A random UUID, version 4, lower case with dashes."""


class SystemClock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class SystemChance:
    def fraction(self) -> float:
        return random.random()  # noqa: S311 - jitter, not a secret

    def token(self, length: int, alphabet: str) -> str:
        return "".join(secrets.choice(alphabet) for _ in range(length))

    def uuid4(self) -> str:
        return str(uuid.uuid4())


BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
HEX = "0123456789abcdef"
BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"


def rfc3339(at_ms: int) -> str:
    """`at_ms` (milliseconds since 1970 UTC) as RFC 3339 with milliseconds and Z."""
    at = datetime.fromtimestamp(at_ms // 1000, UTC)
    return f"{at.year:04d}-{at:%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"  # %Y does not fill up years before 1000
