"""A disk that keeps only what was synced: SQLite's files through a VFS that remembers every write until its sync."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw

SECTOR = 512  # bytes that are written whole or not at all
NAME = "headrace-simulated-disk"
BASE = apsw.vfs_names()[0]  # the default before ours takes its place


class _Write:
    __slots__ = ("after", "before", "offset", "size_before")

    def __init__(self, offset: int, before: bytes, after: bytes | None, size_before: int) -> None:
        self.offset = offset  # of a truncation: the new size
        self.before = before
        self.after = after  # None: a truncation
        self.size_before = size_before


class Disk(apsw.VFS):
    """Files live under `root/<life>/`. `wrote` hears of each write, not synced yet, and of each sync before it."""

    def __init__(self, root: Path) -> None:
        super().__init__(NAME, BASE, makedefault=True)
        self.root = root
        self.unsynced: dict[str, list[_Write]] = {}
        self.wrote: Callable[[], None] = lambda: None

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        if flags[0] & (apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL):
            return _File(self, name, flags)
        return apsw.VFSFile(BASE, name, flags)

    def is_clean(self) -> bool:
        """Whether everything that was written is synced."""
        return not any(self.unsynced.values())

    def image(self, life: Path, into: Path, dice: random.Random | None) -> int:
        """What the files hold after the power went (`dice`: which unsynced writes survive), or after kill -9 (None).

        How many unsynced writes there were.
        """
        into.mkdir()
        lost = 0
        for file in sorted(life.iterdir()):
            if file.name.endswith("-shm"):
                continue
            copy = into / file.name
            shutil.copyfile(file, copy)
            pending = self.unsynced.get(str(file), [])
            lost += len(pending)
            if dice is not None and pending:
                _tear(copy, pending, dice)
        return lost

    def forget(self, life: Path) -> None:
        for name in [n for n in self.unsynced if n.startswith(str(life))]:
            del self.unsynced[name]


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        super().__init__(BASE, name, flags)
        self._disk = disk
        self._name = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        self._pending = disk.unsynced.setdefault(self._name, [])

    def xWrite(self, data: bytes, offset: int) -> None:
        size = self.xFileSize()
        before = self.xRead(min(len(data), size - offset), offset) if offset < size else b""
        self._pending.append(_Write(offset, before, bytes(data), size))
        super().xWrite(data, offset)
        self._disk.wrote()

    def xTruncate(self, size: int) -> None:
        now = self.xFileSize()
        if size < now:
            self._pending.append(_Write(size, self.xRead(now - size, size), None, now))
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:
        self._disk.wrote()
        self._pending.clear()


def _tear(copy: Path, pending: list[_Write], dice: random.Random) -> None:
    """Undo everything since the last sync, then let some of it have happened: whole, in part, out of order."""
    with copy.open("r+b") as file:
        for write in reversed(pending):
            file.seek(write.offset)
            file.write(write.before)
            file.truncate(write.size_before)
        mode = dice.choice(("none", "first", "some"))
        kept = {"none": [], "first": pending[: dice.randint(0, len(pending))], "some": pending}[mode]
        for write in kept:
            if mode == "some" and dice.random() < 0.5:
                continue
            if write.after is None:
                file.truncate(write.offset)
                continue
            torn = dice.random() < 0.3 and len(write.after) > SECTOR
            part = write.after[: SECTOR * dice.randrange(1, len(write.after) // SECTOR + 1)] if torn else write.after
            file.seek(write.offset)
            file.write(part)
