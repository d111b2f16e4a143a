"""From an event to the mail in the Inbox, with everybody's real work in between."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headrace.engine.emails import messages
from headrace.engine.store import rows
from headrace.engine.workflows import revising, shelf
from headrace.engine.workflows.graph import Refused
from headrace.engine.workflows.port import Tools
from tests.engine.workflows.house import ADA, DAY, House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.engine.workflows.tools = Tools(made.engine.emails, made.engine.outbox)
    yield made
    made.engine.close()


def written(house: House, text: str) -> str:
    """event → two days → an email with this text"""

    def run(desk: Any) -> str:
        made = shelf.create(desk, "Welcome", None, None)
        now = revising.update(
            desk, made.id, made.graph.root, made.revision,
            {"typeName": "EventTrigger", "eventName": "signup", "reEligible": True},
        )  # fmt: skip
        at: dict[str, Any] = {"insertMode": "after", "fromNodeId": made.graph.root}
        for kind in ("SendEmailAction", "TimerAction"):
            wanted = at | {"expectedRevisionId": now.revision, "nodeTypeName": kind}
            now, new = revising.insert(desk, made.id, wanted, house.engine.emails)
            if kind == "SendEmailAction":
                message = now.graph.nodes[new.node].config["emailMessageId"]
        content = {"subject": "Welcome", "fromName": "Shop", "fromEmail": "hello", "lmx": f"<Paragraph>{text}</Paragraph>"}
        latest = messages.one(desk.c, message).revision
        messages.update(desk, message, content | {"expectedRevisionId": latest})
        revising.update(desk, made.id, new.node, now.revision, {"amount": 2})
        return made.id

    return house.engine.write(run).result()


def test_two_days_after_her_event_ada_reads_what_the_event_said(house: House) -> None:
    house.event(plan="pro")  # defines it
    workflow = written(house, "You chose {event.plan}.")
    house.start(workflow)
    house.event(plan="team")
    house.settle()
    house.settle(2 * DAY)
    asyncio.run(house.engine.outbox.step())
    ((email, state, log),) = house.engine.read(lambda c: rows(c, "select email, state, log from send"))
    assert (email, state, log) == (ADA, "delivered", 2)
    ((raw,),) = house.engine.read(lambda c: rows(c, "select raw from inbox"))
    assert b"You chose team." in bytes(raw)


def test_a_start_is_refused_while_an_email_asks_for_what_its_event_does_not_have(house: House) -> None:
    house.event(plan="pro")
    workflow = written(house, "You like {event.colour}.")
    with pytest.raises(Refused, match="colour"):
        house.start(workflow)
