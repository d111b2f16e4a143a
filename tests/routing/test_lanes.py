"""Lanes and links: two deliveries that name one contact, as known when the later came, share a lane."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from headrace.destinations.port import Identifiers
from headrace.routing.lanes import UNSEEN, Link, lanes, new_links

DAY = 86_400_000


class Town:
    """Events of one destination, one after the other."""

    def __init__(self) -> None:
        self.links: dict[str, Link] = {}

    def says(self, user: str = "", email: str = "", at: int = 0) -> set[str]:
        who = Identifiers((user,) if user else (), (email,) if email else ())
        stands_in = lanes(who, self.links, at)
        self.links |= new_links(who, self.links, at)
        return set(stands_in)


def test_ada_signs_up_by_user_id_and_the_newsletter_form_knows_only_her_email() -> None:
    town = Town()
    assert town.says("ada", "ada@x.org") == {"u:ada", "e:ada@x.org"}
    assert town.says(email="ada@x.org") == {"u:ada", "e:ada@x.org"}
    assert town.says("ada") == {"u:ada", "e:ada@x.org"}


def test_ada_changes_her_email_and_the_call_that_changes_it_waits_for_both() -> None:
    town = Town()
    town.says("ada", "old@x.org")
    assert town.says("ada", "new@x.org") == {"u:ada", "e:new@x.org", "e:old@x.org"}
    assert town.says("ada") == {"u:ada", "e:new@x.org"}
    assert town.says(email="old@x.org") == {"e:old@x.org", "u:ada"}


def test_a_shared_address_joins_its_last_two_people_and_no_more() -> None:
    town = Town()
    for person in ("ada", "bob", "eve"):
        town.says(person, "info@x.org")
    assert town.says("ada") == {"u:ada", "e:info@x.org"}
    assert town.says("dan", "info@x.org") == {"u:dan", "e:info@x.org", "u:eve"}


def test_a_link_is_forgotten_400_days_after_it_was_last_seen_not_made() -> None:
    town = Town()
    town.says("ada", "ada@x.org")
    assert town.says("ada", at=UNSEEN - DAY) == {"u:ada", "e:ada@x.org"}
    assert town.says("ada", at=UNSEEN + 100 * DAY) == {"u:ada", "e:ada@x.org"}
    assert town.says("ada", at=3 * UNSEEN) == {"u:ada"}


def test_a_link_that_says_nothing_new_is_not_written_again_the_same_day() -> None:
    town = Town()
    town.says("ada", "ada@x.org")
    who = Identifiers(("ada",), ("ada@x.org",))
    assert new_links(who, town.links, DAY - 1) == {}
    assert set(new_links(who, town.links, DAY)) == {"u:ada", "e:ada@x.org"}


def test_a_very_long_identifier_makes_a_short_lane() -> None:
    first, second = lanes(Identifiers(("x" * 1_000_000, "x" * 999_999)), {}, 0)
    assert first != second
    assert len(first) < 100


NAMES = st.sampled_from(["", "ada", "bob", "eve"])
MAILS = st.sampled_from(["", "a@x.org", "b@x.org", "i@x.org"])


@given(st.lists(st.tuples(NAMES, MAILS), max_size=25))
def test_an_event_shares_a_lane_with_whoever_it_was_last_seen_with(story: list[tuple[str, str]]) -> None:
    town = Town()
    last: dict[str, set[str]] = {}
    for user, email in story:
        own = ({f"u:{user}"} if user else set()) | ({f"e:{email}"} if email else set())
        expected = own.union(*(last.get(name, set()) for name in own)) if own else set()
        assert town.says(user, email) == expected
        if user and email:
            last[f"u:{user}"], last[f"e:{email}"] = {f"e:{email}"}, {f"u:{user}"}
