"""The decisions of delivery, without a clock, a network or a disk."""

from __future__ import annotations

import math
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.delivery import health, keys, masking, outcome, retry
from headrace.delivery.pace import WINDOW, Pace
from headrace.delivery.port import Claimed, NoAnswer
from headrace.destinations.port import Delivered, KeyUsed, Policy, Refusal, Rendered, Request, Throttled, Unknown
from headrace.event import Facts
from headrace.fate import Code, State

POLICY = Policy()
EVENT = Rendered(Request("POST", "/v1/events/send"), "event")
NOW = 1_000_000_000


def claimed(**more: object) -> Claimed:
    base: dict[str, object] = {
        "position": 7, "destination_id": "d", "state": State.WAITING, "lanes": ("u:ada",), "facts": Facts(), "attempts": 0,
        "key_turn": 0, "key_open_since": None, "left_at": None, "patience_used": 0.0, "received_at": NOW,
    }  # fmt: skip
    return Claimed(**(base | more))  # type: ignore[arg-type]


TIMEOUT = NoAnswer("timeout", "no answer within 10 s")


@pytest.mark.parametrize(
    ("said", "before", "state", "code", "turn", "is_open"),
    [
        (Delivered(), claimed(), State.DELIVERED, Code.DELIVERED, 0, False),
        (KeyUsed(), claimed(key_open_since=NOW - 5), State.DELIVERED, Code.DELIVERED_409, 0, True),
        (KeyUsed(), claimed(), State.DEAD, Code.KEY_USED, 0, False),
        (Refusal(Code.REFUSED, "no"), claimed(key_open_since=NOW - 5), State.DEAD, Code.REFUSED, 1, False),
        (Throttled(), claimed(), State.RETRYING, Code.RATE_LIMITED, 0, False),
        (Unknown(Code.SERVER_ERROR), claimed(), State.RETRYING, Code.SERVER_ERROR, 0, True),
        (TIMEOUT, claimed(), State.RETRYING, Code.TIMEOUT, 0, True),
        (NoAnswer("broken", "x"), claimed(), State.RETRYING, Code.CONNECTION, 0, True),
        (NoAnswer("refused", "x"), claimed(), State.RETRYING, Code.CONNECTION, 0, False),
        (NoAnswer("name", "x"), claimed(), State.RETRYING, Code.CONNECTION, 0, False),
        (TIMEOUT, claimed(patience_used=POLICY.patience + 1), State.DEAD, Code.PATIENCE, 0, True),
    ],
)
def test_the_table_of_outcomes(
    said: outcome.Said, before: Claimed, state: State, code: Code, turn: int, is_open: bool
) -> None:
    settled = outcome.decide(before, EVENT, said, POLICY, NOW, NOW - 100, 0.5).settlement
    assert (settled.state, settled.code, settled.key_turn) == (state, code, turn)
    assert (settled.key_open_since is not None) == is_open
    assert settled.attempts == (0 if isinstance(said, Throttled) else 1)
    assert settled.reason


def test_a_track_left_open_for_23_hours_is_not_sent_again_by_itself() -> None:
    old = claimed(key_open_since=NOW - keys.EXPIRES_AFTER)
    expired = outcome.before_sending(old, "event", POLICY, NOW)
    assert expired is not None
    assert expired.code is Code.OUTCOME_UNKNOWN
    assert outcome.before_sending(old, "contact", POLICY, NOW) is None
    assert outcome.before_sending(old, "event", Policy(after_key_expiry="send"), NOW) is None
    assert outcome.before_sending(claimed(key_open_since=NOW - 1), "event", POLICY, NOW) is None


def test_a_key_is_short_stays_and_changes_with_each_turn() -> None:
    first = keys.key("d", "s", "m" * 500, 0)
    assert len(first) <= 100
    assert first == keys.key("d", "s", "m" * 500, 0)
    assert len({first, keys.key("d", "s", "m" * 500, 1), keys.key("d2", "s", "m" * 500, 0)}) == 3


@given(st.integers(1, 60), st.floats(0, 0.999), st.none() | st.floats(0, 10_000), st.booleans())
def test_pauses_grow_and_never_undercut_what_was_asked(failures: int, chance: float, wish: float | None, late: bool) -> None:
    seconds = retry.pause(failures, POLICY, chance, wish, late)
    assert 0 <= seconds <= 3600
    assert not late or seconds >= 30
    assert wish is None or seconds >= min(wish, 3600)


@pytest.mark.parametrize("rate", [1, 2, 10, 25])
@given(data=st.data())
def test_never_more_than_the_rate_in_any_second_and_nearly_all_of_it_when_there_is_work(
    rate: int, data: st.DataObject
) -> None:
    pace, now, left = Pace(rate, 0.0), 0.0, []
    latencies = data.draw(st.lists(st.floats(0.0, 0.4), min_size=5, max_size=5))
    window: deque[float] = deque()
    while now < 30:
        wait = pace.wait(now)
        if wait > 0:
            now += wait
            continue
        pace.reserve()
        assert pace.wait_to_leave(now) == 0
        pace.leave(now)
        left.append(now)
        window.append(now)
        while now - window[0] > 1.0:
            window.popleft()
        assert len(window) <= rate
        now += latencies[len(left) % 5] / 100
    assert len(left) >= 0.9 * rate * (30 - 2)


@pytest.mark.parametrize("rate", [0.3, 1, 2, 5, 10])
@given(steps=st.lists(st.tuples(st.floats(0.0, 1.5), st.floats(0.0, 1.5), st.booleans()), max_size=60))
def test_what_left_before_a_429_counts_in_the_window_as_wide_as_it_is_after_it(
    rate: float, steps: list[tuple[float, float, bool]]
) -> None:
    pace, now = Pace(rate, 0.0), 0.0
    left: list[float] = []
    for pause, answer, throttled in steps:
        while (wait := pace.wait(now)) > 0:
            now += wait
        burst = max(1, min(math.ceil(pace.allowed), int(rate)))
        span = WINDOW * burst / pace.allowed
        assert sum(at > now - span + 1e-9 for at in left) < burst
        assert pace.allowed <= rate
        pace.reserve()
        pace.leave(now)
        left.append(now)
        if throttled:
            pace.answered(now, now + answer, 429, None, None)
        now += pause


def test_a_429_halves_once_for_all_that_were_on_their_way_and_it_recovers() -> None:
    pace = Pace(10, 0.0)
    for sent in (2.0, 2.01, 2.02):
        pace.answered(sent, 2.1, 429, 10, 0)
    assert pace.allowed == 5
    assert pace.wait(2.2) > 0
    pace.wait(20.0)
    assert pace.allowed == 10


def test_a_smaller_limit_that_the_destination_tells_replaces_ours_and_a_larger_one_does_not() -> None:
    pace = Pace(10, 0.0)
    pace.answered(1.0, 1.1, 200, 4, 3)
    assert pace.allowed == 4
    pace.answered(1.0, 1.1, 200, 100, 99)
    assert pace.allowed == 4


def test_five_failures_of_different_people_mean_down_and_probes_come_ever_later() -> None:
    signals = health.Signals()
    for number in range(5):
        assert not signals.is_down(number)
        signals.failure(f"u:{number}", number)
    assert signals.is_down(5)
    state = health.down("d", Code.TIMEOUT, 0)
    waits = []
    for _ in range(10):
        after = health.probed_in_vain(state, 0)
        waits.append(after.probe_at or 0)
        state = after
    assert waits == sorted(waits)
    assert waits[-1] == health.LAST_PROBE_DOWN


def test_one_person_in_trouble_does_not_make_a_destination_down_at_once() -> None:
    signals = health.Signals()
    for number in range(20):
        signals.failure("u:ada", number)
    assert not signals.is_down(20)
    assert signals.is_down(health.ONLY_LANE_FOR)


def test_twenty_refusals_of_different_people_in_a_row_pause() -> None:
    signals = health.Signals()
    for number in range(19):
        signals.refusal(f"u:{number}")
    assert not signals.is_refusing()
    signals.success()
    signals.refusal("u:x")
    assert not signals.is_refusing()


def test_secrets_are_masked_wherever_they_stand() -> None:
    secret = "0123456789abcdef0123456789abcdef"
    shown = masking.mask({"Authorization": f"Bearer {secret}", "n": [1, f"x{secret}y"]}, (secret,))
    assert secret not in str(shown)
    assert shown["Authorization"] == "Bearer ••••cdef"
