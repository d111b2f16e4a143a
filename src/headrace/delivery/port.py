"""What the delivery loop needs: the durable queue of lanes, events by position, and a way to send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

import msgspec

from headrace.destinations.port import Answer, Rendered
from headrace.event import Facts
from headrace.fate import Code, State


class Held(msgspec.Struct, frozen=True):
    """A request that is repeated exactly, whatever the settings say by then, because it may have been taken.

    The request of a fold, or one that was repaired. The first of `members` is the delivery that carries it.
    """

    rendered: Rendered
    members: tuple[int, ...]  # positions, in order
    key: str | None


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
    left_at: int | None  # ms at which its last request left, of one that was on its way when the process died
    patience_used: float  # seconds in which the destination answered others while this one waited for a retry
    received_at: int
    job: int = 0  # the replay or backfill that put it here; 0: live
    gives_way: bool = False  # to live deliveries
    force: bool = False  # a person wants it sent although it changes nothing, or is older than what was sent
    alone: bool = False  # a request that carried it together with others was refused
    held: Held | None = None


class Carried(msgspec.Struct, frozen=True):
    """What a request says of a contact, filed under every identifier it names, for one account."""

    account: str
    names: tuple[str, ...]  # "u:<userId>", "e:<email>"
    hash: str
    position: int  # of the newest event it carries
    everything: bool = False  # nothing that is remembered of the whole account holds any longer


class Sent(msgspec.Struct, frozen=True):
    """What is remembered of one identifier of an account."""

    hash: str | None  # of the last contact payload that a request carried; None: on its way, or unknown
    at: int  # ms
    position: int  # of the newest event whose contact payload was delivered
    carrier: int  # position of the delivery whose request carried it


class Intent(msgspec.Struct, frozen=True):
    """Written down before a request leaves: what would be repeated after a crash."""

    position: int
    destination_id: str
    at: int
    key: str | None
    body_hash: str
    members: tuple[int, ...]  # positions this request carries
    held: Held | None = None
    carried: Carried | None = None  # what it says of a contact is forgotten before it leaves
    key_turn: int | None = None  # n of the key where it is a new one


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
    carried_by: int | None = None  # position of the delivery whose request carried this one
    alone: bool = False
    held: Held | None = None
    carried: Carried | None = None  # what it said of a contact is remembered from now on


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

    async def claim(
        self, destination_id: str, limit: int, now: int, share: int = 0, most_behind: int | None = None
    ) -> list[Claimed]:
        """Up to `limit` deliveries that may leave now, lanes taking turns (a lane that was served goes to the end).

        `share` of them are for those that give way, if there are any; live ones come first for the rest. At most
        `most_behind` are such as give way.
        """

    async def followers(self, destination_id: str, position: int, limit: int) -> list[Claimed]:
        """Deliveries that never left and would be next in their lanes once `position` is final, then the next …, in order.

        They are claimed too: settle them, or hand them back.
        """

    async def members(self, destination_id: str, positions: Sequence[int]) -> list[Claimed]:
        """The open ones among these, claimed."""

    async def intend(self, intents: Sequence[Intent]) -> None:
        """State SENDING, durable when it returns."""

    async def settle(self, settlements: Sequence[Settlement]) -> None:
        """Durable when it returns; a final state lets the next of each lane become ready."""

    async def hand_back(self, destination_id: str, positions: Sequence[int]) -> None:
        """Give claims back unsent: they are due at once, first in turn."""

    async def next_due(self, destination_id: str) -> int | None:
        """ms at which the next delivery becomes due (0: one is due now), None when nothing waits."""

    async def clear_retry_times(self, destination_id: str, now: int) -> None:
        """Everything that waits for a retry of this destination is due now; what timed out is due 30 s after that."""

    async def cap_retry_times(self, destination_id: str, latest: int) -> None:
        """No retry of this destination is due later than `latest` (ms)."""

    def sent(self, account: str, names: Sequence[str]) -> dict[str, Sent]:
        """What is remembered of these identifiers, those of which something is."""

    async def forget_sent(self, account: str) -> None: ...

    def email_of(self, destination_id: str, lanes: Sequence[str]) -> str | None:
        """The one email among these lanes that was last seen with their user ID, and is so still; else None."""

    def team(self, pace_key: str) -> str | None:
        """The team that was last known to be behind a key."""

    async def remember_team(self, pace_key: str, team: str) -> None: ...

    async def settings_changed(self, destination_id: str, fingerprint: str) -> bool:
        """Whether these settings differ from those of the last call; they are remembered."""

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
