"""The Event Log explains itself: what came, what was made of it, what was nearly meant, and what came of it."""

from __future__ import annotations

from typing import Any

import pytest

from headrace.engine.events import definitions, log
from headrace.engine.outbox.outbox import Outbox
from headrace.errors import Conflict, NotFound, WorkspaceError
from tests.engine.loops import Loops


def send(loops: Loops, name: str = "newUser", **more: Any) -> dict[str, Any]:
    body = {"email": "ada@x.dev", "eventName": name} | more
    assert loops.ask("POST", "/v1/events/send", body) == (200, {"success": True})
    (row, *_), _ = loops.engine.event_log(None, 1, log.Wanted())
    return row


def noted(row: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [note for note in row["notes"] if note["kind"] == kind]


def test_what_was_ignored_nearly_meant_converted_and_undefined_is_said(loops: Loops) -> None:
    loops.ask("POST", "/v1/contacts/properties", {"name": "favoriteColor", "type": "string"})
    loops.ask("POST", "/v1/contacts/properties", {"name": "seats", "type": "number"})
    send(loops, eventProperties={"plan": "pro", "price": 3})
    row = send(
        loops, favorite_color="red", seats="7", shoe=42, contactProperties={"x": 1},
        eventProperties={"plan": "pro", "price": "4", "Plan": "x", "cart": [1]},
    )  # fmt: skip
    assert {n["name"]: n["near"] for n in noted(row, "near")} == {"favorite_color": "favoriteColor"}
    assert {n["name"] for n in noted(row, "ignored")} == {"shoe", "contactProperties", "cart"}
    assert {n["name"] for n in noted(row, "converted")} == {"seats", "price"}
    (undefined,) = noted(row, "undefined")
    assert (undefined["name"], undefined["near"]) == ("Plan", "plan")
    assert undefined["define"] == {"of": "event", "name": "Plan", "type": "string"}
    assert next(n for n in row["notes"] if n["name"] == "shoe")["define"] == {
        "of": "contact",
        "name": "shoe",
        "type": "number",
    }
    assert row["processed"]["eventProperties"] == {"plan": "pro", "price": 4, "Plan": "x"}
    assert row["warnings"] == [n["text"] for n in row["notes"]]


def test_a_name_that_is_nearly_known_is_pointed_at(loops: Loops) -> None:
    send(loops, "newUser")
    (note,) = noted(send(loops, "new_user"), "near")
    assert note["near"] == "newUser"
    assert noted(send(loops, "somethingElse"), "defined")


def test_one_click_defines_what_came_and_the_next_event_uses_it(loops: Loops) -> None:
    send(loops, eventProperties={"plan": "pro"})
    row = send(loops, eventProperties={"seats": 3})
    define = noted(row, "undefined")[0]["define"]
    loops.engine.write(lambda desk: definitions.add(desk, row["eventName"], define["name"], define["type"])).result(10)
    assert not send(loops, eventProperties={"seats": 4})["notes"]
    assert loops.ask("GET", "/v1/event-patterns/by-name/newUser")[1]["eventProperties"] == [
        {"name": "plan", "type": "string"}, {"name": "seats", "type": "number"},
    ]  # fmt: skip


def test_workflows_and_mail_of_an_event_stand_in_its_row(loops: Loops) -> None:
    row = send(loops)
    number = int(row["id"])

    def add(c: Any) -> None:
        c.execute(
            "insert into workflow values"
            "('cw', 'Welcome', '', 'Sending', null, 'r', '{}', 'EventTrigger', 'x', 0, null, 0, 0)"
        )
        c.execute("insert into workflow_start values(?, 'cw', 0, 'They were in it before.')", (number,))
        c.execute(
            "insert into send(id, key, kind, source_id, message_id, contact, email, log, mail_id, state, why, at, due)"
            " values('cs', 'k', 'workflow', 'cw', 'cm', ?, 'ada@x.dev', ?, 'm', 'skipped', 'plan is missing.', 0, 0)",
            (row["contact"]["id"], number),
        )

    loops.engine.store.write(add).result(10)
    whole = loops.engine.event_log_row(number)
    assert whole is not None
    assert whole["workflows"] == [{"id": "cw", "name": "Welcome", "started": False, "why": "They were in it before."}]
    assert [(e["state"], e["why"]) for e in whole["emails"]] == [("skipped", "plan is missing.")]
    contact = loops.engine.contact(row["contact"]["id"])
    assert contact is not None
    assert [e["id"] for e in contact["emails"]] == ["cs"]
    assert isinstance(loops.engine.outbox, Outbox)


def test_the_log_is_searched_filtered_and_forgotten_after_its_days(loops: Loops) -> None:
    first = send(loops, "signedUp", email="ada@x.dev")
    send(loops, "signedUp", email="ada@x.dev")
    send(loops, "paid", email="bob@x.dev", shoe=1)

    def found(**wanted: Any) -> list[str]:
        return [row["eventName"] for row in loops.engine.event_log(None, 50, log.Wanted(**wanted))[0]]

    assert found(search="SIGNED") == ["signedUp", "signedUp"]
    assert found(search="bob@") == ["paid"]
    assert found(search="100%_") == []
    assert found(event="paid") == ["paid"]
    assert found(contact=first["contact"]["id"]) == ["signedUp", "signedUp"]
    assert len(found(noted=True)) == 2, "the first of a name and the one with a stray key"
    loops.engine.store.write(lambda c: c.execute("update log set at=at-31*86400000 where id=1")).result(10)
    loops.engine.prune()
    assert len(found()) == 2
    assert loops.engine.event_log_row(1) is None


def test_definitions_are_made_and_changed_and_nonsense_is_refused(loops: Loops) -> None:
    write = loops.engine.write
    made = write(lambda desk: definitions.create(desk, "paid", [{"name": "when", "type": "date"}])).result(10)
    assert send(loops, "paid", eventProperties={"when": "2026-01-01"})["processed"]["eventProperties"] == {
        "when": "2026-01-01T00:00:00.000Z"
    }
    assert definitions.listed(loops.engine.store._connection)[0]["count"] == 1
    write(lambda desk: definitions.change(desk, made["id"], [{"name": "when", "type": "string"}])).result(10)
    assert send(loops, "paid", eventProperties={"when": "soon"})["processed"]["eventProperties"] == {"when": "soon"}
    twice = [{"name": "a", "type": "string"}, {"name": " a ", "type": "string"}]
    for run, error in (
        (lambda desk: definitions.create(desk, "paid", []), Conflict),
        (lambda desk: definitions.create(desk, "stripe:paid", []), WorkspaceError),
        (lambda desk: definitions.change(desk, made["id"], twice), WorkspaceError),
        (lambda desk: definitions.change(desk, "nope", []), NotFound),
    ):
        with pytest.raises(error):
            write(run).result(10)
