"""Sent together or one by one, sent again or skipped: Ada's contact, her lists and her events end the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as run_with
from hypothesis import strategies as st

from headrace.delivery import memory
from headrace.delivery.port import Sent
from headrace.destinations.loops import fold
from headrace.destinations.loops.type import LOOPS
from headrace.destinations.port import Rendered
from headrace.event import Facts
from tests.delivery.loops_model import LoopsModel

NOW = 1_800_000_000_000
VALUES = st.sampled_from(["pro", "pro", 1, True, None, None])
TRAITS = st.lists(  # one or two of them: more would hardly ever agree
    st.one_of(
        VALUES.map(lambda value: {"plan": value}),
        VALUES.map(lambda value: {"seats": value}),
        st.booleans().map(lambda value: {"subscribed": value}),
        st.booleans().map(lambda value: {"mailingLists": {"l1": value}}),
        st.booleans().map(lambda value: {"mailingLists": {"l2": value}}),
        st.just({"address": {"city": "Ulm"}}),
        st.just({"eventName": "x"}),
    ),
    max_size=2,
).map(lambda parts: {key: value for part in parts for key, value in part.items()})
EMAILS = st.sampled_from([{"email": "ada@x.dev"}] * 4 + [{"email": "a@y.dev"}, {}])
CALL = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["identify", "identify", "track"]),
        "traits": st.tuples(TRAITS, EMAILS).map(lambda both: both[0] | both[1]),
        "userId": st.sampled_from(["u1", "u1", "u1", "u2", None]),
        "event": st.sampled_from(["newUser", "left"]),
    },
    optional={"properties": st.fixed_dictionaries({}, optional={"n": st.integers(0, 3)})},
)
# people repeat themselves: a handful of calls, in any order
CALLS = st.lists(CALL, min_size=1, max_size=4).flatmap(
    lambda calls: st.lists(st.sampled_from(calls), min_size=2, max_size=10)
)
SETTINGS = st.fixed_dictionaries(
    {"traits_on_track": st.sampled_from(["all", "none"]), "nulls": st.sampled_from(["clear", "drop"])},
    optional={"contact_properties": st.just({"rename": {"plan": "seats", "address.city": "plan"}})},
)


def rendered(calls: list[dict[str, Any]], settings: dict[str, Any]) -> list[Rendered]:
    made = [LOOPS.translate(call, settings, Facts(), NOW) for call in calls]
    return [m for m in made if isinstance(m, Rendered)]


def groups(requests: list[Rendered], settings: dict[str, Any]) -> list[tuple[Rendered, list[Rendered]]]:
    """Folded as far as it goes, each with what it stands for."""
    found: list[tuple[Rendered, list[Rendered]]] = []
    for request in requests:
        if found and (joined := LOOPS.fold(found[-1][0], request, settings)) is not None:
            found[-1] = (joined, [*found[-1][1], request])
        else:
            found.append((request, [request]))
    return found


@run_with(max_examples=1500)
@given(CALLS, SETTINGS, st.booleans())
def test_folded_calls_leave_what_the_same_calls_leave_one_by_one(
    calls: list[dict[str, Any]], settings: dict[str, Any], nulls_clear: bool
) -> None:
    singly, together = LoopsModel(nulls_clear), LoopsModel(nulls_clear)
    for joined, parts in groups(rendered(calls, settings), settings):
        for part in parts:
            singly.take(part)
        if together.take(joined) != 200 and len(parts) > 1:
            for part in parts:  # refused together: each by itself, in order
                together.take(part)
        assert together.contacts == singly.contacts
        assert [e[2:] for e in together.events] == [e[2:] for e in singly.events]


@run_with(max_examples=1500)
@given(CALLS, SETTINGS)
def test_skipping_what_was_sent_changes_nothing(calls: list[dict[str, Any]], settings: dict[str, Any]) -> None:
    always, skipping = LoopsModel(), LoopsModel()
    known: dict[str, Sent] = {}
    for position, request in enumerate(rendered(calls, settings), 1):
        always.take(request)
        named = memory.names(request)
        if memory.unchanged(request, known, 86_400, NOW) is None:
            said = memory.carried("acme", request, position, known)
            for name in said.names if said else ():
                known.pop(name, None)
            if skipping.take(request) == 200 and said is not None:
                known |= {name: Sent(said.hash, NOW, position, position) for name in named}
        assert skipping.contacts == always.contacts
    assert skipping.events == always.events


def contact(
    user: str | None = "u1", email: str | None = "ada@x.dev", lists: dict[str, bool] | None = None, **more: Any
) -> Rendered:
    traits = more | ({"email": email} if email else {}) | ({"mailingLists": lists} if lists is not None else {})
    made = LOOPS.translate({"type": "identify", "userId": user, "traits": traits}, {"nulls": "clear"}, Facts(), NOW)
    assert isinstance(made, Rendered)
    return made


def event(user: str | None = "u1", email: str | None = None) -> Rendered:
    traits = {"email": email} if email else {}
    made = LOOPS.translate({"type": "track", "userId": user, "event": "newUser", "traits": traits}, {}, Facts(), NOW)
    assert isinstance(made, Rendered)
    return made


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        (contact(plan="pro"), contact(seats=3), True),
        (contact(plan="pro"), contact(plan="pro"), True),
        (contact(plan="pro"), contact(plan="basic"), False),
        (contact(seats=1), contact(seats=True), False),
        (contact(plan="pro"), event(), True),
        (contact(plan="pro"), event(email="ada@x.dev"), True),
        (contact(plan="pro"), event(user="u2"), False),
        (contact(plan="pro"), event(email="a@y.dev"), False),
        (contact(email=None, plan="pro"), contact(seats=3), False),
        (contact(), contact(user=None, seats=3), True),
        (contact(plan=None), event(), False),
        (contact(plan=None), contact(seats=3), True),
        (event(), event(), False),
        (event(), contact(plan="pro"), False),
        (contact(lists={"l1": True}), contact(lists={"l2": True}), True),
        (contact(lists={"l1": True}), contact(lists={"l1": False}), False),
        (contact(subscribed=True), contact(lists={"l1": True}), False),
        (contact(subscribed=True, lists={"l1": True}), contact(subscribed=True, lists={"l1": True}), True),
    ],
)
def test_who_may_share_a_request(first: Rendered, second: Rendered, together: bool) -> None:
    assert fold.joins(first, second) is together


def test_only_the_newest_value_of_a_named_property_has_to_arrive() -> None:
    settings = {"fold_may_overwrite": ["lastSeen"]}
    joined = LOOPS.fold(contact(lastSeen="monday"), contact(lastSeen="friday"), settings)
    assert joined is not None
    assert joined.request.body == {"userId": "u1", "email": "ada@x.dev", "lastSeen": "friday"}
    assert LOOPS.fold(contact(plan="a"), contact(plan="b"), settings) is None


def test_nothing_is_sent_together_where_rudderstacks_way_or_a_person_says_so() -> None:
    for settings in ({"fold": "never"}, {"compatibility": "rudderstack"}):
        assert LOOPS.fold(contact(plan="pro"), event(), settings) is None
        assert not LOOPS.policy(settings).fold
    assert LOOPS.policy({"compatibility": "rudderstack"}).skip_unchanged == 0


def test_an_identify_and_the_event_behind_it_become_one_request() -> None:
    joined = LOOPS.fold(contact(plan="pro", lists={"l1": True}), event(), {})
    assert joined is not None
    assert (joined.request.method, joined.request.path, joined.kind) == ("POST", "/v1/events/send", "event")
    assert joined.request.body == {
        "plan": "pro", "userId": "u1", "email": "ada@x.dev", "eventName": "newUser", "mailingLists": {"l1": True}
    }  # fmt: skip
    alone = LOOPS.without_event(joined)
    assert (alone.request.method, alone.request.path) == ("PUT", "/v1/contacts/update")
    assert alone.request.body == {"plan": "pro", "userId": "u1", "email": "ada@x.dev", "mailingLists": {"l1": True}}
