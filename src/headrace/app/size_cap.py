"""When the event log is over its size: what waits for destinations that are off ends, so that the log can let go of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec
import structlog

from headrace.delivery.port import DestinationHealth, Settlement
from headrace.fate import Code, State

log = structlog.get_logger(__name__)
STEP = 500  # deliveries ended in one commit
OFF = ("paused", "disabled")
WORDS = "The event log is over its size limit, and this destination is off. The event is kept here; replay it afterwards."


class Piece(msgspec.Struct, frozen=True):
    """A segment of the log: its last position and its size in bytes."""

    last: int
    bytes: int


class Queue(Protocol):
    def open_until(self, destination_id: str, position: int, limit: int) -> list[int]: ...
    async def settle(self, settlements: Sequence[Settlement]) -> None: ...


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
            await queue.settle([_ended(p, destination_id, message(p), now()) for p in positions])
            ended += len(positions)
    if ended:
        log.error("the event log is over its size limit: events of destinations that are off have expired", expired=ended)
    return ended


def _ended(position: int, destination_id: str, message: Mapping[str, Any] | None, now: int) -> Settlement:
    copy = msgspec.json.encode(message) if message is not None else None
    return Settlement(position, destination_id, State.DEAD, Code.EXPIRED, WORDS, now, 0, 0, None, copy=copy)
