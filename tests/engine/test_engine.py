"""The rules of Loops' API, and the choices where nobody knows them, over real HTTP."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from headrace.engine.store import Store, rows
from tests.engine.loops import Loops


def update(loops: Loops, **body: Any) -> tuple[int, Any]:
    return loops.ask("PUT", "/v1/contacts/update", body)


def test_a_key_opens_and_a_wrong_one_is_told_so(loops: Loops) -> None:
    assert loops.ask("GET", "/v1/api-key") == (200, {"success": True, "teamName": "Loops (built-in)"})
    status, body = loops.ask("GET", "/v1/api-key", key="0" * 32)
    assert (status, body["message"], body["success"]) == (401, "Invalid API key", False)


def test_update_matches_either_identifier_and_takes_over_the_other(loops: Loops) -> None:
    status, made = update(loops, email="Ada@Example.com", userId="ada")
    assert (status, made["success"], len(made["id"])) == (200, True, 25)
    assert update(loops, userId="ada", email="ada@new.example")[1]["id"] == made["id"]
    assert loops.contact(userId="ada")[0]["email"] == "ada@new.example"
    assert loops.contact(email="ada@example.com") == []
    assert update(loops, email="ADA@new.example", userId="ada2")[1]["id"] == made["id"]


def test_two_contacts_are_never_merged_by_one_call(loops: Loops) -> None:
    update(loops, email="a@x.dev", userId="a")
    update(loops, email="b@x.dev", userId="b")
    assert update(loops, email="a@x.dev", userId="b")[0] == 400
    assert loops.contact(userId="b")[0]["email"] == "b@x.dev"


def test_an_unknown_user_id_alone_is_refused_in_loops_words(loops: Loops) -> None:
    status, body = update(loops, userId="nobody")
    assert (status, body["message"]) == (400, "userId not found and cannot create a new contact without an email.")
    status, body = loops.ask("POST", "/v1/events/send", {"userId": "nobody", "eventName": "x"})
    assert (status, body["message"]) == (400, "Contact not found.")


def test_null_clears_and_null_identity_is_absent(loops: Loops) -> None:
    loops.ask("POST", "/v1/contacts/properties", {"name": "plan", "type": "string"})
    update(loops, email="a@x.dev", userId=None, plan="pro", firstName="Ada")
    update(loops, email="a@x.dev", plan=None, firstName=None)
    (contact,) = loops.contact(email="a@x.dev")
    assert "plan" not in contact
    assert contact["firstName"] is None


def test_an_undefined_property_is_dropped_and_the_event_log_says_so(loops: Loops) -> None:
    body = {
        "email": "a@x.dev",
        "eventName": "newUser",
        "shoe": 42,
        "contactProperties": {"x": 1},
        "eventProperties": {"n": 1},
    }
    assert loops.ask("POST", "/v1/events/send", body) == (200, {"success": True})
    (row,) = loops.ask("GET", "/headrace/v1/event-log?email=a@x.dev")[1]["data"]
    assert any("`shoe`" in w for w in row["warnings"])
    assert any("`contactProperties`" in w for w in row["warnings"])
    assert row["received"] == body
    assert row["processed"]["eventProperties"] == {"n": 1}
    assert {"id", "at", "eventName", "contact", "received", "processed", "warnings"} <= set(row)


def test_an_idempotency_key_works_once_a_day_and_a_refusal_does_not_use_it_up(loops: Loops) -> None:
    send = {"email": "a@x.dev", "eventName": "e"}
    assert loops.ask("POST", "/v1/events/send", {"userId": "no", "eventName": "e"}, Idempotency_Key="k")[0] == 400
    assert loops.ask("POST", "/v1/events/send", send, Idempotency_Key="k")[0] == 200
    status, body = loops.ask("POST", "/v1/events/send", send, Idempotency_Key="k")
    assert (status, body["message"]) == (409, "Request with idempotency key k has already been processed.")
    assert loops.ask("POST", "/v1/events/send", send, Idempotency_Key="k" * 101)[0] == 400


def test_values_over_500_characters_refuse_the_whole_call(loops: Loops) -> None:
    assert update(loops, email="a@x.dev", firstName="x" * 498)[0] == 200
    status, body = update(loops, email="a@x.dev", firstName="x" * 499)
    assert (status, body["message"]) == (400, "Some body key or value is longer than allowable")


def test_lists_unknown_ids_are_ignored_and_the_unsubscribed_are_not_added(loops: Loops) -> None:
    loops.engine.create_list("News", None, True)
    (known,) = loops.ask("GET", "/v1/lists")[1]
    update(loops, email="a@x.dev", mailingLists={known["id"]: True, "cnope": True})
    assert loops.contact(email="a@x.dev")[0]["mailingLists"] == {known["id"]: True}
    update(loops, email="b@x.dev", subscribed=False)
    update(loops, email="b@x.dev", mailingLists={known["id"]: True})
    assert loops.contact(email="b@x.dev")[0]["mailingLists"] == {}
    assert update(loops, email="a@x.dev", mailingLists=[])[0] == 200  # PHP sends it so


def test_values_are_converted_to_their_propertys_type_or_kept(loops: Loops) -> None:
    for name, kind in (("seats", "number"), ("beta", "boolean"), ("trial", "date")):
        loops.ask("POST", "/v1/contacts/properties", {"name": name, "type": kind})
    update(loops, email="a@x.dev", seats="7", beta="true", trial=1767225600000)
    (contact,) = loops.contact(email="a@x.dev")
    assert (contact["seats"], contact["beta"], contact["trial"]) == (7, True, "2026-01-01T00:00:00.000Z")
    update(loops, email="a@x.dev", seats="many")
    assert loops.contact(email="a@x.dev")[0]["seats"] == 7


def test_create_find_and_delete(loops: Loops) -> None:
    assert loops.ask("POST", "/v1/contacts/create", {"email": "a@x.dev"})[0] == 200
    assert loops.ask("POST", "/v1/contacts/create", {"email": "A@x.dev"})[0] == 409
    assert loops.ask("POST", "/v1/contacts/create", {"email": "nonsense"})[0] == 400
    assert loops.ask("GET", "/v1/contacts/find")[0] == 400
    assert loops.ask("POST", "/v1/contacts/delete", {"email": "no@x.dev"})[0] == 404
    assert loops.ask("POST", "/v1/contacts/delete", {"email": "a@x.dev", "userId": "a"})[0] == 400
    assert loops.ask("POST", "/v1/contacts/delete", {"email": "a@x.dev"}) == (
        200,
        {"success": True, "message": "Contact deleted."},
    )


def test_wrong_verbs_unbuilt_operations_and_transactional(loops: Loops) -> None:
    assert loops.ask("DELETE", "/v1/lists")[0] == 405
    status, body = loops.ask("GET", "/v1/campaigns")
    assert (status, body["success"]) == (404, False)
    send = {"email": "a@x.dev", "transactionalId": "cm4t1suns001uw6atri87v54s"}
    assert loops.ask("POST", "/v1/transactional", send)[1]["message"] == "Transactional email not found."
    assert loops.ask("GET", "/v1/transactional")[1]["data"] == []


def test_every_answer_tells_the_limit_and_a_limit_that_is_set_holds(loops: Loops) -> None:
    assert int(loops.raw("GET", "/v1/lists").headers["x-ratelimit-limit"]) > 10
    loops.engine.apply_section({"rate": 2})
    answers = [loops.raw("GET", "/v1/lists") for _ in range(8)]
    assert any(a.status == 429 and a.headers["retry-after"] == "1" for a in answers)
    assert answers[0].headers["x-ratelimit-limit"] == "2"


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"\xff", b'{"a":NaN}', b"[" * 9000, b'{"email":"\\ud800@x.dev"}'])
def test_broken_bodies_are_refused_in_loops_shape(loops: Loops, body: bytes) -> None:
    answer = loops.raw("PUT", "/v1/contacts/update", body)
    assert answer.status == 400
    assert json.loads(answer.body)["success"] is False


def test_event_patterns_are_listed_in_pages_and_one_tells_its_properties(loops: Loops) -> None:
    for number in range(12):
        loops.ask(
            "POST", "/v1/events/send", {"email": "a@b.com", "eventName": f"event {number}", "eventProperties": {"n": 1}}
        )
    status, first = loops.ask("GET", "/v1/event-patterns?perPage=10")
    assert (status, first["pagination"]["totalResults"], first["pagination"]["returnedResults"]) == (200, 12, 10)
    _, second = loops.ask("GET", f"/v1/event-patterns?perPage=10&cursor={first['pagination']['nextCursor']}")
    rows = first["data"] + second["data"]
    assert {row["eventName"] for row in rows} == {f"event {n}" for n in range(12)}
    assert (len(rows), second["pagination"]["nextCursor"]) == (12, None)
    status, one = loops.ask("GET", "/v1/event-patterns/by-name/event%203")
    assert (status, one["eventName"], one["eventProperties"]) == (200, "event 3", [{"name": "n", "type": "number"}])
    assert loops.ask("GET", f"/v1/event-patterns/{one['id']}") == (200, one)
    assert loops.ask("GET", "/v1/event-patterns/by-name/Event%203")[0] == 404, "names differ by case"
    assert loops.ask("GET", "/v1/event-patterns?perPage=5")[0] == 400
    assert loops.ask("GET", "/v1/event-patterns", key="0" * 32)[0] == 401


def test_a_call_that_was_given_up_before_its_turn_stops_no_later_one(tmp_path: Path) -> None:
    store = Store(tmp_path / "engine.db")
    go_on = threading.Event()
    first = store.write(lambda c: go_on.wait(10))
    given_up = store.write(lambda c: c.execute("insert into meta values('rate', '1')").fetchall())
    assert given_up.cancel()
    go_on.set()
    assert first.result(10)
    assert store.write(lambda c: rows(c, "select value from meta where name='rate'")).result(10) == []
    store.close()
