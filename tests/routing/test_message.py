"""Whatever the gateway answered 200 to decodes, and times mean what RudderStack makes of them."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.event import LoggedEvent
from headrace.routing import times
from headrace.routing.message import about, decode, type_of

RECEIVED = 1_767_323_045_678  # 2026-01-02T03:04:05.678Z


def logged(payload: bytes | dict[str, object], type_: str | None = None, user: str = "", anon: str = "") -> LoggedEvent:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return LoggedEvent(1, "src-web", "m-1", RECEIVED, "203.0.113.7", "rid", type_, user, anon, None, raw)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2000-01-02T01:23:45", "2000-01-02T01:23:45.000Z"),
        ("2000-01-02 01:23", "2000-01-02T01:23:00.000Z"),
        ("2026-11-24", "2026-11-24T00:00:00.000Z"),
        ("2026-11-24T10:00:00.123456789+05:30", "2026-11-24T10:00:00.123+05:30"),
        ("2026-11-24 10:00:00.5 +0000 UTC", "2026-11-24T10:00:00.500Z"),
        ("2026-11-24t10:00:00z", "2026-11-24T10:00:00.000Z"),
        ("2026/11/24 10:00:00", "2026-11-24T10:00:00.000Z"),
        ("Mon, 02 Jan 2006 15:04:05 -0700", "2006-01-02T15:04:05.000-07:00"),
        ("Tue Nov 24 2026 10:00:00 GMT+0100 (CET)", "2026-11-24T10:00:00.000+01:00"),
        ("1384216367111", "2013-11-12T00:32:47.111Z"),
        ("1384216367", "2013-11-12T00:32:47.000Z"),
    ],
)
def test_a_time_as_senders_write_it_is_understood(written: str, read: str) -> None:
    moment = times.parse(written)
    assert moment is not None
    assert times.show(moment) == read


@pytest.mark.parametrize(
    "written",
    [
        "malformed timestamp",
        "",
        "2024-02-30",
        "9999-12-31T23:59:59-10:00",
        "0001-01-01T00:00:00+10:00",
        12,
        None,
        [],
        "x" * 90,
    ],
)
def test_what_names_no_moment_is_none(written: object) -> None:
    assert times.parse(written) is None


def test_a_browser_whose_clock_is_an_hour_ahead_is_corrected() -> None:
    message = decode(logged({"originalTimestamp": "2026-01-02T04:00:00Z", "sentAt": "2026-01-02T04:00:10Z"}))
    assert message["timestamp"] == "2026-01-02T03:03:55.678Z"
    assert (message["originalTimestamp"], message["sentAt"]) == ("2026-01-02T04:00:00.000Z", "2026-01-02T04:00:10.000Z")


def test_a_timestamp_that_is_given_is_taken_and_the_others_become_the_time_of_receipt() -> None:
    message = decode(logged({"timestamp": "2020-05-05T05:05:05+02:00", "sentAt": 12, "receivedAt": "1999-01-01"}))
    assert message["timestamp"] == "2020-05-05T05:05:05.000+02:00"
    assert message["sentAt"] == message["originalTimestamp"] == message["receivedAt"] == "2026-01-02T03:04:05.678Z"


def test_the_routes_type_wins_and_types_are_compared_without_case() -> None:
    assert decode(logged({"type": "page"}, "track"))["type"] == "track"
    assert type_of(decode(logged({"type": " Identify "}))) == "identify"
    assert type_of(decode(logged({"type": 7}))) == ""


def test_lists_say_the_events_name_and_whom_it_is_about() -> None:
    def shown(payload: dict[str, object], **ids: str) -> tuple[str, str, str]:
        event = logged(payload, None, **ids)
        said = about(event, decode(event))
        return said.type, said.name, said.person

    assert shown({"type": "track", "event": "Bought"}, user="ada", anon="a1") == ("track", "Bought", "user:ada")
    traits = {"context": {"traits": {"email": " Ada@X.org "}}}
    assert shown({"type": "identify", **traits}, anon="a1") == ("identify", "", "email:ada@x.org")
    assert shown({"type": "page", "properties": {"name": "Home"}}, anon="a1") == ("page", "Home", "anon:a1")
    assert len(shown({"type": "track", "event": "x" * 5_000}, user="u" * 5_000)[2]) == 200


def test_an_integer_keeps_its_value_and_the_last_of_two_equal_keys_wins() -> None:
    message = decode(logged(b'{"userId":123456789012345678901234567890,"a":1,"a":2}'))
    assert (message["userId"], message["a"]) == (123456789012345678901234567890, 2)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(
    [
        "type",
        "event",
        "userId",
        "traits",
        "context",
        "properties",
        "timestamp",
        "sentAt",
        "originalTimestamp",
        "name",
        "email",
    ]
)


@given(
    st.dictionaries(KEYS | st.text(max_size=5), JSON | st.fixed_dictionaries({"traits": JSON, "email": JSON}), max_size=6)
)
def test_any_json_object_decodes_and_can_be_shown(payload: dict[str, object]) -> None:
    event = logged(json.dumps(payload, ensure_ascii=True).encode(), None, "ada")
    message = decode(event)
    assert message["messageId"] == "m-1"
    about(event, message)
    msgspec.json.encode(message)  # what a dead letter keeps


@given(st.binary(max_size=60))
def test_even_bytes_that_are_no_json_do_no_harm(payload: bytes) -> None:
    assert decode(logged(payload))["messageId"] == "m-1"


@given(st.text(max_size=70))
def test_no_text_breaks_the_reading_of_times(text: str) -> None:
    moment = times.parse(text)
    assert moment is None or times.show(moment)
