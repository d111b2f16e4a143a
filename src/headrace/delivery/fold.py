"""Several waiting deliveries of one lane in one request: what an answer makes of each of them. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from headrace.delivery import outcome
from headrace.delivery.outcome import Outcome, Said
from headrace.delivery.port import Claimed, Held, NoAnswer, Settlement
from headrace.destinations.port import Delivered, KeyUsed, Pause, Policy, Refusal, Rendered, Throttled, Unknown
from headrace.fate import SENTENCES, Code, State

MOST = 20  # deliveries in one request


class Member(msgspec.Struct, frozen=True):
    claimed: Claimed
    warnings: tuple[str, ...] = ()


class Fold(msgspec.Struct, frozen=True):
    """The first member carries the others. An event can only be the last of them."""

    members: tuple[Member, ...]
    rendered: Rendered
    key: str | None

    @property
    def carrier(self) -> Claimed:
        return self.members[0].claimed

    @property
    def newest(self) -> int:
        return self.members[-1].claimed.position

    @property
    def is_open(self) -> bool:
        """Whether an earlier request of these very members may have been taken."""
        return any(m.claimed.key_open_since is not None for m in self.members)

    def held(self) -> Held:
        return Held(self.rendered, tuple(m.claimed.position for m in self.members), self.key)

    def keeping(self, held: Held) -> Fold:
        """Whatever happens to it by itself, its request is repeated as it was written down."""
        first = self.members[0]
        claimed = msgspec.structs.replace(first.claimed, held=held)
        return msgspec.structs.replace(self, members=(Member(claimed, first.warnings), *self.members[1:]))


def interrupted(fold: Fold, at: int) -> Fold:
    """It was on its way when the process died."""
    members = tuple(Member(outcome.interrupted(m.claimed, m.claimed.left_at or at), m.warnings) for m in fold.members)
    return msgspec.structs.replace(fold, members=members)


def decide(fold: Fold, contact: Rendered, said: Said, policy: Policy, now: int, sent: int, fraction: float) -> list[Outcome]:
    """One outcome a member, in their order. `contact` is the request without its event."""
    match said:
        case Delivered() | Unknown():
            return [_each(fold, m, said, policy, now, sent, fraction) for m in fold.members]
        case KeyUsed() if fold.rendered.kind == "event":
            return [
                *_contact_once_more(fold, contact, now),
                _each(fold, fold.members[-1], said, policy, now, sent, fraction),
            ]
        case Refusal():
            return singly(fold, now, said.at_the_door)
        case KeyUsed():
            return singly(fold, now)
        case Throttled():
            return _kept_or_released(fold, said, policy, now, sent, fraction)
        case NoAnswer():
            if said.certain:
                return _kept_or_released(fold, said, policy, now, sent, fraction)
            return [_each(fold, m, said, policy, now, sent, fraction) for m in fold.members]
    raise AssertionError(f"no row of the table for {said!r}")


def _each(fold: Fold, member: Member, said: Said, policy: Policy, now: int, sent: int, fraction: float) -> Outcome:
    decided = outcome.decide(member.claimed, fold.rendered, said, policy, now, sent, fraction, member.warnings)
    changed: dict[str, Any] = {}
    if decided.settlement.state in (State.DELIVERED, State.RETRYING) and member is not fold.members[0]:
        changed["carried_by"] = fold.carrier.position
    if decided.settlement.state is State.RETRYING and member is fold.members[0]:
        changed["held"] = fold.held()
    settlement = msgspec.structs.replace(decided.settlement, **changed)
    return msgspec.structs.replace(decided, settlement=settlement)


def _kept_or_released(fold: Fold, said: Said, policy: Policy, now: int, sent: int, fraction: float) -> list[Outcome]:
    """It was not taken this time. Unless it may have been before, nobody is bound to the others."""
    if fold.is_open:
        return [_each(fold, m, said, policy, now, sent, fraction) for m in fold.members]
    first = outcome.decide(fold.carrier, fold.rendered, said, policy, now, sent, fraction)
    return [first, *(_back(m, first, now) for m in fold.members[1:])]


def _back(member: Member, first: Outcome, now: int) -> Outcome:
    waits = outcome.settled(member.claimed, State.WAITING, Code.ROUTED, SENTENCES[Code.ROUTED], now)
    return Outcome(waits, "none", first.attempt)


def _contact_once_more(fold: Fold, contact: Rendered, now: int) -> list[Outcome]:
    """The event is decided; whether its contact part was taken with it nobody knows. It changes nothing to send it again."""
    rest = fold.members[:-1]
    held = Held(contact, tuple(m.claimed.position for m in rest), None)
    words = "the key was used: the contact part is sent once more"
    reason = "The event with which it was sent had been taken before; its own part is sent once more."
    outcomes = []
    for m in rest:
        first = m is rest[0]
        changed: dict[str, Any] = {
            "attempts": m.claimed.attempts + 1,
            "key_open_since": None,
            "next_at": now,
            "held": held if first else None,
            "carried_by": None if first else fold.carrier.position,
        }
        waits = outcome.settled(m.claimed, State.RETRYING, Code.INTERRUPTED, reason, now, m.warnings, **changed)
        outcomes.append(Outcome(waits, "answered", words))
    return outcomes


def singly(fold: Fold, now: int, at_the_door: bool = False) -> list[Outcome]:
    """Refused together decides nothing: each leaves by itself, in order, with a fate of its own."""
    words = "refused together; each is sent by itself"
    reason = "The request that carried it together with others was refused; it is sent by itself."
    outcomes = []
    for m in fold.members:
        turn = (outcome.not_taken if at_the_door else outcome.refused)(m.claimed) | {"held": None}
        waits = outcome.settled(
            m.claimed, State.RETRYING, Code.REFUSED, reason, now, m.warnings,
            attempts=m.claimed.attempts + 1, next_at=now, alone=True, **turn,
        )  # fmt: skip
        outcomes.append(Outcome(waits, "answered", words))
    return outcomes


def paused(fold: Fold, pause: Pause, now: int) -> list[Settlement]:
    """The destination is at fault: all wait; together if they may have been taken before, else as if they had not left."""
    first = outcome.paused(fold.carrier, pause, now)
    if len(fold.members) == 1 or not fold.is_open:
        return [first, *(_back(m, Outcome(first, "none", ""), now).settlement for m in fold.members[1:])]
    rest = [outcome.paused(m.claimed, pause, now) for m in fold.members[1:]]
    return [msgspec.structs.replace(first, held=fold.held()), *rest]


def unsure(fold: Fold, policy: Policy, now: int, fraction: float, refusal: Refusal) -> list[Settlement]:
    """Nobody answered whether the key is still good: as if it were not."""
    first = outcome.unsure(fold.carrier, Code.CONNECTION, policy, now, fraction, refusal)
    if len(fold.members) == 1 or not fold.is_open:
        return [first, *(_back(m, Outcome(first, "none", ""), now).settlement for m in fold.members[1:])]
    rest = [outcome.unsure(m.claimed, Code.CONNECTION, policy, now, fraction, refusal) for m in fold.members[1:]]
    return [msgspec.structs.replace(first, held=fold.held()), *rest]


def key_expired(fold: Fold, contact: Rendered, policy: Policy, now: int) -> list[Settlement] | None:
    """The key of its event protects no longer: the event is for a person to decide, the contact part is sent once more."""
    if fold.rendered.kind != "event":
        return None
    ended = outcome.before_sending(fold.members[-1].claimed, "event", policy, now)
    if ended is None:
        return None
    return [*(o.settlement for o in _contact_once_more(fold, contact, now)), ended]
