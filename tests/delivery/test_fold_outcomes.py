"""What an answer to a shared request makes of each call it carried."""

from __future__ import annotations

import pytest

from headrace.delivery import fold, gather
from headrace.delivery.fold import Fold, Member
from headrace.delivery.outcome import Outcome
from headrace.delivery.port import NoAnswer
from headrace.destinations.loops.fold import without_event
from headrace.destinations.port import (
    Delivered,
    KeyUsed,
    Pause,
    Policy,
    Refusal,
    Rendered,
    Request,
    Throttled,
    Unknown,
)
from headrace.fate import Code, State
from tests.delivery.test_decisions import NOW, POLICY, claimed

EVENT = Rendered(
    Request("POST", "/v1/events/send", {"plan": "pro", "userId": "ada", "eventName": "newUser"}),
    "event", "ada", None, {"plan": "pro"}, {}, "newUser",
)  # fmt: skip
HOUR = 3_600_000


def folded(**more: object) -> Fold:
    """Two identifies and the track behind them."""
    members = (Member(claimed(position=1, **more)), Member(claimed(position=2, **more)), Member(claimed(position=3, **more)))
    return Fold(members, EVENT, "key")


def decided(it: Fold, said: object) -> list[Outcome]:
    return fold.decide(it, without_event(EVENT), said, POLICY, NOW, NOW - 50, 0.5)  # type: ignore[arg-type]


def states(outcomes: list[Outcome]) -> list[State]:
    return [o.settlement.state for o in outcomes]


def test_all_are_delivered_and_name_the_one_that_carried_them() -> None:
    outcomes = decided(folded(), Delivered())
    assert states(outcomes) == [State.DELIVERED] * 3
    assert [o.settlement.carried_by for o in outcomes] == [None, 1, 1]


@pytest.mark.parametrize("said", [Unknown(Code.SERVER_ERROR), NoAnswer("timeout", ""), NoAnswer("broken", "")])
def test_an_unknown_outcome_binds_them_to_each_other_under_the_same_key(said: object) -> None:
    outcomes = decided(folded(), said)
    assert states(outcomes) == [State.RETRYING] * 3
    held = outcomes[0].settlement.held
    assert held is not None
    assert (held.members, held.key, held.rendered) == ((1, 2, 3), "key", EVENT)
    assert {o.settlement.key_open_since for o in outcomes} == {NOW - 50}
    assert [o.settlement.key_turn for o in outcomes] == [0, 0, 0]


@pytest.mark.parametrize("said", [Throttled(), NoAnswer("refused", ""), NoAnswer("name", "")])
def test_what_was_not_taken_for_certain_lets_the_others_go(said: object) -> None:
    outcomes = decided(folded(), said)
    assert states(outcomes) == [State.RETRYING, State.WAITING, State.WAITING]
    assert outcomes[0].settlement.held is None


def test_unless_an_earlier_request_of_theirs_may_have_been_taken() -> None:
    outcomes = decided(folded(key_open_since=NOW - HOUR), Throttled())
    assert states(outcomes) == [State.RETRYING] * 3
    assert outcomes[0].settlement.held is not None


def test_a_refusal_decides_nothing_and_they_leave_singly_under_new_keys() -> None:
    outcomes = decided(folded(), Refusal(Code.REFUSED, "no such plan"))
    assert states(outcomes) == [State.RETRYING] * 3
    assert all(o.settlement.alone and o.settlement.held is None for o in outcomes)
    assert [o.settlement.key_turn for o in outcomes] == [1, 1, 1]
    assert {o.settlement.next_at for o in outcomes} == {NOW}


@pytest.mark.parametrize(
    ("open_since", "state", "code"), [(NOW - 5, State.DELIVERED, Code.DELIVERED_409), (None, State.DEAD, Code.KEY_USED)]
)
def test_after_a_409_the_event_is_decided_and_the_contacts_part_is_sent_once_more(
    open_since: int | None, state: State, code: Code
) -> None:
    *identifies, event = decided(folded(key_open_since=open_since), KeyUsed())
    assert (event.settlement.state, event.settlement.code) == (state, code)
    assert states(identifies) == [State.RETRYING] * 2
    held = identifies[0].settlement.held
    assert held is not None
    assert held.members == (1, 2)
    assert (held.key, held.rendered.kind) == (None, "contact")
    assert held.rendered.request.body == {"plan": "pro", "userId": "ada"}


def test_a_pause_keeps_them_together_only_if_they_may_have_been_taken() -> None:
    pause = Pause(Code.KEY_REFUSED, "no")
    free = fold.paused(folded(), pause, NOW)
    assert [s.state for s in free] == [State.RETRYING, State.WAITING, State.WAITING]
    assert free[0].key_turn == 1
    bound = fold.paused(folded(key_open_since=NOW - 5), pause, NOW)
    assert [s.state for s in bound] == [State.RETRYING] * 3
    assert bound[0].held is not None
    assert [s.key_turn for s in bound] == [0, 0, 0], "a closed door says nothing of the attempt before"


def test_when_the_key_has_expired_the_event_is_for_a_person_and_the_contact_still_arrives() -> None:
    ended = fold.key_expired(folded(key_open_since=NOW - 24 * HOUR), without_event(EVENT), POLICY, NOW)
    assert ended is not None
    assert [s.code for s in ended] == [Code.INTERRUPTED, Code.INTERRUPTED, Code.OUTCOME_UNKNOWN]
    assert ended[0].held is not None
    assert fold.key_expired(folded(), without_event(EVENT), POLICY, NOW) is None
    sends = Policy(after_key_expiry="send")
    assert fold.key_expired(folded(key_open_since=NOW - 24 * HOUR), without_event(EVENT), sends, NOW) is None


def test_a_request_that_was_on_its_way_when_the_power_went_may_have_been_taken() -> None:
    again = fold.interrupted(folded(left_at=NOW - 9), NOW)
    assert again.is_open
    assert again.carrier.key_open_since == NOW - 9


def test_a_delivered_event_keeps_no_copy_and_a_dead_one_does() -> None:
    good, bad = (decided(folded(key_open_since=o), KeyUsed())[-1].settlement for o in (NOW - 5, None))
    assert gather.with_copy(good, {"messageId": "m"}).copy is None
    assert gather.with_copy(bad, {"messageId": "m"}).copy == b'{"messageId":"m"}'
