"""Which segment has its last few waiting events copied out, and how many are over the limit."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from headrace.eventlog.keeping import Held, Rules, SegmentSpan, pinned_bytes, to_copy_out, to_expire, waiting_bytes

NOW = 1_800_000_000_000
DAY = 86_400_000
RULES = Rules(retention_age=7 * 86_400, retention_bytes=10**9, keep_waiting=30 * 86_400, keep_waiting_bytes=10**6)


def held(first: int, waiting: int, days: int = 8, size: int = 1_000_000, sealed: bool = True) -> Held:
    return Held(SegmentSpan(first, first + 999, NOW - days * DAY, size, sealed), waiting)


NEWEST = held(1001, 0, days=0, sealed=False)


@pytest.mark.parametrize(
    ("first", "rules", "cursor", "copied"),
    [
        (held(1, 99), {}, 2000, True),
        (held(1, 100), {}, 2000, False),  # not few: they hold it
        (held(1, 0), {}, 2000, False),  # nobody holds it
        (held(1, 99, days=6), {}, 2000, False),  # it need not go yet
        (held(1, 99, days=6), {"retention_bytes": 10**6}, 2000, True),  # there is too much
        (held(1, 99), {}, 500, False),  # not all of it is routed
        (held(1, 99, sealed=False), {}, 2000, False),
    ],
)
def test_the_oldest_segment_is_copied_out_when_it_ought_to_go_and_few_wait(
    first: Held, rules: dict[str, Any], cursor: int, copied: bool
) -> None:
    found = to_copy_out([first, NEWEST], msgspec.structs.replace(RULES, **rules), cursor, NOW)
    assert (found == first) is copied


def test_the_only_segment_stays() -> None:
    assert to_copy_out([held(1, 5)], RULES, 2000, NOW) is None


def test_what_waits_takes_its_share_of_the_segments() -> None:
    assert waiting_bytes([held(1, 500), NEWEST]) == 500_000
    assert waiting_bytes([held(1, 3000)]) == 1_000_000, "two destinations wait for the same event"


def test_the_first_that_waits_holds_everything_after_it() -> None:
    assert pinned_bytes([held(1, 0), held(1001, 1), held(2001, 0)]) == 2_000_000
    assert pinned_bytes([held(1, 0)]) == 0


def test_the_oldest_go_until_the_rest_is_within_the_limit() -> None:
    segments = [held(1, 0), held(1001, 600), held(2001, 900)]
    found = to_expire(segments, RULES)
    assert found is not None
    span, number = found
    assert (span.first, number) == (1001, 501)
    assert to_expire([held(1, 1000)], RULES) is None
    assert to_expire(segments, msgspec.structs.replace(RULES, keep_waiting_bytes=0)) is None
