"""A person writes an email on its page: previewed with somebody's values, checked, published, tried on themselves."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from fastapi.testclient import TestClient

from headrace.engine.audience import contacts
from headrace.engine.events import sending
from tests.console.house import House

LMX = "<Paragraph>Hi {data.name}</Paragraph><Button href='{data.loginUrl}'>Log in</Button>"


@pytest.fixture
def client(house: House) -> TestClient:
    return house.client("editor")


def made(client: TestClient) -> dict[str, Any]:
    return dict(client.post("/api/v1/engine/transactional", json={"name": "Log in"}).json())


def email(client: TestClient, identifier: str) -> dict[str, Any]:
    return dict(client.get(f"/api/v1/engine/emails/{identifier}").json())


def save(client: TestClient, identifier: str, **fields: Any) -> Any:
    revision = email(client, identifier)["contentRevisionId"]
    return client.patch(f"/api/v1/engine/emails/{identifier}", json={"expectedRevisionId": revision} | fields)


def preview(client: TestClient, identifier: str, **more: Any) -> dict[str, Any]:
    answer = client.post(f"/api/v1/engine/emails/{identifier}/preview", json=more)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_an_email_goes_from_its_draft_to_published_and_back_to_a_draft(client: TestClient) -> None:
    new = made(client)
    assert (new["state"], new["published"]) == ("draft", None)
    assert save(client, new["draft"], subject="For {data.name}", lmx=LMX).status_code == 200
    path = f"/api/v1/engine/transactional/{new['id']}"
    assert client.get(path).json()["problems"] == []
    assert client.post(f"{path}/publish").json()["state"] == "published"
    shown = client.get(path).json()
    assert shown["dataVariables"] == ["name", "loginUrl"]
    assert shown["example"]["body"]["dataVariables"]["loginUrl"] == "https://example.com/loginUrl"
    assert client.post(f"{path}/draft").json()["state"] == "changed"


def test_what_cannot_be_saved_says_where_it_is_wrong(client: TestClient) -> None:
    answer = save(client, made(client)["draft"], lmx="<H1>x</H1>\n<p>x</p>")
    assert answer.status_code == 422
    assert "line 2, column 1: There is no tag <p>" in answer.json()["detail"]


def test_two_people_who_edit_at_once_are_told(client: TestClient) -> None:
    draft = made(client)["draft"]
    old = email(client, draft)["contentRevisionId"]
    assert save(client, draft, subject="Mine").status_code == 200
    answer = client.patch(f"/api/v1/engine/emails/{draft}", json={"expectedRevisionId": old, "subject": "Yours"})
    assert answer.status_code == 409


def test_a_preview_shows_what_is_not_saved_and_changes_nothing(client: TestClient) -> None:
    draft = made(client)["draft"]
    found = preview(client, draft, email={"subject": "For {data.name}", "lmx": LMX}, data={"name": "Ada <b>"})
    assert found["subject"] == "For Ada <b>"
    assert found["reason"] == "These have neither a value nor a fallback: data.loginUrl. It would not be sent."
    frame = client.get(f"/api/v1/engine/previews/{found['frame']}")
    assert "Hi Ada &lt;b&gt;" in frame.text
    assert "default-src 'none'" in frame.headers["content-security-policy"]
    dark = client.get(f"/api/v1/engine/previews/{found['frame']}?scheme=dark").text
    assert ("@media not all {" in frame.text, "@media all {" in dark) == (True, True)
    assert "script" not in frame.headers["content-security-policy"]
    assert (frame.headers["x-frame-options"], email(client, draft)["lmx"]) == ("SAMEORIGIN", "")


def test_a_preview_of_a_text_that_cannot_be_read_says_where(client: TestClient) -> None:
    found = preview(client, made(client)["draft"], email={"subject": "x", "lmx": "<H1>a</H2>"})
    assert (found["problems"][0]["line"], found["frame"]) == (1, None)


def test_a_workflows_email_is_filled_with_the_newest_event_of_a_contact(house: House, client: TestClient) -> None:
    engine = house.instance.engine
    assert engine is not None
    engine.emails.event_of = lambda c, workflow: "newUser"
    for name, plan in (("Ada", "Pro"), ("Bo", "Free")):
        body: dict[str, Any] = {"email": f"{name.lower()}@x.dev", "firstName": name, "eventName": "newUser"}
        engine.write(partial(sending.send, body=body | {"eventProperties": {"plan": plan}}, key=None)).result()
    message = engine.write(lambda desk: engine.emails.create_message(desk, "workflow", "cworkflow")).result()
    offered = email(client, message)["offered"]
    assert (offered["eventName"], offered["event"]) == ("newUser", ["plan"])
    lmx = "<Paragraph>{contact.firstName} has {event.plan}</Paragraph>"
    assert "Bo has Free" in preview(client, message, email={"subject": "x", "lmx": lmx})["text"]
    ada = engine.read(lambda c: contacts.find(c, contacts.Who("ada@x.dev", None)))
    found = preview(client, message, email={"subject": "x", "lmx": lmx}, contact=ada)
    assert "Ada has Pro" in found["text"]
    assert found["filled"]["contact"]["email"] == "ada@x.dev"
    assert [rule["rule"] for rule in found["warnings"]] == [
        "missingFallbackContactProperties", "missingFallbackEventProperties",
    ]  # fmt: skip
    assert "Unsubscribe: http" in found["text"]


def test_a_test_mail_stands_among_the_sends(client: TestClient) -> None:
    new = made(client)
    save(client, new["draft"], subject="x", lmx="<Paragraph>Hi {data.name}</Paragraph>")
    body = {"email": "me@x.dev", "data": {"name": "Ada"}}
    assert client.post(f"/api/v1/engine/emails/{new['draft']}/test", json=body).json()["id"]
    assert client.post(f"/api/v1/engine/emails/{new['draft']}/test", json={"email": "me"}).status_code == 400
    (send,) = client.get(f"/api/v1/engine/transactional/{new['id']}/sends").json()["data"]
    assert (send["kind"], send["email"]) == ("test", "me@x.dev")
