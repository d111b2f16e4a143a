"""What becomes of all whom a request carried, once it is known what its answer means, and what the health hears. Pure."""

from __future__ import annotations

import msgspec

from headrace.delivery import fold, outcome
from headrace.delivery.fold import Fold
from headrace.delivery.health import Signal
from headrace.delivery.port import Carried, NoAnswer, Settlement
from headrace.destinations.port import Ask, Pause, Policy, Rendered, Throttled, Unknown, Verdict
from headrace.fate import Code


class Result(msgspec.Struct, frozen=True):
    """`settlements` are written in one go; whoever of `back` is handed back as it was."""

    settlements: tuple[Settlement, ...] = ()
    signal: Signal = "none"
    pause: Pause | None = None
    back: tuple[int, ...] = ()


def answered(
    made: Fold, contact: Rendered, carried: Carried | None, said: Verdict | NoAnswer, policy: Policy, now: int, sent: int,
    fraction: float,
) -> tuple[Result, str]:  # fmt: skip
    """With the sentence of the attempt, "" where it was told with the question. `contact`: the request without its event."""
    if isinstance(said, Pause):
        return Result(tuple(fold.paused(made, said, now)), "answered", said), ""
    if isinstance(said, Ask):  # the question itself was not answered
        return Result(tuple(fold.unsure(made, policy, now, fraction, said.refusal)), "failure"), ""
    if len(made.members) > 1:
        outcomes = fold.decide(made, contact, said, policy, now, sent, fraction)
    else:
        only = made.members[0]
        outcomes = [outcome.decide(only.claimed, made.rendered, said, policy, now, sent, fraction, only.warnings)]
    settlements = [o.settlement for o in outcomes]
    if carried is not None and settlements[0].code is Code.DELIVERED:  # a 409 does not say what became of the contact
        settlements[0] = msgspec.structs.replace(settlements[0], carried=carried)
    return Result(tuple(settlements), outcomes[0].signal), outcomes[0].attempt


def unprepared(made: Fold, said: Verdict | NoAnswer, policy: Policy, now: int, sent: int, fraction: float) -> Result:
    """What had to be there first is not: the first waits, whoever would have gone with it is as before."""
    back = tuple(m.claimed.position for m in made.members[1:])
    if isinstance(said, Pause):
        return Result((outcome.paused(made.carrier, said, now),), "answered", said, back)
    if isinstance(said, Throttled):
        decided = outcome.decide(made.carrier, made.rendered, said, policy, now, sent, fraction)
        return Result((decided.settlement,), "answered", None, back)
    code = said.code if isinstance(said, Unknown) else Code.CONNECTION
    return Result((outcome.unsure(made.carrier, code, policy, now, fraction),), "failure", None, back)
