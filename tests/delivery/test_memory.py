"""What counts as sent of a contact, and when sending it again is needless."""

from __future__ import annotations

import pytest

from headrace.delivery import memory
from headrace.delivery.port import Sent
from headrace.destinations.port import Rendered, Request
from tests.delivery.test_decisions import claimed

NOW = 1_800_000_000_000
HOUR = 3600.0


def contact(
    user: str | None = "ada", email: str | None = "Ada@x.dev ", kind: str = "contact", **properties: object
) -> Rendered:
    return Rendered(Request("PUT", "/v1/contacts/update"), kind, user, email, properties)  # type: ignore[arg-type]


def sent(rendered: Rendered, at: int = NOW, position: int = 7) -> dict[str, Sent]:
    return {name: Sent(memory.fingerprint(rendered), at, position, position) for name in memory.names(rendered)}


def test_a_request_names_the_user_and_the_email_as_it_is_filed() -> None:
    assert memory.names(contact()) == ("u:ada", "e:ada@x.dev")
    assert memory.names(contact(user=None)) == ("e:ada@x.dev",)
    assert memory.names(contact(email=None)) == ("u:ada",)
    assert memory.names(contact(kind="post")) == ()


def test_the_same_contact_within_the_window_need_not_be_sent() -> None:
    ada = contact(plan="pro")
    assert memory.unchanged(ada, sent(ada), HOUR, NOW) == 7
    assert memory.unchanged(ada, sent(ada), HOUR, NOW + 3_599_999) == 7
    assert memory.unchanged(ada, sent(ada), HOUR, NOW + 3_600_000) is None
    assert memory.unchanged(ada, sent(ada), HOUR, NOW - 1) is None, "a clock that was set back proves nothing"
    assert memory.unchanged(ada, sent(ada), 0, NOW) is None
    assert memory.unchanged(ada, sent(ada), 0.5, NOW) == 7


@pytest.mark.parametrize(
    "changed",
    [
        contact(plan="basic"),
        contact(plan="pro", seats=1),
        contact(email="ada@y.dev", plan="pro"),
        contact(email=None, plan="pro"),
        contact(kind="event", plan="pro"),
    ],
)
def test_another_contact_or_an_event_is_sent(changed: Rendered) -> None:
    assert memory.unchanged(changed, sent(contact(plan="pro")), HOUR, NOW) is None


def test_both_names_have_to_agree() -> None:
    ada = contact(plan="pro")
    known = sent(ada)
    assert memory.unchanged(ada, {"u:ada": known["u:ada"]}, HOUR, NOW) is None
    cleared = known | {"e:ada@x.dev": Sent(None, NOW, 7, 7)}
    assert memory.unchanged(ada, cleared, HOUR, NOW) is None


def test_lists_are_part_of_what_was_said() -> None:
    on_list = Rendered(Request("PUT", "/"), "contact", "ada", "ada@x.dev", {}, {"l1": True})
    off_list = Rendered(Request("PUT", "/"), "contact", "ada", "ada@x.dev", {}, {"l1": False})
    assert memory.unchanged(off_list, sent(on_list), HOUR, NOW) is None
    assert memory.unchanged(on_list, sent(on_list), HOUR, NOW) == 7


def test_an_event_of_one_name_and_nothing_else_says_nothing_of_a_contact() -> None:
    assert memory.carried("acme", contact(email=None, kind="event"), 9, {}) is None
    assert memory.carried("acme", contact(kind="post"), 9, {}) is None
    said = memory.carried("acme", contact(email=None, kind="event", plan="pro"), 9, {})
    assert said is not None
    assert (said.names, said.position, said.everything) == (("u:ada",), 9, False)


def test_two_names_together_are_news_unless_the_last_request_said_so_too() -> None:
    both = contact(kind="event")
    assert memory.carried("acme", both, 9, {}) is not None
    assert memory.carried("acme", both, 9, sent(contact(plan="pro"))) is None
    assert memory.carried("acme", both, 9, {"u:ada": sent(contact())["u:ada"]}) is not None
    assert memory.carried("acme", both, 9, sent(contact(email="ada@y.dev"))) is not None


def test_a_deletion_clears_everything() -> None:
    said = memory.carried("acme", contact(email=None, kind="delete"), 9, {})
    assert said is not None
    assert said.everything


def test_a_replayed_contact_that_is_older_than_what_arrived_is_not_sent() -> None:
    ada = contact(plan="pro")
    known = sent(ada, position=8)
    assert memory.superseded(claimed(position=7, job=1), ada, known)
    assert not memory.superseded(claimed(position=8, job=1), ada, known)
    assert not memory.superseded(claimed(position=7), ada, known), "a live one keeps its order by its lane"
    assert not memory.superseded(claimed(position=7, job=1, force=True), ada, known)
    assert not memory.superseded(claimed(position=7, job=1), contact(kind="event", plan="pro"), known)
    assert not memory.superseded(claimed(position=7, job=1), ada, {})
