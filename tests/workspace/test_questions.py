"""What a person is asked before a destination is saved."""

from __future__ import annotations

import pytest

from headrace.errors import WorkspaceError
from headrace.workspace.model import Destination
from headrace.workspace.questions import Account, Side, dropped_before, reached_already, same_place, why_asked

NOW = 1_764_072_000_000  # 2025-11-25T12:00:00Z
HOUR = 3_600_000
ACME = Account("https://app.loops.so/api", "Acme", "k1")
UNKNOWN = Account("https://app.loops.so/api", None, "k2")
OTHER = Account("https://app.loops.so/api", "Other", "k3")
ELSEWHERE = Account("https://example.com", "Acme", "k1")


def side(account: Account | None = ACME, enabled: bool = True, name: str = "loops", *sources: str) -> Side:
    return Side(Destination(name, name, "loops", enabled), account, frozenset(sources or ("website",)))


@pytest.mark.parametrize(
    ("answer", "before"),
    [
        ("send", None),
        ("drop", NOW + 1),
        ("since:2025-11-25T11:00:00Z", NOW - HOUR),
        ("since:2025-11-25T12:00:00+01:00", NOW - HOUR),
        ("since:2h", NOW - 2 * HOUR),
    ],
)
def test_an_answer_says_what_is_not_sent(answer: str, before: int | None) -> None:
    assert dropped_before(answer, NOW) == before


NO_ANSWERS = ["", "yes", "since:", "since:yesterday", "since:2025-11-25T11:00:00", "since:-1h", "SEND"]


@pytest.mark.parametrize("answer", NO_ANSWERS)
def test_an_answer_that_cannot_be_understood_is_refused_with_the_ones_that_can(answer: str) -> None:
    with pytest.raises(WorkspaceError, match="send, drop"):
        dropped_before(answer, NOW)


@pytest.mark.parametrize(
    ("before", "after", "off_since", "asked"),
    [
        (None, side(), None, None),  # a new one has no queue
        (side(), side(), None, None),
        (side(), side(ELSEWHERE), None, "another address"),
        (side(), side(OTHER), None, "another team"),
        (side(), side(UNKNOWN), None, None),  # a new key of which nobody knows better
        (side(UNKNOWN), side(OTHER), None, None),
        (side(), side(ELSEWHERE, enabled=False), None, None),  # it is off: asked when it comes back
        (side(enabled=False), side(), NOW - HOUR, None),
        (side(enabled=False), side(), NOW - HOUR - 1, "was off"),
        (side(enabled=False), side(enabled=False), NOW - 9 * HOUR, None),
        (side(None), side(), None, None),  # it had no key yet
    ],
)
def test_when_somebody_has_to_say_what_becomes_of_the_queue(
    before: Side | None, after: Side, off_since: int | None, asked: str | None
) -> None:
    why = why_asked(before, after, off_since, NOW)
    assert (why is None) is (asked is None)
    assert asked is None or asked in (why or "")


OLD = side(ACME, True, "old")


@pytest.mark.parametrize(
    ("before", "after", "other", "found"),
    [
        (None, side(), OLD, {"old": ["website"]}),
        (None, side(Account(ACME.base_url, "Acme", "k9")), OLD, {"old": ["website"]}),  # another key of the same team
        (None, side(OTHER), OLD, {}),
        (None, side(UNKNOWN), OLD, {}),
        (None, side(Account(ACME.base_url, None, "k1")), OLD, {"old": ["website"]}),  # the very same key
        (None, side(ELSEWHERE), OLD, {}),
        (None, side(ACME, True, "loops", "app"), OLD, {}),  # another source
        (None, side(enabled=False), OLD, {}),
        (None, side(), side(ACME, False, "old"), {}),
        (side(), side(), OLD, {}),  # it was so before: asked once
        (side(OTHER), side(), OLD, {"old": ["website"]}),
        (side(enabled=False), side(), OLD, {"old": ["website"]}),
        (side(), side(ACME, True, "loops", "website", "app"), side(ACME, True, "old", "app", "website"), {"old": ["app"]}),
    ],
)
def test_when_every_event_would_arrive_twice(
    before: Side | None, after: Side, other: Side, found: dict[str, list[str]]
) -> None:
    assert reached_already(before, after, [other]) == found


ENGINE = "http://127.0.0.1:8082/api"


@pytest.mark.parametrize(
    ("address", "same"),
    [
        (ENGINE, True),
        (f"{ENGINE}/", True),
        ("http://LOCALHOST:8082/api", True),
        ("http://[::1]:8082/api", True),
        ("https://mail.example.com/loops/api", True),
        ("https://mail.example.com:443/loops/api", True),
        ("http://127.0.0.1:8081/api", False),
        ("http://127.0.0.1:8082", False),
        ("https://app.loops.so/api", False),
        ("http://127.0.0.1:port/api", False),
        ("builtin", False),
    ],
)
def test_one_place_may_have_several_addresses(address: str, same: bool) -> None:
    assert same_place(address, (ENGINE, "https://mail.example.com/loops/api")) is same
