"""When an alarm starts and ends: limits with room between them, and time that has to pass."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.alarms.rules import CALM, Alarm, Measure, active, step

MINUTE = 60_000


def measure(value: float, after: int = 0, subject: str = "loops") -> Measure:
    return Measure("waiting_long", subject, value, 100, 80, f"{value} s", after)


def through(values: list[tuple[int, float]], after: int = 0) -> list[tuple[int, str]]:
    """(time, what changed) while the measure goes through (time, value)."""
    alarms: dict[str, Alarm] = {}
    told: list[tuple[int, str]] = []
    for at, value in values:
        alarms, changes = step(alarms, [measure(value, after)], at)
        told += [(at, c.what) for c in changes]
    return told


@pytest.mark.parametrize(
    ("values", "after", "told"),
    [
        ([(0, 50)], 0, []),
        ([(0, 100)], 0, [(0, "started")]),
        ([(0, 100), (10, 500)], 0, [(0, "started")]),
        # between the limits nothing changes, either way
        ([(0, 90)], 0, []),
        ([(0, 100), (MINUTE, 90), (9 * MINUTE, 90)], 0, [(0, "started")]),
        # good for a minute, then it is over
        ([(0, 100), (10, 10), (10 + CALM, 10)], 0, [(0, "started"), (10 + CALM, "ended")]),
        # good for less than that: still the same alarm
        ([(0, 100), (10, 10), (CALM, 100), (CALM + 20, 10), (2 * CALM, 10)], 0, [(0, "started")]),
        # it has to be bad for some time first
        ([(0, 100), (MINUTE - 1, 100)], MINUTE, []),
        ([(0, 100), (MINUTE, 100)], MINUTE, [(MINUTE, "started")]),
        ([(0, 100), (10, 10), (20, 100), (MINUTE + 10, 100)], MINUTE, []),
    ],
)
def test_an_alarm_starts_and_ends_when_it_should(
    values: list[tuple[int, float]], after: int, told: list[tuple[int, str]]
) -> None:
    assert through(values, after) == told


@given(
    st.lists(st.tuples(st.integers(1, 2 * CALM), st.floats(0, 200)), max_size=60),
    st.sampled_from([0, MINUTE]),
)
def test_whatever_happens_starts_and_ends_alternate_and_no_alarm_is_shorter_than_a_minute(
    moves: list[tuple[int, float]], after: int
) -> None:
    at, values = 0, []
    for wait, value in moves:
        at += wait
        values.append((at, value))
    told = through(values, after)
    assert [what for _, what in told] == ["started", "ended"] * (len(told) // 2) + ["started"] * (len(told) % 2)
    for (start, _), (end, _) in zip(told[::2], told[1::2], strict=False):
        assert end - start >= CALM


def test_what_is_not_measured_any_longer_ends() -> None:
    alarms, _ = step({}, [measure(100), measure(100, subject="hook")], 0)
    assert [a.subject for a in active(alarms)] == ["hook", "loops"]
    alarms, changes = step(alarms, [measure(100)], 1)
    assert [(c.what, c.alarm.subject) for c in changes] == [("ended", "hook")]
    assert [a.subject for a in active(alarms)] == ["loops"]


def test_an_alarm_tells_its_newest_sentence_while_it_is_bad_and_keeps_it_while_it_gets_better() -> None:
    alarms, _ = step({}, [measure(100)], 0)
    alarms, _ = step(alarms, [measure(300)], 10)
    alarms, _ = step(alarms, [measure(90)], 20)
    assert active(alarms)[0].sentence == "300 s"
