"""The numbers that people read in the docs, to the last one: pauses, keys, patience, probes, the pace after a 429."""

from __future__ import annotations

import pytest

from headrace.delivery import health, keys, outcome, retry
from headrace.delivery.pace import HOLD, WINDOW, Pace
from headrace.delivery.port import NoAnswer
from headrace.delivery.turns import Turns
from headrace.destinations.port import Filtered, Pause, Policy, Refusal, Refused, Throttled, Unknown
from headrace.fate import Code, State
from tests.delivery.test_decisions import EVENT, NOW, POLICY, TIMEOUT, claimed

BUSY = Unknown(Code.SERVER_ERROR)


def most(failures: int, wish: float | None = None, late: bool = False) -> float:
    return retry.pause(failures, POLICY, 1.0, wish, late)


def test_pauses_double_from_one_second_to_a_quarter_of_an_hour() -> None:
    assert [most(n) for n in (1, 2, 3, 4, 10, 11, 12)] == [1, 2, 4, 8, 512, 900, 900]
    assert most(5_000) == 900
    assert retry.pause(5_000, Policy(retry_most=1e18), 1.0, None, False) == 2.0**30
    assert retry.pause(4, POLICY, 0.25, None, False) == 2


def test_a_wish_is_granted_up_to_an_hour_and_a_late_answer_is_given_thirty_seconds() -> None:
    assert most(1, wish=60) == 60
    assert most(1, wish=0.5) == 1
    assert most(1, wish=5_000) == 3_600
    assert most(1, late=True) == 30
    assert most(8, late=True) == 128
    assert most(1, wish=45, late=True) == 45


def test_a_key_protects_for_twenty_three_hours() -> None:
    day = 23 * 3_600_000
    assert not keys.expired(None, NOW)
    assert not keys.expired(NOW - day + 1, NOW)
    assert keys.expired(NOW - day, NOW)


def test_a_key_is_the_same_in_every_version() -> None:
    """Changing it would let an event through twice while an update is installed."""
    assert keys.key("d1", "s1", "m1", 0) == "b8d2a028369d45a3684cababc3ecaed5d3353fcf173b6efb8f3711d99cc11baf"
    assert keys.key("d", "1s", "m", 0) != keys.key("d1", "s", "m", 0)


def test_after_a_server_error_ada_waits_and_the_clock_of_her_key_starts_when_the_request_left() -> None:
    decided = outcome.decide(claimed(attempts=2), EVENT, BUSY, POLICY, NOW, NOW - 100, 0.5)
    settled = decided.settlement
    assert (settled.attempts, settled.key_open_since, settled.next_at) == (3, NOW - 100, NOW + 2_000)
    assert (decided.signal, decided.attempt) == ("failure", "retry in 2.0 s")
    again = outcome.decide(claimed(key_open_since=NOW - 9_000), EVENT, BUSY, POLICY, NOW, NOW - 100, 0.5)
    assert again.settlement.key_open_since == NOW - 9_000


def test_a_timeout_is_told_as_one_that_may_land_late() -> None:
    decided = outcome.decide(claimed(), EVENT, TIMEOUT, POLICY, NOW, NOW - 100, 0.5)
    assert decided.attempt == "retry in 30.0 s; may land late"
    assert decided.settlement.next_at == NOW + 30_000
    assert decided.settlement.reason.endswith("(no answer within 10 s)")
    refused = outcome.decide(claimed(), EVENT, NoAnswer("refused", "nobody listens"), POLICY, NOW, NOW - 100, 0.5)
    assert refused.settlement.key_open_since is None
    assert refused.settlement.reason.endswith("(nobody listens)")


@pytest.mark.parametrize(("wish", "at"), [(None, NOW), (2.5, NOW + 2_500), (9_999.0, NOW + 3_600_000)])
def test_who_is_asked_to_slow_down_keeps_the_head_of_the_lane(wish: float | None, at: int) -> None:
    before = claimed(attempts=4, key_turn=1, key_open_since=NOW - 5)
    decided = outcome.decide(before, EVENT, Throttled(wish), POLICY, NOW, NOW - 100, 0.5)
    settled = decided.settlement
    assert (settled.next_at, settled.attempts, settled.key_turn, settled.key_open_since) == (at, 4, 1, NOW - 5)
    assert decided.signal == "answered"


def test_patience_ends_above_its_hours_and_says_how_many_they_were() -> None:
    policy = Policy(patience=7_200.0)
    at_the_limit = outcome.decide(claimed(patience_used=7_200.0), EVENT, BUSY, policy, NOW, NOW - 100, 0.5)
    assert at_the_limit.settlement.state is State.RETRYING
    over = outcome.decide(claimed(patience_used=7_200.1), EVENT, BUSY, policy, NOW, NOW - 100, 0.5)
    assert (over.settlement.state, over.settlement.code, over.signal) == (State.DEAD, Code.PATIENCE, "failure")
    assert "(2 h)" in over.settlement.reason
    assert (over.settlement.attempts, over.settlement.key_open_since, over.attempt) == (1, NOW - 100, "given up")


def test_what_needs_no_request_is_final_with_its_reason() -> None:
    filtered = outcome.without_request(claimed(), Filtered(Code.STALE, "too old"), NOW)
    assert (filtered.state, filtered.code, filtered.reason, filtered.at) == (State.FILTERED, Code.STALE, "too old", NOW)
    unusable = outcome.without_request(claimed(), Refused(Code.INVALID_EVENT, "no name"), NOW)
    assert (unusable.state, unusable.code, unusable.attempts) == (State.DEAD, Code.INVALID_EVENT, 0)
    gone = outcome.gone(claimed(), NOW)
    assert (gone.state, gone.code) == (State.DEAD, Code.EXPIRED)


def test_an_interrupted_request_may_have_been_taken_since_it_left_first() -> None:
    assert outcome.interrupted(claimed(), NOW - 7).key_open_since == NOW - 7
    assert outcome.interrupted(claimed(key_open_since=NOW - 99), NOW - 7).key_open_since == NOW - 99


def test_while_a_destination_pauses_the_key_changes_only_if_nothing_was_left_open() -> None:
    pause = Pause(Code.KEY_REFUSED, "no such key")
    closed = outcome.paused(claimed(attempts=1), pause, NOW)
    assert (closed.state, closed.attempts, closed.key_turn, closed.next_at) == (State.RETRYING, 2, 1, NOW)
    still_open = outcome.paused(claimed(key_open_since=NOW - 5), pause, NOW)
    assert (still_open.key_turn, still_open.key_open_since) == (0, NOW - 5)


def test_probes_of_a_paused_destination_come_after_5_s_doubling_to_15_minutes() -> None:
    state = health.paused("d", Code.KEY_REFUSED, "no such key", 0)
    waits = [state.probe_at]
    for _ in range(9):
        state = health.probed_in_vain(state, 0)
        waits.append(state.probe_at)
    assert waits == [5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 640_000, 900_000, 900_000]
    assert (state.probes, state.code, state.reason) == (9, Code.KEY_REFUSED, "no such key")
    assert health.probed_in_vain(state, 0, Code.WRONG_ADDRESS, "elsewhere").reason == "elsewhere"


def test_probes_of_one_that_is_down_come_after_1_s_doubling_to_a_minute() -> None:
    state = health.down("d", Code.TIMEOUT, 100)
    waits = [state.probe_at]
    for _ in range(7):
        state = health.probed_in_vain(state, 100)
        waits.append(state.probe_at)
    assert waits == [1_100, 2_100, 4_100, 8_100, 16_100, 32_100, 60_100, 60_100]
    assert state.since == 100


@pytest.mark.parametrize("code", [Code.PAUSED_BY_HAND, Code.MANY_REFUSALS])
def test_what_a_person_has_to_look_at_is_not_probed(code: Code) -> None:
    assert health.paused("d", code, "look", 0).probe_at is None


def test_an_answer_ends_a_row_of_failures_but_not_one_of_refusals() -> None:
    signals = health.Signals()
    for number in range(20):
        signals.failure(f"u:{number}", number)
        signals.refusal(f"u:{number}")
    signals.answered()
    assert not signals.is_down(10**9)
    assert signals.is_refusing()
    signals.success()
    assert not signals.is_refusing()


def test_a_pace_begins_as_if_its_window_were_full() -> None:
    pace = Pace(10, 100.0)
    assert pace.wait(100.0) == pytest.approx(WINDOW)
    assert pace.wait(100.0 + WINDOW) == 0


def test_after_a_429_nothing_leaves_for_a_second_then_half_the_rate() -> None:
    pace = Pace(10, 0.0)
    pace.answered(5.0, 5.1, 429, None, None)
    assert pace.wait(5.1) == pytest.approx(HOLD)
    assert pace.allowed == 5
    allowed = []
    for after in (0.9, 1.001, 2.001, 10.001, 60.0):
        pace.wait(5.1 + after)
        allowed.append(round(pace.allowed, 3))
    assert allowed == [5, 5.5, 6, 10, 10]


def test_an_exhausted_window_holds_for_a_second_from_when_the_request_left() -> None:
    pace = Pace(10, 0.0)
    pace.answered(5.0, 5.1, 200, 10, 0)
    assert pace.wait(5.1) == pytest.approx(0.9)
    assert pace.wait(6.0) == 0


def test_without_a_limit_nobody_waits_until_a_429_teaches_one() -> None:
    pace = Pace(0, 0.0)
    for _ in range(1_000):
        assert pace.wait(1.0) == 0
        pace.reserve()
        pace.leave(1.0)
    pace.answered(1.0, 1.1, 200, None, 0)
    assert pace.wait(1.1) == 0
    pace.answered(2.0, 2.1, 429, None, None)
    assert pace.allowed == 10
    assert pace.wait(2.1) == pytest.approx(HOLD)


def test_a_slot_that_is_given_counts_until_it_is_used_or_given_back() -> None:
    pace = Pace(2, 0.0)
    now = 10.0
    pace.reserve()
    pace.reserve()
    assert pace.wait(now) > 0
    pace.give_back()
    assert pace.wait(now) == 0
    assert pace.wait_to_leave(now) == 0


def test_other_settings_begin_anew_and_the_same_ones_change_nothing() -> None:
    pace = Pace(10, 0.0)
    pace.answered(1.0, 1.1, 429, None, None)
    pace.configure(10)
    assert pace.allowed == 5
    pace.configure(4)
    assert pace.allowed == 4


def test_a_limit_that_is_told_never_raises_the_pace_and_none_is_no_limit() -> None:
    pace = Pace(10, 0.0)
    pace.answered(2.0, 2.1, 429, None, None)
    pace.answered(2.2, 2.3, 200, 8, 5)
    assert pace.allowed == 5
    pace = Pace(10, 0.0)
    pace.answered(1.0, 1.1, 200, 0, 5)
    assert pace.allowed == 10
    pace = Pace(1, 0.0)
    pace.answered(1.0, 1.1, 200, 5, 5)
    assert pace.allowed == 1
    pace.answered(2.0, 2.1, 429, None, None)
    assert pace.allowed == 0.5


def test_slots_that_another_pace_gave_count_beside_its_own() -> None:
    own, other = Pace(3, 0.0), Pace(3, 0.0)
    own.reserve()
    other.reserve()
    other.reserve()
    own.take_over(other)
    assert own.wait(5.0) > 0
    own.give_back()
    assert own.wait(5.0) == 0


def test_what_gives_way_still_does_after_two_queues_became_one() -> None:
    one, other = Turns[str](), Turns[str]()
    one.add("a", "backfill", True)
    one.move_to(other)
    assert len(one) == 0
    other.add("a", "live")
    assert [other.take(), other.take()] == ["live", "backfill"]


def test_one_turn_in_ten_goes_to_what_gives_way_and_destinations_come_in_turn() -> None:
    turns = Turns[str]()
    turns.add("a", "backfill", True)
    turns.add("a", "backfill", True)
    for n in range(20):
        turns.add("a" if n < 10 else "b", f"{'a' if n < 10 else 'b'}{n % 10}")
    taken = [turns.take() for _ in range(22)]
    assert [n for n, item in enumerate(taken) if item == "backfill"] == [9, 19]
    assert taken[:5] == ["a0", "b0", "a1", "b1", "a2"]


def test_a_refusal_at_the_door_keeps_the_key_of_what_may_have_been_taken() -> None:
    door = Refusal(Code.REFUSED, "no", True)
    kept = outcome.decide(claimed(key_turn=1, key_open_since=NOW - 5), EVENT, door, POLICY, NOW, NOW, 0.5).settlement
    assert (kept.state, kept.key_turn, kept.key_open_since, kept.held) == (State.DEAD, 1, NOW - 5, None)
    fresh = outcome.decide(claimed(key_turn=1), EVENT, door, POLICY, NOW, NOW, 0.5).settlement
    assert (fresh.key_turn, fresh.key_open_since) == (2, None)
