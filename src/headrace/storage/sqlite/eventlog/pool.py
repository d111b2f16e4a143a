"""A few open files out of many: the one that was not asked for the longest is closed for the next."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection
from pathlib import Path

import apsw

from headrace.storage.sqlite.eventlog.segment import UnbornError

CACHE = "pragma cache_size=-256"  # KiB of each; the system keeps the files' pages anyway


class Pool:
    """Not safe by itself: whoever uses it has a lock, and is done with one connection before asking for the next."""

    def __init__(self, most: int, connect: Callable[[Path], apsw.Connection]) -> None:
        self._most = most
        self._connect = connect
        self._open: OrderedDict[Path, apsw.Connection] = OrderedDict()

    def get(self, path: Path) -> apsw.Connection | None:
        """None: dropped a moment ago, or just being made."""
        found = self._open.get(path)
        if found is not None:
            self._open.move_to_end(path)
            return found
        try:
            found = self._connect(path)
        except (apsw.CantOpenError, UnbornError):
            return None
        found.execute(CACHE)
        self._open[path] = found
        if len(self._open) > self._most:
            self._open.popitem(last=False)[1].close()
        return found

    def keep(self, paths: Collection[Path]) -> None:
        """Lets go of all others: a file that was removed takes its space while it is open."""
        for gone in [path for path in self._open if path not in paths]:
            self._open.pop(gone).close()

    def close(self) -> None:
        self.keep(())
