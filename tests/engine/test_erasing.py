"""Ada lived through lists, events, workflows, mail, webhooks, imports and bounces; then she is forgotten, in every table."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from headrace.engine import erasing
from headrace.engine.audience import contacts, suppression
from headrace.engine.audience.suppression import suppress
from headrace.engine.engine import Engine
from headrace.engine.events import sending
from headrace.engine.inbox import store as inbox
from headrace.engine.webhooks import payloads
from tests.engine.mailing import enqueue, mail_for
from tests.engine.workflows.drawing import line
from tests.engine.workflows.house import House

ADA, NAME, USER = "Ada.Lovelace@x.dev", "Lovelace-Byron", "user-of-ada-4711"
TRACES = (ADA.lower(), NAME.lower(), USER.lower())


def story(house: House) -> None:
    """Everything that can happen to a person here."""
    engine = house.engine
    engine.webhooks.add("http://127.0.0.1:9/hook", list(payloads.EVENTS))
    news = house.mailing_list()
    started = {"trigger": ("EventTrigger", {"eventName": "signup", "reEligible": True})}
    house.workflow(
        line(("SendEmailAction", {"emailMessageId": "m"}), ("TimerAction", {"amount": 2, "unit": "d"}), **started)
    )
    house.put(ADA, userId=USER, lastName=NAME, mailingLists={news: True})

    def event(desk: Any, body: dict[str, Any], key: str) -> None:
        sending.send(desk, {"eventName": "signup", "eventProperties": {}} | body, key)

    mine = {"email": ADA, "userId": USER, "eventProperties": {"name": NAME, "to": ADA}}
    engine.write(lambda desk: event(desk, mine, f"signup:{ADA}")).result()
    others = {"email": "bob@x.dev", "eventProperties": {"invitedBy": ADA}}
    engine.write(lambda desk: event(desk, others, "bob")).result()
    house.settle()
    enqueue(engine, mail_for(None, ADA, "transactional", kind="transactional", data={"name": NAME}))
    kept = inbox.Kept(f"To: {ADA}\r\nSubject: for {NAME}\r\n\r\nDear {NAME}".encode(), "shop@x.dev", [ADA], f"for {NAME}")
    engine.write(lambda desk: inbox.keep(desk, kept, inbox.Room(10, 10**6))).result()
    engine.write(lambda desk: suppress(desk, ADA, "It bounced.")).result()
    engine.write(lambda desk: suppression.remove(desk, contacts.Who(ADA, None))).result()
    engine.write(lambda desk: suppress(desk, ADA, "It bounced again.")).result()
    imported(engine)


def imported(engine: Engine) -> None:
    raw = f"E-Mail,User,Born\n{ADA},{USER},{NAME}\n".encode()
    engine.apply_section({"properties": [{"name": "born", "type": "date"}]})
    job = engine.imports.create(
        "people.csv", {"E-Mail": "email", "User": "userId", "Born": "born"}, None, True, len(raw), None
    )
    engine.imports.append(job["id"], 0, raw)
    assert asyncio.run(engine.imports.step())
    assert engine.imports.complaints(job["id"], 10)


def traces(folder: Path) -> list[str]:
    raw = b"".join(path.read_bytes() for path in sorted(folder.glob("engine.db*"))).lower()
    return [trace for trace in TRACES if trace.encode() in raw]


@pytest.mark.parametrize("named", [([USER], [ADA]), ([], [ADA]), ([USER], [])], ids=["both", "email", "userId"])
def test_whoever_is_forgotten_is_nowhere_in_the_file(tmp_path: Path, named: tuple[list[str], list[str]]) -> None:
    house = House(tmp_path)
    story(house)
    assert traces(tmp_path) == list(TRACES)
    erasing.erase(house.engine, *named)
    house.engine.store.tidy()
    house.engine.close()
    assert traces(tmp_path) == []


def test_whose_contact_was_deleted_before_is_forgotten_too(tmp_path: Path) -> None:
    house = House(tmp_path)
    story(house)
    house.delete(ADA)
    erasing.erase(house.engine, [USER], [ADA])
    house.engine.store.tidy()
    house.engine.close()
    assert traces(tmp_path) == []


def test_a_bystander_keeps_everything_but_the_name_of_who_is_forgotten(tmp_path: Path) -> None:
    house = House(tmp_path)
    story(house)
    erasing.erase(house.engine, [USER], [ADA])
    assert [c["email"] for c in house.engine.contacts("", None)[0]] == ["bob@x.dev"]
    assert house.sent("bob@x.dev") == ["m"]
    assert house.starts() == [], "what an event started goes with its row, and both rows named Ada"
    house.engine.close()
