"""The audit that never ends: what it compares next, and when it believes a difference."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from headrace.journal.ongoing import Progress, next_span, noted

NOON = 1_800_000_000_000


def look(progress: Progress, cursor: int, dropped: int, wrong: set[int], go_round: bool, step: int) -> Progress | None:
    """One comparison; positions in `wrong` have no fate. None: nothing was to be compared."""
    span = next_span(progress, cursor, dropped, behind_only=not go_round, step=step)
    if span is None:
        return None
    assert dropped < span.first <= span.last <= cursor
    assert span.last - span.first < step
    found = [f"event {p} has no fate" for p in sorted(wrong) if span.first <= p <= span.last]
    return noted(progress, span, found, cursor, dropped, NOON)


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 10), st.booleans()), min_size=1, max_size=40),
    st.integers(1, 7),
)
def test_everything_new_is_compared_in_bounded_steps_and_a_round_comes_by_everything_that_is_kept(
    moves: list[tuple[int, int, bool]], step: int
) -> None:
    progress, cursor, dropped = Progress(), 0, 0
    for arrive, drop, go_round in moves:
        cursor += arrive
        dropped = min(cursor, dropped + drop)
        after = look(progress, cursor, dropped, set(), go_round, step)
        progress = after or progress
    while (after := look(progress, cursor, dropped, set(), False, step)) is not None:
        progress = after
    assert progress.checked_to == cursor or dropped == cursor
    if dropped < cursor:
        rounds = progress.rounds
        for _ in range(2 * (cursor // step + 2)):
            progress = look(progress, cursor, dropped, set(), True, step) or progress
        assert progress.rounds > rounds
    assert progress.differences == []


def test_a_difference_is_believed_when_it_was_seen_twice_and_forgotten_when_it_is_gone() -> None:
    progress = Progress()
    first = look(progress, 10, 0, {7}, False, 10)
    assert first is not None
    assert first.differences == [], "a person may be forgotten this very moment"
    second = look(first, 10, 0, {7}, False, 10)
    assert second is not None
    assert second.differences == ["events 1 to 10: event 7 has no fate"]
    assert look(second, 10, 0, {7}, False, 10) is None, "it is not compared on and on"
    healed = look(second, 10, 0, set(), True, 10)
    assert healed is not None
    assert healed.differences == []


def test_a_difference_that_was_gone_at_the_second_look_is_none() -> None:
    first = look(Progress(), 10, 0, {7}, False, 10)
    assert first is not None
    second = look(first, 10, 0, set(), False, 10)
    assert second is not None
    assert (second.wrong, second.checked_to) == ((), 10)


def test_what_the_round_finds_later_is_found() -> None:
    progress = Progress()
    while (after := look(progress, 30, 0, set(), False, 10)) is not None:
        progress = after
    for _ in range(5):
        progress = look(progress, 30, 0, {15}, True, 10) or progress
    assert progress.differences == ["events 11 to 20: event 15 has no fate"]


def test_what_retention_dropped_is_no_difference_any_longer() -> None:
    progress = Progress()
    for _ in range(2):
        progress = look(progress, 10, 0, {7}, False, 10) or progress
    assert progress.differences
    progress = look(progress, 20, 10, set(), False, 10) or progress
    assert progress.differences == []
