"""What the delivery loop needs: the durable queue of lanes, events by position, and a way to send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

import msgspec

from headrace.destinations.port import Answer
from headrace.event import Facts
from headrace.fate import Code, State


class Claimed(msgspec.Struct, frozen=True):
    """A delivery that is first in all its lanes and due. Claims live in memory: after a crash it is due again."""

    position: int
    destination_id: str
    state: State  # WAITING, RETRYING, or SENDING (it was on its way when the process died)
    lanes: tuple[str, ...]
    facts: Facts
    attempts: int  # requests that left, 429 not counted
    key_turn: int  # n of the idempotency key
    key_open_since: int | None  # ms of the first attempt with this key whose outcome is unknown
    first_left_at: int | None  # ms
    patience_used: float  # seconds in which the destination answered others while this one waited for a retry
    received_at: int


class Intent(msgspec.Struct, frozen=True):
    """Written down before a request leaves: what would be repeated after a crash."""

    position: int
    destination_id: str
    at: int
    key: str | None
    body_hash: str
    members: tuple[int, ...]  # positions this request carries; one, until folding


class Settlement(msgspec.Struct, frozen=True):
    """What one answer (or a decision without a request) makes of a delivery."""

    position: int
    destination_id: str
    state: State  # RETRYING, or a final one; WAITING hands it back untouched
    code: Code
    reason: str
    at: int
    attempts: int
    key_turn: int
    key_open_since: int | None
    next_at: int | None = None  # ms; for RETRYING
    patience_used: float = 0.0
    warnings: tuple[str, ...] = ()
    copy: bytes | None = None  # the event as JSON, kept with a dead letter beyond the log's retention


class DestinationHealth(msgspec.Struct, frozen=True):
    """Kept across restarts. `running` moves to `paused` (key, address, by hand) or `down` (nobody answers)."""

    destination_id: str
    state: Literal["running", "paused", "down", "disabled"] = "running"
    code: Code | None = None
    reason: str = ""
    since: int = 0
    probe_at: int | None = None  # ms
    probes: int = 0  # probes made since it left "running"


class DeliveryStore(Protocol):
    """Lanes, ready queue and fates. Costs of `claim` and `settle` do not grow with the backlog."""

    async def claim(self, destination_id: str, limit: int, now: int) -> list[Claimed]:
        """Up to `limit` deliveries that may leave now, lanes taking turns (a lane that was served goes to the end)."""

    async def intend(self, intents: Sequence[Intent]) -> None:
        """State SENDING, durable when it returns."""

    async def settle(self, settlements: Sequence[Settlement]) -> None:
        """Durable when it returns; a final state lets the next of each lane become ready."""

    async def hand_back(self, destination_id: str, positions: Sequence[int]) -> None:
        """Give claims back unsent: they are due at once, first in turn."""

    async def next_due(self, destination_id: str) -> int | None:
        """ms at which the next delivery becomes due (0: one is due now), None when nothing waits."""

    async def clear_retry_times(self, destination_id: str, now: int) -> None:
        """Everything that waits for a retry of this destination is due now."""

    def health(self) -> dict[str, DestinationHealth]: ...

    async def set_health(self, health: DestinationHealth) -> None: ...


class EventSource(Protocol):
    def message(self, position: int) -> Mapping[str, Any] | None:
        """The event as destinations read it (decoded, with messageId, receivedAt, timestamps); None: no longer kept."""


class Outgoing(msgspec.Struct, frozen=True):
    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None
    timeout: float  # seconds for the whole exchange


class NoAnswer(msgspec.Struct, frozen=True):
    """`certain`: the request surely did not arrive (refused connection, failed look-up, forbidden address)."""

    kind: Literal["timeout", "broken", "refused", "name", "forbidden"]
    detail: str
    duration_ms: int = 0

    @property
    def certain(self) -> bool:
        return self.kind in ("refused", "name", "forbidden")


class Transport(Protocol):
    async def send(self, request: Outgoing) -> Answer | NoAnswer:
        """One request, redirects never followed. Never raises for what a network can do."""

    async def close(self) -> None: ...
