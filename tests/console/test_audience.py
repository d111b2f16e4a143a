"""The audience over the control API: what the pages do with contacts, segments, lists, keys, events and files."""

from __future__ import annotations

import csv
from typing import Any

import pytest

from headrace.app.instance import OpenInstance
from headrace.engine.audience import contacts
from headrace.engine.events import sending
from tests.console.house import House

PRO = {"match": "all", "conditions": [{"type": "property", "key": "plan", "operator": "equals", "value": "pro"}]}


def add(house: House, email: str, **properties: Any) -> str:
    engine = house.instance.engine
    assert engine is not None
    return engine.write(lambda desk: contacts.upsert(desk, {"email": email, **properties})).result(10).id


@pytest.fixture
def people(house: House) -> dict[str, str]:
    client = house.client("editor")
    assert client.post("/api/v1/engine/properties", json={"name": "plan", "type": "string"}).status_code == 200
    return {name: add(house, f"{name}@x.dev", plan=plan) for name, plan in (("ada", "pro"), ("bob", "free"), ("cat", "pro"))}


def test_a_filter_finds_counts_and_is_saved_as_a_segment(house: House, people: dict[str, str]) -> None:
    client = house.client("editor")
    found = client.post("/api/v1/engine/contacts/query", json={"filter": PRO}).json()["data"]
    assert {row["email"] for row in found} == {"ada@x.dev", "cat@x.dev"}
    assert client.post("/api/v1/engine/contacts/count", json={"filter": PRO, "search": "cat"}).json() == {"count": 1}
    made = client.post("/api/v1/engine/segments", json={"name": "Pro", "filter": PRO}).json()
    renamed = client.put(f"/api/v1/engine/segments/{made['id']}", json={"name": "Paying", "filter": PRO}).json()
    assert [s["name"] for s in client.get("/api/v1/engine/segments").json()["data"]] == ["Paying"] == [renamed["name"]]
    wrong = client.post("/api/v1/engine/contacts/query", json={"filter": {"match": "some"}})
    assert (wrong.status_code, "conditions" in wrong.json()["detail"]) == (400, True)
    assert client.delete(f"/api/v1/engine/segments/{made['id']}").status_code == 200


def test_all_that_a_filter_finds_are_put_on_a_list_or_deleted(house: House, people: dict[str, str]) -> None:
    client = house.client("editor")
    news = client.post("/api/v1/engine/lists", json={"name": "News", "color": "teal"}).json()
    bulk = {"filter": PRO, "action": "add_to_list", "list": news["id"]}
    assert client.post("/api/v1/engine/contacts/bulk", json=bulk).json() == {"done": 2, "skipped": 0}
    assert client.get("/api/v1/engine/lists").json()["data"][0]["members"] == 2
    add(house, "bob@x.dev", subscribed=False)
    one = {"ids": [people["bob"], "cnope"], "action": "add_to_list", "list": news["id"]}
    assert client.post("/api/v1/engine/contacts/bulk", json=one).json() == {"done": 0, "skipped": 2}, "unsubscribed; unknown"
    assert client.post("/api/v1/engine/contacts/bulk", json=bulk | {"list": "no"}).status_code == 422
    assert client.post("/api/v1/engine/contacts/bulk", json={"filter": PRO, "action": "delete"}).json()["done"] == 2
    assert [row["email"] for row in client.get("/api/v1/engine/contacts").json()["data"]] == ["bob@x.dev"]


def test_saving_tells_workflows_only_when_asked(house: House, people: dict[str, str]) -> None:
    engine, client, heard = house.instance.engine, house.client("editor"), []
    assert engine is not None
    engine.listeners = (*engine.listeners, lambda desk, happening: heard.append(happening.kind))
    where = f"/api/v1/engine/contacts/{people['ada']}"
    saved = client.patch(where, json={"properties": {"firstName": "Ada", "email": "ada@new.dev", "shoe": 1}})
    assert "shoe" in saved.json()["warnings"][0]
    assert heard == []
    assert client.patch(where, json={"properties": {"plan": None}, "trigger": True}).status_code == 200
    assert heard == ["contact.updated"]
    contact = client.get(where).json()
    assert (contact["email"], contact["firstName"], contact["properties"]) == ("ada@new.dev", "Ada", {})
    clash = client.patch(where, json={"properties": {"email": "bob@x.dev"}})
    assert clash.status_code == 400, "bob's address is not taken over"
    assert client.get(f"/api/v1/engine/contacts/{people['bob']}").json()["firstName"] is None
    assert len(client.get("/api/v1/engine/contacts").json()["data"]) == 3, "a new address makes nobody new"
    for user_id in ("a1", None):
        client.patch(where, json={"properties": {"userId": user_id}})
        assert client.get(where).json()["userId"] == user_id
    made = client.post("/api/v1/engine/contacts", json={"email": "eva@x.dev", "userId": "eva"}).json()
    assert client.get(f"/api/v1/engine/contacts/{made['id']}").json()["source"] == "Manual"
    assert client.post("/api/v1/engine/contacts", json={"email": "EVA@x.dev"}).status_code == 409
    assert client.delete(where).status_code == 200
    assert client.get(where).status_code == 404


def test_an_undefined_property_is_defined_with_one_click(house: House) -> None:
    engine, client = house.instance.engine, house.client("editor")
    assert engine is not None
    for properties in ({"plan": "pro"}, {"plan": "pro", "coupon": "SAVE"}):
        body = {"email": "ada@x.dev", "eventName": "paid", "eventProperties": properties, "shoe": 42}
        engine.write(lambda desk, body=body: sending.send(desk, body, None)).result(10)  # type: ignore[misc]
    row = client.get("/api/v1/engine/event-log?noted=true&search=PAID").json()["data"][0]
    for note in client.get(f"/api/v1/engine/event-log/{row['id']}").json()["notes"]:
        if note["define"]:
            assert client.post("/api/v1/engine/define", json=note["define"] | {"event": "paid"}).status_code == 200
    (paid,) = client.get("/api/v1/engine/event-definitions").json()["data"]
    assert paid["properties"] == [{"name": "plan", "type": "string"}, {"name": "coupon", "type": "string"}]
    shoe = next(p for p in client.get("/api/v1/engine/properties").json()["data"] if p["key"] == "shoe")
    assert (shoe["type"], shoe["custom"]) == ("number", True)
    assert client.delete("/api/v1/engine/properties/shoe").status_code == 200
    assert client.delete("/api/v1/engine/properties/email").status_code == 404


def test_a_key_is_shown_when_it_is_made_and_never_again(house: House) -> None:
    client = house.client("editor")
    made = client.post("/api/v1/engine/keys", json={"name": "CI"}).json()
    assert len(made["key"]) == 32
    assert made["key"] not in client.get("/api/v1/engine/keys").text
    assert client.delete(f"/api/v1/engine/keys/{made['id']}").status_code == 200


def test_a_file_goes_in_and_contacts_come_out(house: House, people: dict[str, str]) -> None:
    engine, client = house.instance.engine, house.client("editor")
    assert engine is not None
    raw = b"Mail,Plan\neva@x.dev,pro\nbad,pro\n"
    job = client.post(
        "/api/v1/engine/imports", json={"name": "a.csv", "size": len(raw), "mapping": {"Mail": "email", "Plan": "plan"}}
    )
    where = f"/api/v1/engine/imports/{job.json()['id']}"
    assert client.put(f"{where}/part?offset=0", content=raw).json()["state"] == "running"
    house.wait(engine.imports.step())
    done = client.get(where).json()
    assert (done["state"], done["created"], done["failed"]) == ("done", 1, 1)
    assert client.get(f"{where}/rows").json()["data"][0]["text"] == "Invalid email address."
    assert "Invalid email address." in client.get(f"{where}/rows.csv").text
    exported = client.get("/api/v1/engine/export/contacts.csv?search=x.dev")
    assert "attachment" in exported.headers["content-disposition"]
    assert {row["email"] for row in csv.DictReader(exported.text.splitlines())} >= {"ada@x.dev", "eva@x.dev"}
    assert client.get("/api/v1/engine/export/contacts.jsonl?filter={").status_code == 422


def test_the_sandbox_is_copied_to_the_real_loops_and_stays(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    client, store, paused = house.client("editor"), house.instance.store, []

    async def pause(self: OpenInstance, identifier: str) -> None:
        assert not [c for c in store.snapshot().connections if c.destination_id == identifier], (
            "paused before it is connected"
        )
        paused.append(identifier)

    monkeypatch.setattr(OpenInstance, "pause", pause)  # there is no deliverer in this house
    sandbox = store.add_destination("test", "sandbox", "loops", {"base_url": "builtin", "create_missing": True, "rate": 0})
    store.connect("test", house.source, sandbox.id, 0)
    made = client.post(f"/api/v1/destinations/{sandbox.id}/copy", json={"api_key": "f" * 32}).json()
    copied, kept = store.destination(made["id"]), store.destination(sandbox.id)
    assert paused == [copied.id]
    assert (copied.settings["base_url"], copied.settings["create_missing"]) == ("https://app.loops.so/api", True)
    assert "rate" not in copied.settings, "the real one has Loops' limit again"
    assert kept.settings["base_url"] == "builtin"
    assert {c.source_id for c in store.snapshot().connections if c.destination_id == copied.id} == {house.source}
    assert "f" * 32 not in client.get(f"/api/v1/destinations/{copied.id}").text


def test_the_trail_of_a_call_has_its_contact_among_many_alike(house: House) -> None:
    add(house, "ada@x.dev", userId="1")
    house.clock.at += 1_000
    for number in range(60):
        add(house, f"u1-{number}@x.dev", userId=f"1{number}")
    house.take({"type": "identify", "messageId": "m", "userId": "1", "traits": {}})
    found = house.client("viewer").get("/api/v1/trail", params={"message_id": "m"}).json()
    assert found["contact"]["email"] == "ada@x.dev"
