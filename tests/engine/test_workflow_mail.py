"""From an event to the mail in Ada's hands: a workflow's email written in LMX, filled, sent, with the way out below."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import msgspec
import pytest

from headrace.engine.emails import messages, transactional
from headrace.engine.emails.sending import read, send
from headrace.engine.store import rows
from headrace.engine.workflows import shelf, states
from headrace.engine.workflows.graph import Refused
from headrace.engine.workflows.port import Tools
from tests.engine.mailing import drain
from tests.engine.workflows.drawing import line
from tests.engine.workflows.house import ADA, House

LMX = "<H1>Welcome, {contact.firstName}</H1><Paragraph>You have {event.plan}.</Paragraph><Button href='https://x.dev/{contact.userId}'>Open</Button>"
SIGNED_UP = ("EventTrigger", {"eventName": "signup"})


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    house.engine.url = "https://mail.x.dev"
    house.engine.workflows.tools = Tools(house.engine.emails, house.engine.outbox)
    yield house
    house.engine.close()


def welcome(house: House, trigger: tuple[str, dict[str, Any]] = SIGNED_UP, **fields: Any) -> tuple[str, str]:
    """A draft with one email; (workflow, message)."""

    def make(desk: Any) -> tuple[str, str]:
        made = shelf.create(desk, "Welcome", None, None)
        message = house.engine.emails.create_message(desk, "workflow", made.id)
        graph = line(("SendEmailAction", {"emailMessageId": message}), trigger=trigger)
        shelf.save(desk, msgspec.structs.replace(made, graph=graph), "drawn")
        revision = messages.one(desk.c, message).revision
        given = {"expectedRevisionId": revision, "subject": "Hi {contact.firstName}", "fromName": "Acme", "lmx": LMX}
        messages.update(desk, message, given | fields)
        return made.id, message

    return house.engine.write(make).result()


def start(house: House, workflow: str) -> None:
    house.engine.write(lambda desk: states.start(desk, workflow, house.engine.emails)).result()


def inbox(house: House) -> list[EmailMessage]:
    drain(house.engine)
    raw = house.engine.read(lambda c: [bytes(row[0]) for row in rows(c, "select raw from inbox order by n")])
    return [message_from_bytes(mail, _class=EmailMessage, policy=policy.default) for mail in raw]


def test_ada_signs_up_and_reads_her_welcome(house: House) -> None:
    house.event(plan="none yet")  # defines the event and its property
    workflow, _ = welcome(house)
    start(house, workflow)
    house.put(firstName="Ada", userId="u/1")
    house.event(plan="Pro & more")
    house.settle()
    (mail,) = inbox(house)
    assert (mail["To"], mail["Subject"]) == (ADA, "Hi Ada")
    html, text = mail.get_body(("html",)), mail.get_body(("plain",))
    assert html is not None
    assert text is not None
    assert "You have Pro &amp; more." in html.get_content()
    assert "Open: https://x.dev/u%2F1" in text.get_content()
    link = mail["List-Unsubscribe"].strip("<>")
    assert link in html.get_content()
    assert f"Unsubscribe: {link}" in text.get_content()


def test_without_a_name_and_without_a_fallback_it_is_not_sent_and_says_so(house: House) -> None:
    house.event(plan="none yet", email="bo@x.dev")
    workflow, _ = welcome(house)
    start(house, workflow)
    house.event(plan="Pro")
    house.settle()
    assert inbox(house) == []
    ((state, why),) = house.engine.read(lambda c: rows(c, "select state, why from send where email=?", (ADA,)))
    assert state == "skipped"
    assert "contact.firstName" in why


def test_a_workflow_does_not_start_while_the_guardian_finds_an_error(house: House) -> None:
    house.event(plan="none yet")
    workflow, message = welcome(house, lmx="<Paragraph>{event.other}</Paragraph>")
    with pytest.raises(Refused, match=r"Unknown event property: \{event.other\}"):
        start(house, workflow)
    signup, _ = welcome(house, trigger=("SignupTrigger", {}))
    with pytest.raises(Refused, match="Unknown event property"):
        start(house, signup)
    assert house.engine.read(lambda c: house.engine.emails.subject(c, message)) == "Hi {contact.firstName}"


def test_a_contact_made_by_a_transactional_send_enters_no_workflow(house: House) -> None:
    workflow, _ = welcome(house, trigger=("SignupTrigger", {}), lmx="<Paragraph>Hi</Paragraph>", subject="Hi")
    start(house, workflow)

    def sends(desk: Any) -> None:
        made = transactional.create(desk, {"name": "Receipt"})
        given = {"expectedRevisionId": messages.one(desk.c, made.draft or "").revision, "subject": "x"}
        messages.update(desk, made.draft or "", given | {"lmx": "<Paragraph>Paid</Paragraph>"})
        transactional.publish(desk, made.id)
        asked = read({"email": ADA, "transactionalId": made.id, "addToAudience": True})
        send(desk, house.engine.outbox, asked, None)

    house.engine.write(sends).result()
    assert house.runs() == []
    house.put("bo@x.dev")
    assert len(house.runs()) == 1


def test_a_copy_of_an_email_has_its_content_and_a_life_of_its_own(house: House) -> None:
    workflow, message = welcome(house)
    copy = house.engine.write(
        lambda desk: messages.create(desk, "workflow", workflow, messages.one(desk.c, message)).id
    ).result()
    first, second = house.engine.read(lambda c: (messages.one(c, message), messages.one(c, copy)))
    assert (first.lmx, first.subject) == (second.lmx, second.subject)
    assert first.revision != second.revision
