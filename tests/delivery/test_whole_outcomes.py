"""Each row of the table of outcomes as the whole record that is written, field for field."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from headrace.delivery import health, outcome
from headrace.delivery.port import DestinationHealth, Held, NoAnswer, Settlement
from headrace.destinations.port import Delivered, KeyUsed, Pause, Policy, Refusal, Throttled, Unknown
from headrace.fate import SENTENCES, Code, State
from tests.delivery.test_decisions import EVENT, NOW, POLICY, claimed

HELD = Held(EVENT, (7, 8), "key")
BEFORE = claimed(attempts=2, key_turn=3, key_open_since=NOW - 900, patience_used=1.5, alone=True, held=HELD)
CLOSED = msgspec.structs.replace(BEFORE, key_open_since=None)
SENT = NOW - 100
WARNED = msgspec.structs.replace(EVENT, warnings=("cut to 500 characters",))


def record(state: State, code: Code, **more: Any) -> Settlement:
    """What is written: everything as it was but for what the row says."""
    told: dict[str, Any] = {"reason": SENTENCES[code], "attempts": 3, "key_turn": 3, "key_open_since": NOW - 900}
    told |= {"patience_used": 1.5, "warnings": WARNED.warnings, "alone": True}
    return Settlement(7, "d", state, code, at=NOW, **(told | more))


NEW_KEY = {"key_turn": 4, "key_open_since": None}


@pytest.mark.parametrize(
    ("said", "written", "signal", "attempt"),
    [
        (Delivered(), record(State.DELIVERED, Code.DELIVERED), "success", "delivered"),
        (KeyUsed(), record(State.DELIVERED, Code.DELIVERED_409), "success", "delivered (409)"),
        (Refusal(Code.REFUSED, "no"), record(State.DEAD, Code.REFUSED, reason="no", **NEW_KEY), "refusal", "refused"),
        (
            Throttled(2.0),
            record(State.RETRYING, Code.RATE_LIMITED, attempts=2, next_at=NOW + 2_000, held=HELD),
            "answered",
            "asked to slow down",
        ),
        (
            Unknown(Code.SERVER_ERROR),
            record(State.RETRYING, Code.SERVER_ERROR, next_at=NOW + 2_000, held=HELD),
            "failure",
            "retry in 2.0 s",
        ),
        (
            Unknown(Code.SERVER_ERROR, 60.0),
            record(State.RETRYING, Code.SERVER_ERROR, next_at=NOW + 60_000, held=HELD),
            "failure",
            "retry in 60.0 s",
        ),
        (
            NoAnswer("broken", "cut"),
            record(
                State.RETRYING, Code.CONNECTION, next_at=NOW + 2_000, held=HELD, reason=f"{SENTENCES[Code.CONNECTION]} (cut)"
            ),
            "failure",
            "retry in 2.0 s",
        ),
    ],
)
def test_what_is_written_after_each_answer(said: outcome.Said, written: Settlement, signal: str, attempt: str) -> None:
    decided = outcome.decide(BEFORE, WARNED, said, POLICY, NOW, SENT, 0.5)
    assert decided == outcome.Outcome(written, signal, attempt)  # type: ignore[arg-type]


def test_a_key_that_was_used_by_nobody_of_ours_is_a_dead_letter() -> None:
    decided = outcome.decide(CLOSED, WARNED, KeyUsed(), POLICY, NOW, SENT, 0.5)
    written = record(State.DEAD, Code.KEY_USED, key_open_since=None)
    assert decided == outcome.Outcome(written, "refusal", "refused: the key was used before")


def test_what_is_written_when_patience_ends() -> None:
    policy = Policy(patience=1.0)
    decided = outcome.decide(BEFORE, WARNED, Unknown(Code.SERVER_ERROR), policy, NOW, SENT, 0.5)
    assert decided.settlement.reason.endswith(f"Last: {SENTENCES[Code.SERVER_ERROR]}")
    assert decided.settlement == record(State.DEAD, Code.PATIENCE, reason=decided.settlement.reason)


def test_in_a_fold_an_event_keeps_its_own_warnings() -> None:
    decided = outcome.decide(BEFORE, WARNED, Delivered(), POLICY, NOW, SENT, 0.5, ("its own",))
    assert decided.settlement.warnings == ("its own",)


def test_what_is_written_when_a_question_got_no_answer() -> None:
    written = record(State.RETRYING, Code.CONNECTION, next_at=NOW + 2_000, held=HELD, warnings=())
    assert outcome.unsure(BEFORE, Code.CONNECTION, POLICY, NOW, 0.5) == written
    refused = outcome.unsure(BEFORE, Code.CONNECTION, POLICY, NOW, 0.5, Refusal(Code.REFUSED, "no"))
    assert refused == msgspec.structs.replace(written, held=None, key_turn=4, key_open_since=None)
    door = outcome.unsure(BEFORE, Code.CONNECTION, POLICY, NOW, 0.5, Refusal(Code.REFUSED, "no", True))
    assert door == written, "an earlier attempt may have been taken, and only its key keeps a second effect away"


def test_what_is_written_while_the_destination_pauses_and_without_a_request() -> None:
    pause = Pause(Code.KEY_REFUSED, "no such key")
    written = record(State.RETRYING, Code.KEY_REFUSED, reason="no such key", next_at=NOW, held=HELD, warnings=())
    assert outcome.paused(BEFORE, pause, NOW) == written
    gone = record(State.DEAD, Code.EXPIRED, attempts=2, warnings=())
    assert outcome.gone(BEFORE, NOW) == gone
    old = msgspec.structs.replace(BEFORE, key_open_since=0)
    ended = record(State.DEAD, Code.OUTCOME_UNKNOWN, attempts=2, warnings=(), key_open_since=0)
    assert outcome.before_sending(old, "event", POLICY, NOW) == ended


def test_the_health_that_is_kept() -> None:
    assert health.running("d", 9) == DestinationHealth("d", "running", None, "", 9)
    disabled = DestinationHealth("d", "disabled", Code.DISABLED, SENTENCES[Code.DISABLED], 9)
    assert health.disabled("d", 9) == disabled
    assert health.paused("d", Code.KEY_REFUSED, "no", 9) == DestinationHealth(
        "d", "paused", Code.KEY_REFUSED, "no", 9, 5_009
    )
    reason = f"{SENTENCES[Code.TIMEOUT]} Headrace tries again by itself; the queue is kept."
    assert health.down("d", Code.TIMEOUT, 9) == DestinationHealth("d", "down", Code.TIMEOUT, reason, 9, 1_009)


def test_a_success_ends_every_row_and_its_clock() -> None:
    signals = health.Signals()
    signals.failure("u:ada", 0)
    signals.success()
    signals.failure("u:ada", 50_000)
    assert not signals.is_down(60_000)
    assert signals.is_down(110_000)
