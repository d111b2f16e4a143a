"""Segments, suppression, keys, properties and lists: what Ada does over the API and on the pages."""

from __future__ import annotations

from typing import Any

import pytest

from headrace.engine.audience import contacts, lists, properties, suppression
from headrace.engine.keys import MINUTE
from headrace.engine.refusal import LoopsError
from headrace.errors import Conflict, NotFound, WorkspaceError
from tests.engine.loops import Loops

PRO = {"match": "all", "conditions": [{"type": "property", "key": "plan", "operator": "equals", "value": "pro"}]}


def segment(loops: Loops, **body: Any) -> tuple[int, Any]:
    return loops.ask("POST", "/v1/audience-segments", {"name": "Power users", "filter": PRO} | body)


def test_a_segment_is_made_read_and_listed_as_loops_does(loops: Loops) -> None:
    status, made = segment(loops, description="On the pro plan")
    assert (status, made["name"], made["description"], made["filter"]) == (200, "Power users", "On the pro plan", PRO)
    assert loops.ask("GET", f"/v1/audience-segments/{made['id']}") == (200, made)
    for number in range(11):
        segment(loops, name=f"s{number}")
    _, first = loops.ask("GET", "/v1/audience-segments?perPage=10")
    _, second = loops.ask("GET", f"/v1/audience-segments?perPage=10&cursor={first['pagination']['nextCursor']}")
    assert [s["name"] for s in first["data"] + second["data"]][-1] == "Power users", "the newest first"
    assert (first["pagination"]["totalResults"], len(second["data"])) == (12, 2)


def test_a_segment_that_cannot_be_is_refused_and_says_why(loops: Loops) -> None:
    segment(loops)
    assert "name" in segment(loops)[1]["message"]
    assert segment(loops, name="x" * 256)[0] == 400
    assert segment(loops, name="y", color="red")[0] == 400
    assert segment(loops, name="y", filter=None)[0] == 400
    assert segment(loops, name="y", filter={"match": "all", "conditions": []})[0] == 400
    opened = {"type": "activity", "action": "opened", "negate": False, "target": "workflow", "id": "cnope"}
    status, body = segment(loops, name="y", filter={"match": "any", "conditions": [opened]})
    assert (status, body["message"]) == (404, "Workflow not found.")
    assert loops.ask("GET", "/v1/audience-segments/not-an-id!")[0] == 400
    assert loops.ask("GET", "/v1/audience-segments/cm4t1suns001uw6atri87v54s")[0] == 404


def suppress(loops: Loops, email: str) -> None:
    loops.engine.write(lambda desk: suppression.suppress(desk, email, "It bounced.")).result(10)


def test_a_suppressed_address_is_told_so_and_taken_off(loops: Loops) -> None:
    loops.ask("PUT", "/v1/contacts/update", {"email": "Ada@x.dev", "userId": "ada"})
    where = "/v1/contacts/suppression"
    status, body = loops.ask("GET", f"{where}?email=ada@x.dev")
    assert (status, body["isSuppressed"], body["removalQuota"]) == (200, False, {"limit": 100, "remaining": 100})
    assert loops.ask("DELETE", f"{where}?userId=ada")[1]["message"] == "This contact is not suppressed."
    suppress(loops, "ADA@x.dev")
    assert loops.ask("GET", f"{where}?userId=ada")[1]["isSuppressed"] is True
    status, body = loops.ask("DELETE", f"{where}?userId=ada")
    assert (status, body["message"], body["removalQuota"]["remaining"]) == (200, "Email removed from suppression list.", 99)
    assert loops.ask("GET", where)[1]["message"] == "An email or userId is required."
    assert loops.ask("GET", f"{where}?email=a@x.dev&userId=ada")[0] == 400
    assert loops.ask("GET", f"{where}?userId=nobody") == (
        404, {"success": False, "message": "This contact was not found.", "error": "This contact was not found."},
    )  # fmt: skip


def test_a_hundred_removals_in_thirty_days_are_enough(loops: Loops) -> None:
    loops.ask("PUT", "/v1/contacts/update", {"email": "ada@x.dev"})
    now = loops.engine.now()
    old, recent = now - suppression.WINDOW - 1, now - suppression.WINDOW + 60_000
    for at in (old, *[recent] * 100):
        loops.engine.write(lambda desk, at=at: desk.c.execute("insert into removal values(null,'x',?)", (at,))).result(10)  # type: ignore[misc]
    suppress(loops, "ada@x.dev")
    status, body = loops.ask("DELETE", "/v1/contacts/suppression?email=ada@x.dev")
    assert (status, "quota" in body["message"]) == (400, True)


def test_a_key_is_shown_once_tells_its_last_use_and_ends_when_revoked(loops: Loops) -> None:
    keys = loops.engine.keys
    made = keys.create("CI")
    assert made["lastUsed"] is None
    assert loops.ask("GET", "/v1/api-key", key=made["key"])[0] == 200
    loops.ask("GET", "/v1/api-key", key=made["key"])
    loops.engine.write(lambda desk: None).result(10)
    listed = next(k for k in keys.listed() if k["name"] == "CI")
    assert listed["lastUsed"] is not None
    assert "key" not in listed
    assert MINUTE == 60_000
    keys.revoke(made["id"])
    assert loops.ask("GET", "/v1/api-key", key=made["key"])[0] == 401
    with pytest.raises(NotFound):
        keys.revoke(made["id"])


def test_revoking_the_pipelines_own_key_makes_a_new_one(loops: Loops) -> None:
    (own,) = loops.engine.keys.listed()
    loops.engine.keys.revoke(own["id"])
    assert loops.ask("GET", "/v1/api-key")[0] == 401
    assert loops.ask("GET", "/v1/api-key", key=loops.engine.api_key())[0] == 200


def test_a_property_with_values_or_in_a_segment_stays(loops: Loops) -> None:
    for name in ("plan", "seats", "unused"):
        loops.ask("POST", "/v1/contacts/properties", {"name": name, "type": "string"})
    loops.ask("PUT", "/v1/contacts/update", {"email": "ada@x.dev", "seats": "3"})
    segment(loops)
    write = loops.engine.write
    for name, why in (("plan", "Power users"), ("seats", "contacts have")):
        with pytest.raises(Conflict, match=why):
            write(lambda desk, name=name: properties.delete(desk, name, loops.engine.users)).result(10)  # type: ignore[misc]
    write(lambda desk: properties.delete(desk, "unused", loops.engine.users)).result(10)
    assert [p["key"] for p in loops.ask("GET", "/v1/contacts/properties?list=custom")[1]] == ["plan", "seats"]


@pytest.mark.parametrize(
    "name", ["id", "listId", "softDeleteAt", "teamId", "updatedAt", "email", "mailingLists", 'a"b', "a\\b", " "]
)
def test_some_names_cannot_be_properties(loops: Loops, name: str) -> None:
    assert loops.ask("POST", "/v1/contacts/properties", {"name": name, "type": "string"})[0] == 400


def test_a_list_is_made_changed_and_stays_while_somebody_is_on_it(loops: Loops) -> None:
    write = loops.engine.write
    made = write(
        lambda desk: lists.create(desk, {"name": "News", "color": "teal", "id": "cm4ittp2k000l12j3lgrzvlxt"})
    ).result(10)
    assert (made["id"], made["isPublic"], made["color"]) == ("cm4ittp2k000l12j3lgrzvlxt", False, "teal")
    changed = write(lambda desk: lists.change(desk, made["id"], {"isPublic": True, "description": "Monthly"})).result(10)
    assert (changed["name"], changed["isPublic"], changed["description"]) == ("News", True, "Monthly")
    loops.ask("PUT", "/v1/contacts/update", {"email": "ada@x.dev", "mailingLists": {made["id"]: True}})
    with pytest.raises(Conflict, match="in use"):
        write(lambda desk: lists.delete(desk, made["id"])).result(10)
    loops.ask("PUT", "/v1/contacts/update", {"email": "ada@x.dev", "mailingLists": {made["id"]: False}})
    write(lambda desk: lists.delete(desk, made["id"])).result(10)
    assert loops.ask("GET", "/v1/lists") == (200, [])
    for wrong in ({"name": " "}, {"name": "x", "color": "ultraviolet"}, {"name": "x", "id": "a b"}):
        with pytest.raises(WorkspaceError):
            write(lambda desk, wrong=wrong: lists.create(desk, wrong)).result(10)  # type: ignore[misc]


def test_two_lists_may_have_one_name_but_not_one_id(loops: Loops) -> None:
    first = loops.engine.create_list("News", None, True)
    assert loops.engine.create_list("News", None, True)["id"] != first["id"]
    with pytest.raises(Conflict):
        loops.engine.write(lambda desk: lists.create(desk, {"name": "x", "id": first["id"]})).result(10)


def test_an_email_of_one_and_a_user_id_of_another_are_never_merged_by_an_event(loops: Loops) -> None:
    """Choice 2: 400, and nothing changed."""
    for name in ("a", "b"):
        loops.ask("PUT", "/v1/contacts/update", {"email": f"{name}@x.dev", "userId": name})
    assert loops.ask("POST", "/v1/events/send", {"email": "a@x.dev", "userId": "b", "eventName": "e"})[0] == 400
    with pytest.raises(LoopsError):
        loops.engine.read(lambda c: contacts.find(c, contacts.Who("a@x.dev", "b")))
