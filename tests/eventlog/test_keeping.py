"""Which segment has its last few waiting events copied out, and how many are over the limit."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.eventlog.keeping import (
    Pinned,
    Rules,
    SegmentSpan,
    pinned_bytes,
    to_copy_out,
    to_expire,
    to_let_go,
    waiting_bytes,
)

NOW = 1_800_000_000_000
DAY = 86_400_000
RULES = Rules(retention_age=7 * 86_400, retention_bytes=10**9, keep_waiting=30 * 86_400, keep_waiting_bytes=10**6)


def pinned(first: int, waiting: int, days: int = 8, size: int = 1_000_000, sealed: bool = True) -> Pinned:
    return Pinned(SegmentSpan(first, first + 999, NOW - days * DAY, size, sealed), waiting)


NEWEST = pinned(1001, 0, days=0, sealed=False)


@pytest.mark.parametrize(
    ("first", "rules", "cursor", "copied"),
    [
        (pinned(1, 99), {}, 2000, True),
        (pinned(1, 100), {}, 2000, False),  # not few: they hold it
        (pinned(1, 0), {}, 2000, False),  # nobody holds it
        (pinned(1, 99, days=6), {}, 2000, False),  # it need not go yet
        (pinned(1, 99, days=6), {"retention_bytes": 10**6}, 2000, True),  # there is too much
        (pinned(1, 99), {}, 500, False),  # not all of it is routed
        (pinned(1, 99, sealed=False), {}, 2000, False),
    ],
)
def test_the_oldest_segment_is_copied_out_when_it_ought_to_go_and_few_wait(
    first: Pinned, rules: dict[str, Any], cursor: int, copied: bool
) -> None:
    found = to_copy_out([first, NEWEST], msgspec.structs.replace(RULES, **rules), cursor, NOW)
    assert (found == first) is copied


def test_the_only_segment_stays() -> None:
    assert to_copy_out([pinned(1, 5)], RULES, 2000, NOW) is None


def test_what_waits_takes_its_share_of_the_segments() -> None:
    assert waiting_bytes([pinned(1, 500), NEWEST]) == 500_000
    assert waiting_bytes([pinned(1, 3000)]) == 1_000_000, "two destinations wait for the same event"


def test_the_first_that_waits_holds_everything_after_it() -> None:
    assert pinned_bytes([pinned(1, 0), pinned(1001, 1), pinned(2001, 0)]) == 2_000_000
    assert pinned_bytes([pinned(1, 0)]) == 0


def test_the_oldest_go_until_the_rest_is_within_the_limit() -> None:
    segments = [pinned(1, 0), pinned(1001, 600), pinned(2001, 900)]
    found = to_expire(segments, RULES)
    assert found is not None
    span, number = found
    assert (span.first, number) == (1001, 501)
    assert to_expire([pinned(1, 1000)], RULES) is None
    assert to_expire(segments, msgspec.structs.replace(RULES, keep_waiting_bytes=0)) is None


@given(st.lists(st.tuples(st.integers(1, 100), st.integers(0, 2)), min_size=1, max_size=8), st.integers(0, 400))
def test_no_more_is_let_go_than_has_to_be(sizes: list[tuple[int, int]], most: int) -> None:
    """`sizes`: bytes of each segment, and how many of its events wait."""
    segments = [pinned(1000 * n + 1, waiting, size=size) for n, (size, waiting) in enumerate(sizes)]
    cut = to_let_go(segments, msgspec.structs.replace(RULES, retention_bytes=most))
    kept = [p for p in segments if p.span.last > cut]
    assert kept, "the segment that is written to stays"
    if cut:
        last = next(p for p in segments if p.span.last == cut)
        assert last.waiting, "nobody waits in it: retention drops it by itself"
        assert sum(p.span.bytes for p in [last, *kept]) > most, "a segment less would have done"
    must_go = [p for p in segments[:-1] if sum(q.span.bytes for q in segments if q.span.last >= p.span.last) > most]
    assert all(p.span.last <= cut for p in must_go if p.waiting)
