"""The audit: what was accepted against what has a fate, and the difference in words."""

from __future__ import annotations

from headrace.journal.audit import Audit, audit

NAMES = {"s1": "website", "s2": "server", "d1": "loops", "d2": "hook"}
ONE_OF_EACH = [
    ("s1", None, "duplicate", 2),
    ("s1", None, "forgotten", 1),
    ("s1", None, "filtered", 3),
    ("s1", None, "unique", 9),
    ("s1", "d1", "delivered", 4),
    ("s1", "d1", "waiting", 1),
    ("s1", "d1", "dead", 1),
    ("s1", "d2", "delivered", 2),
    ("s1", "d2", "forgotten", 1),
]


def told(accepted: tuple[int, int] = (12, 2), to_loops: int = 6, to_hook: int = 3, unrouted: int = 0) -> Audit:
    routed = {("s1", "d1"): to_loops, ("s1", "d2"): to_hook}
    return audit(NAMES, {"s1": accepted}, routed, ONE_OF_EACH, unrouted)


def test_a_clean_house_has_no_differences() -> None:
    report = told(unrouted=5)
    assert report.differences == []
    (source,) = report.sources
    assert (source.accepted, source.duplicate, source.forgotten, source.unique) == (12, 2, 1, 9)
    loops, hook = report.connections
    assert (loops.source, loops.destination, loops.routed, loops.ok) == ("website", "loops", 6, True)
    assert loops.states["delivered"] == 4
    assert set(loops.states) == {"waiting", "sending", "retrying", "delivered", "unchanged", "filtered", "dead"}
    assert (hook.forgotten, report.unrouted) == (1, 5)


def test_an_event_that_was_accepted_and_has_no_fate_is_named() -> None:
    report = told(accepted=(13, 2))
    (difference,) = report.differences
    assert difference.startswith("source website: 13 accepted, but 2 duplicate + 1 forgotten + 9 unique")


def test_a_duplicate_that_the_log_does_not_know_is_named() -> None:
    assert len(told(accepted=(12, 1)).differences) == 1


def test_a_connection_that_lost_an_event_or_has_one_too_many_is_named() -> None:
    assert told(to_loops=7).differences == ["website → loops: 7 events were routed, 6 have a fate."]
    assert told(to_loops=5).differences == ["website → loops: 5 events were routed, 6 have a fate."]


def test_a_source_that_only_one_side_knows_is_a_difference() -> None:
    assert audit(NAMES, {"s2": (1, 0)}, {}, [], 0).differences != []
    assert audit(NAMES, {}, {}, [("s2", None, "unique", 1)], 0).differences != []
    assert audit(NAMES, {}, {}, [], 0).differences == []
