"""What is looked at: destinations, failed events, waiting events, the disk, the audit; each with its limits. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import msgspec

from headrace.alarms.rules import Measure

HOUR = 3_600_000  # ms
EASE = 0.8  # an alarm ends when its measure is below so much of what started it
FULL = 0.8  # of what the event log may take
PAUSED_FOR = 5_000  # ms; a destination that is being configured pauses for a moment
DOWN_FOR = 60_000  # ms; a destination that is back within a minute wakes nobody


class Limits(msgspec.Struct, frozen=True):
    """From the settings."""

    waiting: float  # s that the oldest event of a destination may wait
    dead: int  # failed events of a destination within an hour
    free_bytes: int
    keep_waiting: float  # s
    keep_waiting_bytes: int
    retention_bytes: int


class Watched(msgspec.Struct, frozen=True):
    """One destination as it is now."""

    name: str
    state: str
    reason: str
    dead_more: int  # failed events that came within the last hour
    oldest_waiting: int | None  # ms since 1970 when the event that waits longest began to


class Readings(msgspec.Struct, frozen=True):
    destinations: Sequence[Watched]
    free_bytes: int
    waiting_bytes: int
    pinned_bytes: int  # of the event log, which cannot be dropped because of events that wait
    differences: Sequence[str]


class Growth:
    """How much a number has grown within the last hour; begins anew with the process."""

    def __init__(self, window: int = HOUR) -> None:
        self._window = window
        self._samples: deque[tuple[int, int]] = deque()

    def of(self, value: int, now: int) -> int:
        while self._samples and self._samples[0][0] <= now - self._window:
            self._samples.popleft()
        while self._samples and self._samples[-1][1] >= value:
            self._samples.pop()  # the lowest since is what growth is counted from
        self._samples.append((now, value))
        return value - self._samples[0][1]


def measures(readings: Readings, limits: Limits, now: int) -> list[Measure]:
    found: list[Measure] = []
    for watched in readings.destinations:
        found += _destination(watched, limits, now)
    found.append(_disk(readings, limits))
    found.append(_audit(readings))
    if limits.keep_waiting_bytes:
        found.append(_bytes(readings, limits))
    if limits.retention_bytes:
        found.append(_pinned(readings, limits))
    return found


def _destination(watched: Watched, limits: Limits, now: int) -> list[Measure]:
    name, state = watched.name, watched.state
    found = [
        Measure("paused", name, float(state == "paused"), 1, 1, f"{name} is paused. {watched.reason}", after=PAUSED_FOR),
        Measure("down", name, float(state == "down"), 1, 1, f"{name} is down. {watched.reason}", after=DOWN_FOR),
    ]
    if limits.dead:
        more = watched.dead_more
        sentence = f"{more} events failed at {name} within an hour. `headrace events --state dead` shows why."
        found.append(Measure("dead_growing", name, more, limits.dead, max(1.0, limits.dead * EASE), sentence))
    age = 0.0 if watched.oldest_waiting is None else max(0.0, (now - watched.oldest_waiting) / 1000)
    # a disabled destination waits because somebody wants it to: only the end of its patience is worth a word
    if limits.waiting and state != "disabled":
        sentence = f"The oldest event for {name} has waited for {duration(age)}. `headrace status` says what holds it up."
        found.append(Measure("waiting_long", name, age, limits.waiting, limits.waiting * EASE, sentence))
    if limits.keep_waiting:
        half = limits.keep_waiting / 2
        sentence = (
            f"The oldest event for {name} has waited for {duration(age)}; after {duration(limits.keep_waiting)} "
            "(HEADRACE_KEEP_WAITING) it expires: kept as a failed event, not sent by itself."
        )
        found.append(Measure("expiring", name, age, half, half * EASE, sentence))
    return found


def _disk(readings: Readings, limits: Limits) -> Measure:
    free = readings.free_bytes
    sentence = f"Only {size(free)} of disk space are free. Free some: when it runs out, the gateway refuses events."
    # counted as what is missing, so that more is worse as everywhere
    return Measure("disk", "", limits.free_bytes - free, 1, -(1 - EASE) * limits.free_bytes, sentence)


def _audit(readings: Readings) -> Measure:
    number = len(readings.differences)
    first = readings.differences[0] if readings.differences else ""
    sentence = f"The audit found that events and fates differ: {first} `headrace audit` shows all of it."
    return Measure("audit", "", number, 1, 1, sentence)


def _bytes(readings: Readings, limits: Limits) -> Measure:
    half = limits.keep_waiting_bytes / 2
    sentence = (
        f"Waiting events take {size(readings.waiting_bytes)}; over {size(limits.keep_waiting_bytes)} "
        "(HEADRACE_KEEP_WAITING_BYTES) the oldest expire: kept as failed events, not sent by themselves."
    )
    return Measure("queue_large", "", readings.waiting_bytes, half, half * EASE, sentence)


def _pinned(readings: Readings, limits: Limits) -> Measure:
    starts = limits.retention_bytes * FULL
    sentence = (
        f"Waiting events hold {size(readings.pinned_bytes)} of the event log; over {size(limits.retention_bytes)} "
        "(HEADRACE_RETENTION_BYTES) what waits for paused and disabled destinations expires."
    )
    return Measure("log_held", "", readings.pinned_bytes, starts, starts * EASE, sentence)


def duration(seconds: float) -> str:
    """`3 days`, `5 h`, `12 min`: as a person says it."""
    for unit, length in ((" days", 86_400), (" h", 3_600), (" min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f}{unit}"
    return f"{seconds:.0f} s"


def size(number: float) -> str:
    for unit, length in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if number >= length:
            return f"{number / length:.1f} {unit}"
    return f"{number:.0f} bytes"
