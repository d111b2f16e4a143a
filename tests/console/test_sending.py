"""Sending, Inbox and webhooks through the control API: secrets stay secret, and each button does one thing."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from headrace.engine.engine import Engine
from tests.console.house import House


@pytest.fixture
def engine(house: House) -> Engine:
    assert house.instance.engine is not None
    return house.instance.engine


def sent(engine: Engine) -> None:
    async def run() -> None:
        while await engine.outbox.step() == 0:
            pass

    asyncio.run(run())


def test_a_password_and_a_key_go_in_and_never_come_out(house: House) -> None:
    owner = house.client("owner")
    changed = {"mode": "smtp", "host": "smtp.x.dev", "domain": "ada.dev", "username": "ada", "password": "s3cret-password"}
    answer = owner.patch("/api/v1/engine/sending", json=changed)
    assert (answer.status_code, answer.json()["has_password"]) == (200, True)
    made = owner.post("/api/v1/engine/sending/dkim", json={}).json()
    assert made["has_dkim"]
    assert made["records"][0]["value"].startswith("v=DKIM1; k=rsa; p=")
    whole = owner.get("/api/v1/engine/sending").text + owner.get("/api/v1/workspace/export").text
    assert "s3cret" not in whole
    assert "PRIVATE KEY" not in whole
    assert owner.patch("/api/v1/engine/sending", json={"password": ""}).json()["has_password"] is False
    assert owner.delete("/api/v1/engine/sending/dkim").json()["has_dkim"] is False
    answer = owner.post("/api/v1/engine/sending/dkim", json={"private_key": "nonsense"})
    assert (answer.status_code, "PEM" in answer.json()["detail"]) == (422, True)


def test_what_cannot_be_is_refused_in_a_sentence(house: House) -> None:
    owner = house.client("owner")
    for wrong in ({"mode": "smtp"}, {"domain": "http://x"}, {"nonsense": 1}, {"port": 0}, {"rate": -1}):
        answer = owner.patch("/api/v1/engine/sending", json=wrong)
        assert answer.status_code == 422, wrong
        assert answer.json()["detail"]
    assert owner.post("/api/v1/engine/sending/dns-check").status_code == 422
    assert owner.post("/api/v1/engine/sending/test", json={"to": "ada"}).status_code == 422


def test_a_port_of_the_inbox_that_is_taken_is_told_where_it_is_set(house: House) -> None:
    owner = house.client("owner")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = owner.patch("/api/v1/engine/sending", json={"inbox_port": port}).json()
        assert answer["inbox_port_trouble"].startswith(f"Port {port} cannot be listened on")
    assert owner.patch("/api/v1/engine/sending", json={"inbox_port": 0}).json()["inbox_port_trouble"] is None


def test_a_test_mail_is_in_the_inbox_with_its_html_source_and_attachments(house: House, engine: Engine) -> None:
    owner = house.client("owner")
    made: Any = owner.post("/api/v1/engine/sending/test", json={"to": "ada@x.dev"}).json()
    assert made["state"] == "queued"
    sent(engine)
    assert owner.get(f"/api/v1/engine/sends/{made['id']}").json()["state"] == "delivered"
    listed = owner.get("/api/v1/engine/inbox?search=ADA").json()
    assert (listed["total"], listed["unseen"], listed["data"][0]["send"]) == (1, 1, made["id"])
    mail = listed["data"][0]["id"]
    assert owner.get(f"/api/v1/engine/inbox/{mail}").json()["subject"] == "A test from Headrace"
    assert owner.get("/api/v1/engine/inbox").json()["unseen"] == 0
    assert owner.get(f"/api/v1/engine/inbox/{mail}/source").text.startswith("From: ")
    assert owner.get(f"/api/v1/engine/inbox/{mail}/attachments/0").status_code == 404
    assert owner.delete(f"/api/v1/engine/inbox/{mail}").status_code == 200
    assert owner.delete("/api/v1/engine/inbox").json() == {"deleted": 0}


def test_only_an_ambiguous_mail_is_settled_and_a_delivered_one_is_not_sent_again(house: House, engine: Engine) -> None:
    owner = house.client("owner")
    made: Any = owner.post("/api/v1/engine/sending/test", json={"to": "ada@x.dev"}).json()
    sent(engine)
    for what in ("again", "settle"):
        assert owner.post(f"/api/v1/engine/sends/{made['id']}/{what}").status_code == 409
        assert owner.post(f"/api/v1/engine/sends/nobody/{what}").status_code == 404
    engine.write(lambda desk: desk.c.execute("update send set state='ambiguous'")).result()
    assert owner.get("/api/v1/engine/sends?state=ambiguous").json()["data"][0]["id"] == made["id"]
    assert owner.post(f"/api/v1/engine/sends/{made['id']}/settle").status_code == 200
    assert owner.get(f"/api/v1/engine/sends/{made['id']}").json()["state"] == "sent"


def test_an_endpoint_is_made_changed_and_removed_and_viewers_do_not_see_its_secret(house: House) -> None:
    owner, viewer = house.client("owner"), house.client("viewer")
    made = owner.post("/api/v1/engine/webhooks", json={"url": "https://x.dev/h", "events": ["contact.created"]}).json()
    path = f"/api/v1/engine/webhooks/{made['id']}"
    assert viewer.get("/api/v1/engine/webhooks").json()["data"][0]["url"] == "https://x.dev/h"
    assert "whsec_" not in viewer.get("/api/v1/engine/webhooks").text
    assert viewer.get(f"{path}/secret").status_code == 403
    assert owner.get(f"{path}/secret").json()["secret"].startswith("whsec_")
    changed = owner.put(path, json={"url": "https://y.dev/h", "events": [], "enabled": False}).json()
    assert (changed["url"], changed["enabled"]) == ("https://y.dev/h", False)
    assert owner.post(f"{path}/test").status_code == 200
    assert owner.get(f"{path}/messages").json()["data"][0]["type"] == "testing.testEvent"
    assert owner.delete(path).status_code == 200
    assert owner.get("/api/v1/engine/webhooks").json()["data"] == []


def test_a_stored_password_is_not_sent_to_another_server(house: House, engine: Engine) -> None:
    editor = house.client("editor")
    stored = {"mode": "smtp", "host": "smtp.x.dev", "domain": "ada.dev", "username": "ada", "password": "s3cret-password"}
    house.client("owner").patch("/api/v1/engine/sending", json=stored)
    for elsewhere in ({"host": "mail.evil.test"}, {"port": 2525}):
        answer = editor.patch("/api/v1/engine/sending", json=elsewhere)
        assert (answer.status_code, "password again" in answer.json()["detail"]) == (422, True)
    assert engine.sending.current().host == "smtp.x.dev"
    assert editor.patch("/api/v1/engine/sending", json={"host": "new.x.dev", "password": "another"}).status_code == 200
