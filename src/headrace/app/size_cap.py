"""When the event log is over its size: what waits for destinations that are off ends, so that the log can let go of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec
import structlog

from headrace.delivery.port import DestinationHealth
from headrace.fate import Code

log = structlog.get_logger(__name__)
STEP = 500  # deliveries ended in one commit
OFF = ("paused", "disabled")
WORDS = "The event log is over its size limit, and this destination is off. The event is kept here; replay it afterwards."


class Piece(msgspec.Struct, frozen=True):
    """A segment of the log: its last position and its size in bytes."""

    last: int
    bytes: int


class Ending(Protocol):
    """Keeps what an attempt that may have been taken left open, so that a replay asks first."""

    async def end(self, ends: Sequence[tuple[int, str, bytes | None]], code: Code, reason: str, now: int) -> int: ...


class Queue(Protocol):
    @property
    def queue(self) -> Ending: ...
    def open_until(self, destination_id: str, position: int, limit: int) -> list[int]: ...


def let_go_of(pieces: Sequence[Piece], low_water: int, most: int) -> int:
    """Position up to which deliveries pin more than may be kept; 0: none. The newest piece is written to, and stays."""
    over = sum(piece.bytes for piece in pieces) - most
    cut = 0
    for piece in pieces[:-1]:
        if over <= 0:
            break
        over -= piece.bytes
        cut = piece.last
    return cut if cut > low_water else 0


async def expire(
    queue: Queue,
    destinations: Mapping[str, DestinationHealth],
    until: int,
    message: Callable[[int], Mapping[str, Any] | None],
    now: Callable[[], int],
) -> int:
    """Ends the oldest deliveries of destinations that are off; how many. Each keeps its own copy of the event."""
    ended = 0
    for destination_id, health in destinations.items():
        while health.state in OFF and (positions := queue.open_until(destination_id, until, STEP)):
            copies = [(p, destination_id, _copy(message(p))) for p in positions]
            number = await queue.queue.end(copies, Code.EXPIRED, WORDS, now())
            ended += number
            if not number:
                break  # they are on their way this very moment
    if ended:
        log.error("the event log is over its size limit: events of destinations that are off have expired", expired=ended)
    return ended


def _copy(message: Mapping[str, Any] | None) -> bytes | None:
    return msgspec.json.encode(message) if message is not None else None
