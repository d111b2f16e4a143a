"""What real clients put on the wire (reference §5.2), and each choice where nobody knows what Loops does (§6)."""

from __future__ import annotations

from typing import Any

import pytest

from headrace.engine.events.log import Wanted
from tests.engine.loops import Loops

ADA = {"email": "ada@x.dev", "eventName": "e"}


def event(loops: Loops, **body: Any) -> tuple[int, Any]:
    return loops.ask("POST", "/v1/events/send", body)


def last(loops: Loops) -> dict[str, Any]:
    (row, *_), _ = loops.engine.event_log(None, 1, Wanted())
    return row


@pytest.mark.parametrize(
    "body",
    [
        {"email": "ada@x.dev", "userId": None, "mailingLists": {}},  # Ruby
        {"email": "ada@x.dev", "userId": None, "mailingLists": []},  # PHP
        {"email": "ada@x.dev", "mailingLists": None},  # loops-sdk
        {"email": "ada@x.dev", "userId": ""},
    ],
)
def test_every_clients_way_to_say_nothing_is_understood(loops: Loops, body: dict[str, Any]) -> None:
    assert loops.ask("PUT", "/v1/contacts/update", body)[0] == 200
    assert (
        loops.ask("POST", "/v1/events/send", body | {"eventName": "e", "eventProperties": body.get("mailingLists")})[0]
        == 200
    )
    assert loops.contact(email="ada@x.dev")[0]["mailingLists"] == {}, "an object, for Go decodes a map"


def test_a_get_with_a_content_type_and_no_body_and_odd_queries_are_fine(loops: Loops) -> None:
    assert loops.ask("GET", "/v1/lists", None, Content_Type="application/json")[0] == 200
    assert loops.ask("GET", "/v1/event-patterns?per_page=20&cursor=")[0] == 200


def test_segment_deletes_with_an_array_of_one(loops: Loops) -> None:
    """Choice 15."""
    loops.ask("PUT", "/v1/contacts/update", {"email": "ada@x.dev", "userId": "ada"})
    assert loops.raw("POST", "/v1/contacts/delete", {"userId": ["ada"]}).status == 200


def test_update_tells_not_whether_it_created(loops: Loops) -> None:
    first = loops.ask("PUT", "/v1/contacts/update", {"email": "ada@x.dev"})
    assert first == loops.ask("PUT", "/v1/contacts/update", {"email": "ada@x.dev"})
    assert set(first[1]) == {"success", "id"}


def test_true_resubscribes_false_unsubscribes_and_absent_leaves(loops: Loops) -> None:
    for value, after in ((False, False), (None, False), (True, True)):
        more = {} if value is None else {"subscribed": value}
        loops.ask("PUT", "/v1/contacts/update", {"email": "ada@x.dev", **more})
        assert loops.contact(email="ada@x.dev")[0]["subscribed"] is after


def test_an_event_by_email_alone_makes_the_contact_and_both_ids_are_learned(loops: Loops) -> None:
    assert event(loops, **ADA, firstName="Ada")[0] == 200
    assert loops.contact(email="ada@x.dev")[0]["source"] == "API"
    assert event(loops, **ADA, userId="ada")[0] == 200
    assert event(loops, userId="ada", eventName="e")[0] == 200
    assert event(loops, eventName="e")[0] == 400
    assert event(loops, email="ada@x.dev")[0] == 400
    assert event(loops, **ADA, eventProperties={"gone": None})[0] == 200


def test_an_unknown_user_id_alone_is_told_contact_not_found(loops: Loops) -> None:
    """Choice 1."""
    assert event(loops, userId="nobody", eventName="e")[1]["message"] == "Contact not found."


def test_a_colon_in_an_events_name_is_refused(loops: Loops) -> None:
    """Choice 5."""
    assert event(loops, email="ada@x.dev", eventName="stripe:paid")[0] == 400


def test_a_value_of_another_type_is_converted_or_the_old_one_kept(loops: Loops) -> None:
    """Choice 6."""
    loops.ask("POST", "/v1/contacts/properties", {"name": "seats", "type": "number"})
    assert event(loops, **ADA, seats="7")[0] == 200
    assert event(loops, **ADA, seats="many")[0] == 200
    assert "old value was kept" in last(loops)["warnings"][0]
    assert loops.contact(email="ada@x.dev")[0]["seats"] == 7


def test_an_unknown_list_and_a_nested_key_are_ignored_and_said(loops: Loops) -> None:
    """Choices 7 and 8."""
    assert event(loops, **ADA, mailingLists={"cnope": True}, address={"city": "London"})[0] == 200
    told = " ".join(last(loops)["warnings"])
    assert "cnope" in told
    assert "address" in told


def test_a_date_that_is_none_stays_the_text_it_was(loops: Loops) -> None:
    """Choice 9."""
    loops.engine.store.write(
        lambda c: c.execute(
            "insert into definition(id, name, at) values('cd', 'e', 0);"
            "insert into definition_property values('cd', 'at', 'date', 0)"
        ).fetchall()
    ).result(10)
    event(loops, **ADA, eventProperties={"at": "2026-01-01T10:09:65"})
    assert last(loops)["processed"]["eventProperties"] == {"at": "2026-01-01T10:09:65"}
    assert noted(last(loops)) == ["kept"]


def noted(row: dict[str, Any]) -> list[str]:
    return [note["kind"] for note in row["notes"]]


def test_a_new_property_of_a_known_event_is_taken_and_marked_undefined(loops: Loops) -> None:
    """Choice 10."""
    event(loops, **ADA)
    event(loops, **ADA, eventProperties={"plan": "pro"})
    assert last(loops)["processed"]["eventProperties"] == {"plan": "pro"}
    assert noted(last(loops)) == ["undefined"]


def test_the_first_event_of_a_name_defines_it_and_a_date_like_text_is_a_string(loops: Loops) -> None:
    """Choice 11."""
    event(loops, **ADA, eventProperties={"a": True, "b": 1, "c": "2026-01-01"})
    defined = loops.ask("GET", "/v1/event-patterns/by-name/e")[1]["eventProperties"]
    assert [p["type"] for p in defined] == ["boolean", "number", "string"]


def test_too_many_requests_are_told_when_to_come_again(loops: Loops) -> None:
    """Choice 16."""
    loops.engine.apply_section({"rate": 1})
    answers = [loops.raw("GET", "/v1/lists") for _ in range(6)]
    refused = next(a for a in answers if a.status == 429)
    assert (refused.headers["retry-after"], refused.headers["x-ratelimit-remaining"]) == ("1", "0")
    assert b"Rate limit exceeded." in refused.body


def test_emails_differ_neither_by_case_nor_by_spaces_around(loops: Loops) -> None:
    """Choice 17."""
    loops.ask("PUT", "/v1/contacts/update", {"email": " Ada@X.dev "})
    assert loops.ask("POST", "/v1/contacts/create", {"email": "ada@x.DEV"})[0] == 409
    assert loops.contact(email="ADA@x.dev")[0]["email"] == "Ada@X.dev"
