"""What an answer makes of a delivery: the table of outcomes, as a pure function."""

from __future__ import annotations

from typing import Any

import msgspec

from headrace.delivery import keys, retry
from headrace.delivery.health import Signal
from headrace.delivery.port import Claimed, NoAnswer, Settlement
from headrace.destinations.port import (
    Delivered,
    Filtered,
    KeyUsed,
    Pause,
    Policy,
    Refusal,
    Refused,
    Rendered,
    Throttled,
    Unknown,
)
from headrace.fate import SENTENCES, Code, State

Said = Delivered | Throttled | Unknown | KeyUsed | Refusal | NoAnswer
LATE = "may land late"


class Outcome(msgspec.Struct, frozen=True):
    """The settlement, what the destination's health should hear, and the sentence of the attempt."""

    settlement: Settlement
    signal: Signal
    attempt: str


def settled(
    claimed: Claimed, state: State, code: Code, reason: str, now: int, warnings: tuple[str, ...] = (), **changed: Any
) -> Settlement:
    base = Settlement(
        position=claimed.position,
        destination_id=claimed.destination_id,
        state=state,
        code=code,
        reason=reason,
        at=now,
        attempts=claimed.attempts,
        key_turn=claimed.key_turn,
        key_open_since=claimed.key_open_since,
        patience_used=claimed.patience_used,
        warnings=warnings,
        alone=claimed.alone,
    )
    return msgspec.structs.replace(base, **changed)


def refused(claimed: Claimed) -> dict[str, Any]:
    """After a definite refusal the key is a new one: had an earlier attempt under it been taken, the answer were 409.

    Nor has the request to be repeated exactly any longer.
    """
    return {"key_turn": claimed.key_turn + 1, "key_open_since": None, "held": None}


def not_taken(claimed: Claimed) -> dict[str, Any]:
    """Not taken this time, and to be repeated by itself: while an earlier attempt may have been taken, only its key keeps a
    second effect away."""
    return {"held": claimed.held} if claimed.key_open_since is not None else refused(claimed)


def without_request(claimed: Claimed, translation: Filtered | Refused, now: int) -> Settlement:
    """Filtered by a setting, or unusable: final without a request."""
    state = State.FILTERED if isinstance(translation, Filtered) else State.DEAD
    return settled(claimed, state, translation.code, translation.reason, now)


def gone(claimed: Claimed, now: int) -> Settlement:
    """The event is no longer in the log."""
    return settled(claimed, State.DEAD, Code.EXPIRED, SENTENCES[Code.EXPIRED], now)


def before_sending(claimed: Claimed, kind: str, policy: Policy, now: int) -> Settlement | None:
    """A track left open for longer than its key protects is not repeated by itself."""
    if kind == "event" and policy.after_key_expiry == "dead" and keys.expired(claimed.key_open_since, now):
        return settled(claimed, State.DEAD, Code.OUTCOME_UNKNOWN, SENTENCES[Code.OUTCOME_UNKNOWN], now)
    return None


def interrupted(claimed: Claimed, sent_at: int) -> Claimed:
    """It was on its way when the process died: an attempt whose outcome is unknown since then."""
    return msgspec.structs.replace(claimed, key_open_since=claimed.key_open_since or sent_at)


def decide(
    claimed: Claimed,
    rendered: Rendered,
    said: Said,
    policy: Policy,
    now: int,
    sent: int,
    fraction: float,
    warnings: tuple[str, ...] | None = None,
) -> Outcome:
    """`sent` (ms) is when the request left; `fraction` is chance in [0, 1); `warnings`: the event's own, in a fold."""
    attempts = claimed.attempts + 1
    warnings = rendered.warnings if warnings is None else warnings
    match said:
        case Delivered(code):
            ended = settled(claimed, State.DELIVERED, code, SENTENCES[code], now, warnings, attempts=attempts)
            return Outcome(ended, "success", "delivered")
        case KeyUsed() if claimed.key_open_since is not None:
            code = Code.DELIVERED_409
            ended = settled(claimed, State.DELIVERED, code, SENTENCES[code], now, warnings, attempts=attempts)
            return Outcome(ended, "success", "delivered (409)")
        case KeyUsed():
            ended = settled(claimed, State.DEAD, Code.KEY_USED, SENTENCES[Code.KEY_USED], now, warnings, attempts=attempts)
            return Outcome(ended, "refusal", "refused: the key was used before")
        case Refusal(code, reason, at_the_door):
            turn = {"attempts": attempts} | (not_taken(claimed) | {"held": None} if at_the_door else refused(claimed))
            return Outcome(settled(claimed, State.DEAD, code, reason, now, warnings, **turn), "refusal", "refused")
        case Throttled(wish):
            at = now + int(1000 * min(wish, retry.LONGEST_WISH)) if wish else now
            code = Code.RATE_LIMITED
            waits = settled(claimed, State.RETRYING, code, SENTENCES[code], now, warnings, next_at=at, held=claimed.held)
            return Outcome(waits, "answered", "asked to slow down")
        case Unknown(code, wish):
            return _again(claimed, code, policy, now, sent, fraction, wish, late=False, certain=False, warnings=warnings)
        case NoAnswer():
            code = Code.TIMEOUT if said.kind == "timeout" else Code.CONNECTION
            late = said.kind == "timeout"
            return _again(
                claimed, code, policy, now, sent, fraction, None, late, said.certain, warnings, f" ({said.detail})"
            )
    raise AssertionError(f"no row of the table for {said!r}")


def _again(
    claimed: Claimed,
    code: Code,
    policy: Policy,
    now: int,
    sent: int,
    fraction: float,
    wish: float | None,
    late: bool,
    certain: bool,
    warnings: tuple[str, ...],
    detail: str = "",
) -> Outcome:
    attempts = claimed.attempts + 1
    open_since = claimed.key_open_since
    if not certain:  # the clock of the key starts with the first attempt that may have been taken
        open_since = open_since or sent
    seconds = retry.pause(attempts, policy, fraction, wish, late)
    reason = f"{SENTENCES[code]}{detail}"
    if claimed.patience_used > policy.patience:
        hours = policy.patience / 3600
        words = f"{SENTENCES[Code.PATIENCE]} ({hours:g} h). Last: {reason}"
        ended = settled(
            claimed, State.DEAD, Code.PATIENCE, words, now, warnings, attempts=attempts, key_open_since=open_since
        )
        return Outcome(ended, "failure", "given up")
    waits = settled(
        claimed,
        State.RETRYING,
        code,
        reason,
        now,
        warnings,
        attempts=attempts,
        key_open_since=open_since,
        next_at=now + int(seconds * 1000),
        held=claimed.held,
    )
    words = f"retry in {seconds:.1f} s" + (f"; {LATE}" if late else "")
    return Outcome(waits, "failure", words)


def paused(claimed: Claimed, pause: Pause, now: int) -> Settlement:
    """Refused for what the destination is, not for what the event is: it waits at its lane's head."""
    return settled(
        claimed,
        State.RETRYING,
        pause.code,
        pause.reason,
        now,
        attempts=claimed.attempts + 1,
        next_at=now,
        **not_taken(claimed),
    )


def unsure(
    claimed: Claimed, code: Code, policy: Policy, now: int, fraction: float, refusal: Refusal | None = None
) -> Settlement:
    """A question or a preparation got no answer: again later. `refusal`: what the delivery itself was answered with."""
    attempts = claimed.attempts + 1
    seconds = retry.pause(attempts, policy, fraction, None, late=False)
    changed: dict[str, Any] = {"held": claimed.held}
    if refusal is not None:
        changed = not_taken(claimed) if refusal.at_the_door else refused(claimed)
    at = now + int(seconds * 1000)
    return settled(claimed, State.RETRYING, code, SENTENCES[code], now, attempts=attempts, next_at=at, **changed)
