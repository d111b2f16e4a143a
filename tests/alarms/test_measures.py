"""What is alarming, by its limits."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.alarms.measures import HOUR, PAUSED_FOR, Growth, Limits, Readings, Watched, duration, measures, size
from headrace.alarms.rules import step

NOW = 1_800_000_000_000
DAY = 86_400_000
LIMITS = Limits(
    waiting=3600,
    dead=20,
    free_bytes=2 * 10**9,
    keep_waiting=30 * 86_400,
    keep_waiting_bytes=10 * 10**9,
    retention_bytes=20 * 10**9,
)
WELL = Watched("loops", "running", "", 0, None)


def alarming(watched: Watched = WELL, limits: Limits = LIMITS, **changed: Any) -> set[str]:
    readings = msgspec.structs.replace(Readings((watched,), 50 * 10**9, 0, 0, ()), **changed)
    seen = measures(readings, limits, NOW)
    alarms, changes = step({}, seen, NOW)
    _, later = step(alarms, seen, NOW + PAUSED_FOR)
    return {c.alarm.kind for c in changes + later}


@pytest.mark.parametrize(
    ("changed", "kinds"),
    [
        ({}, set()),
        ({"state": "paused"}, {"paused"}),
        ({"state": "disabled"}, set()),
        ({"dead_more": 19}, set()),
        ({"dead_more": 20}, {"dead_growing"}),
        ({"oldest_waiting": NOW - HOUR + 1000}, set()),
        ({"oldest_waiting": NOW - HOUR}, {"waiting_long"}),
        ({"oldest_waiting": NOW - 16 * DAY}, {"waiting_long", "expiring"}),
        # a person has switched it off: what waits is no news until it is about to expire
        ({"oldest_waiting": NOW - 14 * DAY, "state": "disabled"}, set()),
        ({"oldest_waiting": NOW - 16 * DAY, "state": "disabled"}, {"expiring"}),
    ],
)
def test_a_destination(changed: dict[str, Any], kinds: set[str]) -> None:
    assert alarming(msgspec.structs.replace(WELL, **changed)) == kinds


def test_a_destination_that_is_down_alarms_after_a_minute() -> None:
    readings = Readings((msgspec.structs.replace(WELL, state="down"),), 50 * 10**9, 0, 0, ())
    alarms, changes = step({}, measures(readings, LIMITS, NOW), NOW)
    assert changes == []
    _, changes = step(alarms, measures(readings, LIMITS, NOW + 60_000), NOW + 60_000)
    assert [c.alarm.kind for c in changes] == ["down"]


@pytest.mark.parametrize(
    ("changed", "kinds"),
    [
        ({"free_bytes": 2 * 10**9}, set()),
        ({"free_bytes": 2 * 10**9 - 1}, {"disk"}),
        ({"waiting_bytes": 5 * 10**9 - 1}, set()),
        ({"waiting_bytes": 5 * 10**9}, {"queue_large"}),
        ({"pinned_bytes": 16 * 10**9 - 1}, set()),
        ({"pinned_bytes": 16 * 10**9}, {"log_held"}),
        ({"differences": ("website: 1 accepted, 0 have a fate.",)}, {"audit"}),
    ],
)
def test_the_whole_instance(changed: dict[str, Any], kinds: set[str]) -> None:
    assert alarming(**changed) == kinds


def test_a_limit_of_0_is_no_limit() -> None:
    none = Limits(waiting=0, dead=0, free_bytes=0, keep_waiting=0, keep_waiting_bytes=0, retention_bytes=0)
    worst = Watched("loops", "running", "", 10_000, NOW - 400 * DAY)
    assert alarming(worst, none, waiting_bytes=10**13, pinned_bytes=10**13, free_bytes=0) == set()


def test_the_disk_is_well_again_only_with_a_fifth_more_than_the_limit() -> None:
    (disk,) = [m for m in measures(Readings((), int(2.2e9), 0, 0, ()), LIMITS, NOW) if m.kind == "disk"]
    assert not disk.value >= disk.starts
    assert not disk.value < disk.ends
    (disk,) = [m for m in measures(Readings((), int(2.5e9), 0, 0, ()), LIMITS, NOW) if m.kind == "disk"]
    assert disk.value < disk.ends


@given(st.lists(st.tuples(st.integers(0, HOUR), st.integers(0, 50)), max_size=50))
def test_growth_is_the_rise_over_the_lowest_of_the_last_hour(moves: list[tuple[int, int]]) -> None:
    growth, at, seen = Growth(), 0, []
    for wait, value in moves:
        at += wait
        seen.append((at, value))
        lately = [v for t, v in seen if t > at - HOUR]
        assert growth.of(value, at) == value - min(lately)


@pytest.mark.parametrize(
    ("seconds", "words"), [(5, "5 s"), (119, "119 s"), (720, "12 min"), (7200, "2 h"), (2_592_000, "30 days")]
)
def test_a_duration_is_said_as_a_person_says_it(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_a_size_is_said_with_its_unit() -> None:
    assert [size(n) for n in (12, 2_000, 3_400_000, 10 * 10**9)] == ["12 bytes", "2.0 KB", "3.4 MB", "10.0 GB"]
