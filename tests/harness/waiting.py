"""Waiting for another process, with a limit and a reason; nothing else in the tests waits by the clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
PAUSE = 0.05  # s between two looks


def until(look: Callable[[], T | None], what: str, within: float = 30.0) -> T:
    """The first true value that `look` gives; fails saying `what` was waited for."""
    end = time.monotonic() + within
    rest = threading.Event()
    while True:
        value = look()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {within:.0f} s in vain: {what}")
        rest.wait(PAUSE)
