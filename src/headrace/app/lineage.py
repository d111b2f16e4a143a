"""Notices that the data directory was restored from a backup, or copied: then what waits may have been sent before.

A small file beside delivery.db is made anew at every beat (start, stop, and now and then), and delivery.db remembers which
file that was: by its inode and the inode's generation, which no copy has. A copied directory, a restored file, one that was
overwritten in place, or a delivery.db that went missing: each time the two no longer know each other. After `kill -9` or a
power loss they do, because delivery.db knows the file before and the file to come before the one replaces the other.

What it cannot see: a snapshot of the whole disk put back, where everything is as it was. `headrace up --restored` says so.
"""

from __future__ import annotations

import array
import fcntl
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from headrace.app.instance import OpenInstance
from headrace.delivery.port import DestinationHealth
from headrace.fate import OPEN, SENTENCES, Code

GENERATION = 0x80087601  # FS_IOC_GETVERSION


class Mark(msgspec.Struct, frozen=True):
    """One file, as no copy of it is. `generation` is None where the file system tells none."""

    inode: int
    generation: int | None

    def is_of(self, other: Mark) -> bool:
        if self.generation is None or other.generation is None:
            return self.inode == other.inode
        return self == other


class Remembered(msgspec.Struct, frozen=True):
    """In delivery.db: its own mark, and those of the small file now and before."""

    own: Mark
    beside: tuple[Mark, ...]


def mark(path: Path) -> Mark | None:
    """None when there is no such file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        inode = os.fstat(descriptor).st_ino
        answer = array.array("l", [0])
        try:
            fcntl.ioctl(descriptor, GENERATION, answer, True)
        except OSError:
            return Mark(inode, None)
        return Mark(inode, answer[0] & 0xFFFFFFFF)
    finally:
        os.close(descriptor)


def is_foreign(remembered: Remembered | None, own: Mark, beside: Mark | None, is_new: bool) -> bool:
    """Whether the files are not those that were written last. `is_new`: delivery.db has no progress at all yet. Pure."""
    if remembered is None:
        return is_new and beside is not None  # there has been a delivery.db here, and it knew more
    return beside is None or not own.is_of(remembered.own) or not any(beside.is_of(known) for known in remembered.beside)


async def beat(instance: OpenInstance) -> None:
    """Replace the small file. Kill it anywhere in here: what is left is known."""
    path, fresh = instance.data.lineage, instance.data.lineage.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.write_bytes(msgspec.json.encode({"at": instance.clock.now_ms()}) + b"\n")
    own, now, coming = mark(instance.data.delivery_db), mark(path), mark(fresh)
    assert own is not None
    known = tuple(m for m in (now, coming) if m is not None)
    await instance.delivery.remember_lineage(msgspec.json.encode(Remembered(own, known)))
    fresh.replace(path)


def was_restored(instance: OpenInstance) -> bool:
    raw = instance.delivery.lineage()
    remembered = msgspec.json.decode(raw, type=Remembered) if raw else None
    own = mark(instance.data.delivery_db)
    assert own is not None
    return is_foreign(remembered, own, mark(instance.data.lineage), instance.delivery.cursor() == 0)


async def pause_all(instance: OpenInstance) -> list[str]:
    """Every enabled destination, with what it would send again; one line for each."""
    unrouted = max(0, instance.log.head() - instance.delivery.cursor())
    counts, health = instance.journal.counts(), instance.delivery.health()
    told = []
    for d in instance.store.snapshot().destinations:
        known = health.get(d.id)
        if not d.enabled or (known is not None and known.state == "disabled"):
            continue
        reason = sentence(d.name, counts.get(d.id, {}), unrouted)
        now = instance.clock.now_ms()
        await instance.delivery.set_health(DestinationHealth(d.id, "paused", Code.RESTORED, reason, now))
        told.append(f"{d.name}: {reason}")
    return told


def sentence(name: str, counts: Mapping[Any, int], unrouted: int) -> str:
    waiting = sum(counts.get(state, 0) for state in OPEN)
    if not waiting and not unrouted:
        return f"{SENTENCES[Code.RESTORED]} Nothing waits now: `headrace resume --destination {name}` lets it go on."
    number = "1 waiting event" if waiting == 1 else f"{waiting} waiting events"
    more = f", and {unrouted} more of the log that are not routed yet" if unrouted else ""
    return (
        f"{SENTENCES[Code.RESTORED]} It would send {number}{more}. Look at them "
        f"(`headrace events --state waiting --destination {name}`), then `headrace resume --destination {name}` sends them."
    )


def shown(told: Sequence[str]) -> str:
    return "This data directory was restored or copied. Paused: " + " ".join(told)
