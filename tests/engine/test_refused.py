"""A call that was refused is found in the Event Log with its reason; whoever has no key writes nothing there."""

from __future__ import annotations

from typing import Any

import pytest

from headrace.engine.erasing import erase
from headrace.engine.events import log, refused
from tests.engine.loops import Loops
from tests.engine.test_emails import ADA, published

VARIABLES = ADA["dataVariables"]
SEND, UPDATE = "/v1/events/send", "/v1/contacts/update"


def told(loops: Loops, **wanted: Any) -> list[dict[str, Any]]:
    """Refused calls, the newest first."""
    loops.engine.write(lambda desk: None).result(10)  # the answer did not wait for what is written
    return loops.engine.event_log(None, 500, log.Wanted(**({"result": "refused"} | wanted)))[0]


def test_ada_finds_her_refused_event_with_what_came_and_why(loops: Loops) -> None:
    body = {"email": "Ada@x.dev", "eventName": "stripe:paid", "eventProperties": {"seats": 3}}
    assert loops.ask("POST", SEND, body)[0] == 400
    (row,) = told(loops)
    assert (row["eventName"], row["result"], row["received"]) == ("stripe:paid", "refused", body)
    assert row["contact"] == {"id": None, "email": "ada@x.dev", "userId": None}
    assert row["warnings"] == ["An eventName cannot contain a colon."]
    assert row["notes"][0]["kind"] == "refused"
    assert told(loops, search="ada@") == told(loops, email="ada@x.dev") == [row]
    assert not told(loops, result="processed")
    whole = loops.engine.event_log_row(int(row["id"]))
    assert whole is not None
    assert (whole["workflows"], whole["emails"]) == ([], [])


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "why"),
    [
        ("PUT", UPDATE, {"userId": "bo"}, 400, "userId not found"),
        ("POST", "/v1/contacts/create", {"email": "nobody"}, 400, "Invalid email"),
        ("POST", "/v1/contacts/delete", {"email": "no@x.dev"}, 404, "Contact not found"),
        ("POST", "/v1/transactional", {"email": "ada@x.dev", "transactionalId": "x"}, 404, "ransactional"),
        ("POST", SEND, b"{no json", 400, "Invalid JSON"),
        ("POST", SEND, {"email": "ada@x.dev"}, 400, "eventName is required"),
        ("POST", SEND, {"email": "ada@x.dev", "eventName": "e", "note": "x" * 900}, 400, "longer"),
    ],
)
def test_each_kind_of_call_that_a_program_makes_is_there(
    loops: Loops, method: str, path: str, body: Any, status: int, why: str
) -> None:
    assert loops.raw(method, path, body).status == status
    (row,) = told(loops)
    assert row["eventName"] == ("e" if isinstance(body, dict) and "eventName" in body else f"{method} {path}")
    assert why in row["warnings"][0]
    assert row["received"] == (body if isinstance(body, dict) else {"body": "{no json"})


def test_who_has_no_key_and_who_only_reads_writes_nothing(loops: Loops) -> None:
    assert loops.ask("POST", SEND, {"eventName": "e"}, key="0" * 32)[0] == 401
    assert loops.ask("GET", "/v1/contacts/find")[0] == 400
    assert loops.ask("POST", "/v1/contacts/properties", {"name": ""})[0] == 400
    assert told(loops) == []


def test_a_program_that_calls_in_a_circle_fills_nothing(loops: Loops, monkeypatch: pytest.MonkeyPatch) -> None:
    minute = [loops.engine.now() // 60_000]
    monkeypatch.setattr(loops.engine.clock, "now_ms", lambda: minute[0] * 60_000)
    monkeypatch.setattr(refused, "MOST", 50)
    for _ in range(refused.A_MINUTE + 5):
        loops.ask("POST", SEND, {"email": "ada@x.dev", "eventName": ""})
    assert len(told(loops)) == 50, "the newest of them are kept"
    minute[0] += 1
    loops.ask("POST", SEND, {"email": "ada@x.dev", "eventName": "a:b"})
    newest = told(loops)[0]
    assert newest["warnings"][1] == "5 more calls were refused before this one and are not shown."
    big = {"email": "ada@x.dev", "eventName": "a:b", "eventProperties": {f"p{n}": "x" * 400 for n in range(50)}}
    loops.ask("POST", SEND, big)
    (row, *_) = told(loops)
    assert (row["contact"]["email"], len(row["received"]["body"])) == ("ada@x.dev", refused.LARGEST)
    assert len(told(loops)) == 50


def test_an_event_that_was_processed_is_kept_however_many_are_refused(loops: Loops, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refused, "MOST", 2)
    loops.ask("POST", SEND, {"email": "ada@x.dev", "eventName": "signup"})
    for _ in range(5):
        loops.ask("POST", SEND, {"email": "ada@x.dev", "eventName": "a:b"})
    assert [row["eventName"] for row in told(loops, result=None)] == ["a:b", "a:b", "signup"]
    assert [row["eventName"] for row in loops.ask("GET", "/headrace/v1/event-log")[1]["data"]] == ["signup"]
    assert len(loops.ask("GET", "/headrace/v1/event-log?result=refused")[1]["data"]) == 2


def test_who_is_forgotten_is_in_no_refused_call(loops: Loops) -> None:
    for body in ({"userId": "u-77"}, b'{"userId":"u-77", oh', {"email": "ada@x.dev", "userId": "b", "x": "y" * 501}):
        loops.raw("PUT", UPDATE, body)
    assert len(told(loops)) == 3
    erase(loops.engine, ["u-77"], ["ada@x.dev"])
    assert told(loops) == []


@pytest.mark.parametrize("burns", [False, True])
@pytest.mark.parametrize("kind", ["event", "transactional email"])
def test_a_refused_call_uses_up_its_key_only_where_a_test_wants_it_so(loops: Loops, kind: str, burns: bool) -> None:
    loops.engine.burns_keys = burns
    path, wrong = (SEND, {"eventName": "a:b"}) if kind == "event" else ("/v1/transactional", {"transactionalId": 7})
    mended = {"eventName": "ab"} if kind == "event" else {"transactionalId": published(loops), "dataVariables": VARIABLES}
    who = {"email": "ada@x.dev"}
    assert loops.ask("POST", path, who | wrong, Idempotency_Key="k1")[0] == 400
    assert loops.ask("POST", path, mended | {"email": "x" * 501}, Idempotency_Key="k3")[0] == 400
    assert loops.ask("POST", path, who | mended, Idempotency_Key="k1")[0] == (409 if burns else 200)
    assert loops.ask("POST", path, who | mended, Idempotency_Key="k3")[0] == (409 if burns else 200)
    assert loops.ask("POST", path, who | mended, Idempotency_Key="k2")[0] == 200
    assert loops.ask("POST", path, who | mended, Idempotency_Key="k2")[0] == 409, "one that was taken is used up anyhow"
