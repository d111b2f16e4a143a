"""What one request carries: the first delivery of a lane, and those waiting behind it that may share its request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from headrace.delivery import fold, keys, memory, outcome
from headrace.delivery.fold import Fold, Member
from headrace.delivery.port import Claimed, Sent, Settlement
from headrace.delivery.setup import Setup
from headrace.destinations.port import Filtered, Message, Refused, Rendered
from headrace.fate import SENTENCES, Code, State


class Ready(msgspec.Struct, frozen=True):
    """A delivery and its event."""

    claimed: Claimed
    message: Message


class Gathered(msgspec.Struct, frozen=True):
    """`ended` were decided without a request; `left` do not join and stay where they are."""

    fold: Fold
    ended: tuple[Settlement, ...]
    left: tuple[int, ...]


def key_of(ready: Ready, rendered: Rendered) -> str | None:
    """Only events carry an idempotency key."""
    if rendered.kind != "event":
        return None
    message = ready.message
    claimed = ready.claimed
    return keys.key(claimed.destination_id, str(message["sourceId"]), str(message["messageId"]), claimed.key_turn)


def alone(ready: Ready, rendered: Rendered) -> Fold:
    return Fold((Member(ready.claimed, rendered.warnings),), rendered, key_of(ready, rendered))


def together(
    first: Fold,
    behind: Sequence[Ready],
    setup: Setup,
    known: Mapping[str, Sent],
    now: int,
) -> Gathered:
    """`behind`: in order, each next in its lanes once those before it are final."""
    made = first
    ended: list[Settlement] = []
    for number, ready in enumerate(behind):
        translated = setup.translate(ready.message, ready.claimed.facts, now)
        if isinstance(translated, Filtered | Refused):
            ended.append(with_copy(outcome.without_request(ready.claimed, translated, now), ready.message))
            continue
        if memory.superseded(ready.claimed, translated, known):
            ended.append(superseded(ready.claimed, now))
            continue
        joined = setup.kind.fold(made.rendered, translated, setup.settings) if not ready.claimed.alone else None
        if joined is None or len(made.members) >= fold.MOST:
            return Gathered(made, tuple(ended), tuple(r.claimed.position for r in behind[number:]))
        member = Member(ready.claimed, translated.warnings)
        made = Fold((*made.members, member), joined, key_of(ready, joined))
    return Gathered(made, tuple(ended), ())


def superseded(claimed: Claimed, now: int) -> Settlement:
    return outcome.settled(claimed, State.FILTERED, Code.SUPERSEDED, SENTENCES[Code.SUPERSEDED], now)


def unchanged(claimed: Claimed, carrier: int, now: int) -> Settlement:
    words = SENTENCES[Code.UNCHANGED]
    return outcome.settled(claimed, State.UNCHANGED, Code.UNCHANGED, words, now, carried_by=carrier)


def with_copy(settled: Settlement, message: Message) -> Settlement:
    """A dead letter keeps its event beyond the log's retention."""
    if settled.state is not State.DEAD:
        return settled
    return msgspec.structs.replace(settled, copy=msgspec.json.encode(message))
