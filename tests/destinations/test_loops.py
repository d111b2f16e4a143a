"""Each line of the Loops mapping, as a sentence about somebody's call."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.destinations.loops.type import LOOPS
from headrace.destinations.port import (
    Answer,
    Ask,
    Delivered,
    Filtered,
    KeyUsed,
    Pause,
    Refusal,
    Refused,
    Rendered,
    Throttled,
    Unknown,
    Verdict,
)
from headrace.errors import WorkspaceError
from headrace.event import Facts
from headrace.fate import Code

NOW = 1_800_000_000_000


def identify(traits: Any = None, **more: Any) -> dict[str, Any]:
    return {"type": "identify", "userId": "ada", "messageId": "m", "traits": traits or {}} | more


def track(**more: Any) -> dict[str, Any]:
    return {"type": "track", "userId": "ada", "messageId": "m", "event": "newUser", "properties": {}} | more


def body(message: dict[str, Any], facts: Facts | None = None, **settings: Any) -> dict[str, Any]:
    made = LOOPS.translate(message, settings, facts or Facts(), NOW)
    assert isinstance(made, Rendered), made
    found: dict[str, Any] = made.request.body
    return found


ADA = {"userId": "ada", "email": "ada@x.dev"}
CASES: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ("an identify becomes an update", identify({"email": "ada@x.dev", "firstName": "Ada"}), {}, ADA | {"firstName": "Ada"}),
    ("without an email it is sent all the same", identify({"firstName": "Ada"}), {}, {"userId": "ada", "firstName": "Ada"}),
    ("a blank userId counts as missing", identify({"id": 7}, userId=" "), {}, {"userId": "7"}),
    ("emails are trimmed", identify({"email": " ada@x.dev "}), {}, ADA),
    (
        "context.traits are overlaid by traits",
        identify({"plan": "new"}, context={"traits": {"plan": "old", "email": "ada@x.dev"}}),
        {},
        ADA | {"plan": "new"},
    ),
    ("objects are flattened", identify({"address": {"city": "Rome"}}), {}, {"userId": "ada", "addressCity": "Rome"}),
    (
        "an explicit key wins over a flattened one",
        identify({"address": {"city": "Rome"}, "addressCity": "Oslo"}),
        {},
        {"userId": "ada", "addressCity": "Oslo"},
    ),
    ("lists of scalars are joined", identify({"tags": ["a", 1, None]}), {}, {"userId": "ada", "tags": "a, 1"}),
    ("lists of objects become text", identify({"tags": [{"a": 1}]}), {}, {"userId": "ada", "tags": '[{"a":1}]'}),
    ("objects as JSON", identify({"a": {"b": 1}}), {"nested": "json"}, {"userId": "ada", "a": '{"b":1}'}),
    ("objects dropped", identify({"a": {"b": 1}}), {"nested": "drop"}, {"userId": "ada"}),
    ("nulls are dropped", identify({"plan": None}), {}, {"userId": "ada"}),
    ("or sent to clear", identify({"plan": None}), {"nulls": "clear"}, {"userId": "ada", "plan": None}),
    ("too long is cut", identify({"bio": "x" * 600}), {}, {"userId": "ada", "bio": "x" * 498}),
    ("or dropped", identify({"bio": "x" * 600}), {"too_long": "drop"}, {"userId": "ada"}),
    ("reserved names are left out", identify({"id": "z", "teamId": 1, "updatedAt": 2}), {}, {"userId": "ada"}),
    (
        "lists in any spelling, with true as text",
        identify({"mailinglists": {"l1": "true", "l2": False, "l3": "maybe"}}),
        {},
        {"userId": "ada", "mailingLists": {"l1": True, "l2": False}},
    ),
    (
        "mapping by key path",
        identify({"address": {"city": "Rome", "zip": 1}, "plan": "pro"}),
        {"contact_properties": {"deny": ["plan", "address.zip"], "rename": {"address.city": "city"}}},
        {"userId": "ada", "city": "Rome"},
    ),
    (
        "a track becomes an event",
        track(properties={"plan": "pro", "none": None}, traits={"email": "ada@x.dev"}),
        {},
        ADA | {"eventName": "newUser", "eventProperties": {"plan": "pro", "none": None}},
    ),
    (
        "event names are renamed",
        track(),
        {"events": {"rename": {"newUser": "signup"}}},
        {"userId": "ada", "eventName": "signup"},
    ),
    ("a colon is replaced", track(event="a:b"), {}, {"userId": "ada", "eventName": "a_b"}),
    (
        "properties.email does not name the contact beside a userId",
        track(properties={"email": "guest@x.dev"}),
        {},
        {"userId": "ada", "eventName": "newUser", "eventProperties": {"email": "guest@x.dev"}},
    ),
    (
        "alone it does",
        track(userId=None, properties={"email": "guest@x.dev"}),
        {},
        {"email": "guest@x.dev", "eventName": "newUser", "eventProperties": {"email": "guest@x.dev"}},
    ),
]


@pytest.mark.parametrize(("case", "message", "settings", "expected"), CASES, ids=[c[0] for c in CASES])
def test_mapping(case: str, message: dict[str, Any], settings: dict[str, Any], expected: dict[str, Any]) -> None:
    found = body(message, **settings)
    if message["type"] == "track" and "eventProperties" not in expected:
        expected = expected | {"eventProperties": {}}
    assert found == expected


def test_a_browser_that_repeats_old_traits_does_not_undo_newer_ones() -> None:
    message = track(context={"traits": {"plan": "old", "shoe": 42, "subscribed": True, "mailingLists": {"l": True}}})
    found = body(message, Facts(new_traits=("shoe", "subscribed")))
    assert found["shoe"] == 42
    assert not {"plan", "subscribed", "mailingLists"} & set(found)
    assert body(message, Facts(new_traits=("shoe",)), traits_on_track="all")["plan"] == "old"
    assert "shoe" not in body(message, Facts(new_traits=("shoe",)), traits_on_track="none")


def test_a_choice_that_is_only_repeated_is_not_sent_again() -> None:
    message = identify(context={"traits": {"mailingLists": {"a": True, "b": True}, "subscribed": True}})
    found = body(message, Facts(repeated_choices=("mailingLists.a", "subscribed")))
    assert found["mailingLists"] == {"b": True}
    assert "subscribed" not in found
    said_again = identify({"mailingLists": {"a": True}}, context={"traits": {"mailingLists": {"a": True}}})
    assert body(said_again, Facts(repeated_choices=("mailingLists.a",)))["mailingLists"] == {"a": True}


@pytest.mark.parametrize(
    ("message", "settings", "code"),
    [
        (track(event="secret"), {"events": {"allow": ["new*"]}}, Code.EVENT_NOT_ALLOWED),
        (identify(), {"identify": False}, Code.IDENTIFY_OFF),
        ({"type": "page", "userId": "a"}, {}, Code.TYPE_NOT_TAKEN),
        (track(userId="", anonymousId="x"), {}, Code.NOT_IDENTIFIED),
        (identify({"email": "a@x.dev"}), {"only_to": ["y.dev"]}, Code.NOT_ON_TEST_LIST),
        (track(timestamp="2020-01-01T00:00:00.000Z"), {"stale_after": "24h"}, Code.STALE),
        (
            track(context={"consentManagement": {"provider": "oneTrust", "deniedConsentIds": ["c1"]}}),
            {"consent": {"provider": "oneTrust", "categories": ["c1", "c2"]}},
            Code.CONSENT,
        ),
    ],
)
def test_what_is_filtered_says_why(message: dict[str, Any], settings: dict[str, Any], code: Code) -> None:
    made = LOOPS.translate(message, settings, Facts(), NOW)
    assert isinstance(made, Filtered)
    assert made.code is code


@pytest.mark.parametrize(
    "message", [identify({"email": "nonsense"}), track(event=""), track(event=7), identify(userId="x" * 600)]
)
def test_what_cannot_be_sent_says_where_to_look(message: dict[str, Any]) -> None:
    made = LOOPS.translate(message, {}, Facts(), NOW)
    assert isinstance(made, Refused)
    assert made.code is Code.INVALID_EVENT


@pytest.mark.parametrize(
    ("integrations", "taken"),
    [
        ({}, True),
        ({"All": False}, False),
        ({"All": False, "LOOPS": True}, True),
        ({"Loops": False}, False),
        ({"All": 1}, False),
    ],
)
def test_integrations_in_both_spellings(integrations: Any, taken: bool) -> None:
    assert (LOOPS.takes(track(integrations=integrations)) is None) == taken


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (200, {"success": True}, Delivered),
        (200, {"hello": 1}, Pause),
        (302, {}, Pause),
        (404, {}, Pause),
        (405, {}, Pause),
        (408, {}, Unknown),
        (409, {}, KeyUsed),
        (429, {}, Throttled),
        (500, {}, Unknown),
        (401, {}, Ask),
        (403, {}, Ask),
        (400, {}, Ask),
        (413, {}, Refusal),
    ],
)
def test_answers_are_read_by_their_status(status: int, answer: Any, kind: type[Verdict]) -> None:
    made = LOOPS.translate(track(), {}, Facts(), NOW)
    assert isinstance(made, Rendered)
    assert isinstance(LOOPS.read(made, Answer(status, {}, json.dumps(answer).encode()), "http://loops"), kind)


def test_settings_that_cannot_be_used_name_the_key() -> None:
    for settings, word in (
        ({"rat": 1}, "rat"), ({"rate": -1}, "rate"), ({"nested": "x"}, "nested"), ({"base_url": "ftp://x"}, "base_url"),
        ({"events": {"allow": [], "deny": []}}, "events"), ({"timeout": "soon"}, "timeout"),
        ({"identify": "yes"}, "identify"),
    ):  # fmt: skip
        with pytest.raises(WorkspaceError, match=word):
            LOOPS.check(settings)
    assert any("hex" in w for w in LOOPS.check({"api_key": "abc"}))


def test_a_good_key_says_where_one_has_arrived() -> None:
    def answer(body: Any, status: int = 200) -> Answer:
        return Answer(status, {}, json.dumps(body).encode())

    lists, patterns = answer([{"id": "l1"}]), answer({"pagination": {"totalResults": 12}, "data": []})
    assert (
        LOOPS.welcome("Connected to team Acme.", (lists, patterns)) == "Connected to team Acme: 1 mailing list, 12 events."
    )
    assert LOOPS.welcome("Connected.", (answer({}, 401), None)) == "Connected."
    assert LOOPS.welcome("Connected.", (lists, answer([]))) == "Connected: 1 mailing list."


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=600),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
ANYTHING = st.fixed_dictionaries(
    {"type": st.sampled_from(["identify", "track", "TRACK", 7])},
    optional=dict.fromkeys(("userId", "traits", "properties", "context", "event", "timestamp", "integrations"), JSON),
)


@given(ANYTHING, st.sampled_from(["headrace", "rudderstack"]))
def test_no_message_breaks_the_mapping_and_nothing_that_loops_refuses_leaves(message: dict[str, Any], mode: str) -> None:
    LOOPS.identifiers(message)
    LOOPS.takes(message)
    made = LOOPS.translate(message, {"compatibility": mode}, Facts(), NOW)
    if mode == "headrace" and isinstance(made, Rendered):
        for name, value in made.request.body.items():
            if name not in ("eventProperties", "mailingLists"):
                assert not isinstance(value, dict | list)
                assert len(json.dumps(value, ensure_ascii=False)) <= 500 or isinstance(value, str)
                assert not isinstance(value, str) or len(value) <= 498
            assert name not in ("id", "listId", "softDeleteAt", "teamId", "updatedAt")
