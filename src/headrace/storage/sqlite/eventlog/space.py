"""Whether the disk has room for more events: a look now and then, not one for each block."""

from __future__ import annotations

import shutil
from pathlib import Path

from headrace.clock import Clock

EVERY = 0.5  # s between two looks


class FreeSpace:
    def __init__(self, directory: Path, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock
        self.look_again()

    def look_again(self) -> None:
        """Before the next answer."""
        self._seen = -EVERY
        self._free = 0

    def is_at_least(self, least: int) -> bool:
        now = self._clock.monotonic()
        if now - self._seen >= EVERY:
            self._free = shutil.disk_usage(self._directory).free
            self._seen = now
        return self._free >= least
