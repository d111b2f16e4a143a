"""Lists of events over a log that is longer than one look: nothing is missed, no look is without end."""

from __future__ import annotations

from typing import Any

import pytest

from headrace.app import listing
from headrace.fate import Code, State
from tests.console.house import House, identify, track


@pytest.fixture
def long(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """Olive called twice at the beginning; since then only others did, over a source that is connected to nothing."""
    monkeypatch.setattr(listing, "LOOKED_AT", 10)
    house.take(identify("olive", "Olive@Example.com"), track("olive", "Signed Up"))
    house.settle(State.DEAD, Code.REFUSED)  # the first of her lane
    house.settle(State.DEAD, Code.REFUSED)
    quiet = house.instance.store.add_source("test", "quiet", "node").id
    house.accept(*({"type": "page", "anonymousId": f"a{n}", "name": "Home"} for n in range(35)), source=quiet)
    house.route()
    return house


def walked(house: House, query: str) -> tuple[list[dict[str, Any]], int]:
    """All rows, and how many pages that took."""
    client, rows, pages, before = house.client("viewer"), list[dict[str, Any]](), 0, ""
    while True:
        answer = client.get(f"/api/v1/events?{query}{before}").json()
        rows += answer["data"]
        pages += 1
        if answer["next"] is None:
            return rows, pages
        before = f"&before={answer['next']}"


def positions(house: House, query: str) -> list[int]:
    return [row["id"] for row in walked(house, query)[0]]


def test_a_long_walk_is_many_short_ones(long: House) -> None:
    rows, pages = walked(long, "state=delivered")
    assert rows == []
    assert pages == 4
    assert positions(long, "limit=7") == list(range(37, 0, -1))


@pytest.mark.parametrize("query", ["state=dead", "destination=loops", "destination=loops&state=dead", "source=website"])
def test_what_lies_far_back_is_on_the_first_page_where_something_leads_to_it(long: House, query: str) -> None:
    rows, pages = walked(long, f"{query}&limit=20")
    assert [row["id"] for row in rows] == [2, 1]
    assert pages == 1


def test_a_state_at_a_destination_of_another_source_is_nobodys(long: House) -> None:
    assert positions(long, "state=dead&source=quiet") == []
    assert positions(long, "destination=nobody") == []
    assert positions(long, "source=nobody") == []


@pytest.mark.parametrize("who", ["olive@example.com", "email:olive@example.com"])
def test_olive_is_found_by_the_email_that_her_calls_name(long: House, who: str) -> None:
    assert positions(long, f"person={who}") == [1], "her other call does not say it"
    long.accept(identify("nina", "olive@example.com"))
    assert positions(long, f"person={who}") == [38, 1], "the one that is not routed yet, too"


def test_olive_is_found_by_her_user_id(long: House) -> None:
    assert positions(long, "person=olive") == positions(long, "person=user:olive") == [2, 1]
    assert positions(long, "person=olive&state=dead&destination=loops") == [2, 1]
