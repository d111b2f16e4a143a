"""A contact property: whatever uses it keeps it, and one rule says what it may be called, wherever it is made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headrace.engine.audience import contacts, properties
from headrace.engine.emails import messages, transactional
from headrace.errors import Conflict
from tests.engine.test_workflow_mail import welcome
from tests.engine.workflows.drawing import line
from tests.engine.workflows.house import House

CHANGED = {"key": "plan", "was": {"operator": "any"}, "is": {"operator": "equal", "value": "pro"}}
PRO = {"match": "all", "conditions": [{"type": "property", "key": "plan", "operator": "equals", "value": "pro"}]}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.property("plan")
    yield made
    made.engine.close()


def why_not(house: House, key: str = "plan") -> str:
    """What Ada is told when she deletes it; it is there no longer when that is nothing."""
    try:
        house.engine.write(lambda desk: properties.delete(desk, key, house.engine.users)).result()
    except Conflict as error:
        return str(error)
    return ""


def test_a_workflow_that_waits_for_its_change_keeps_it(house: House) -> None:
    house.workflow(
        line(trigger=("ContactPropertyTrigger", {"contactPropertyQuery": CHANGED})), started=False, name="Upgrades"
    )
    assert why_not(house) == "The property plan is in use: the workflow Upgrades asks for it (Contact updated)."


def test_a_filter_of_a_workflow_keeps_it_until_it_is_redrawn(house: House) -> None:
    workflow = house.workflow(line(("AudienceFilter", {"audienceFilter": PRO})), started=False)
    assert why_not(house) == "The property plan is in use: the workflow Welcome asks for it (Audience filter)."
    house.redraw(workflow, line())
    assert not why_not(house)


@pytest.mark.parametrize(
    "field",
    [{"subject": "Your {contact.plan}"}, {"lmx": "<H1>{contact.plan}</H1>"}, {"fromName": "{plan}"},
     {"lmx": "<Button href='https://x.dev/{CONTACT_PROPERTY:plan}'>Go</Button>"}],
)  # fmt: skip
def test_an_email_of_a_workflow_that_says_it_keeps_it(house: House, field: dict[str, Any]) -> None:
    welcome(house, **({"subject": "Hi"} | field))
    assert "of the workflow Welcome says {contact.plan}" in why_not(house)


def test_an_email_that_says_nothing_of_it_does_not(house: House) -> None:
    welcome(house, lmx="<Paragraph>{event.plan} {contact.planned} plan {data.plan}</Paragraph>")
    assert not why_not(house)


def test_a_draft_of_a_transactional_email_keeps_it_and_what_was_published_before_does_not(house: House) -> None:
    def make(desk: Any) -> str:
        made = transactional.create(desk, {"name": "Log in"})
        assert made.draft
        write(desk, made.draft, "<Paragraph>{contact.plan}</Paragraph>")
        return made.id

    def write(desk: Any, message: str, lmx: str) -> None:
        revision = messages.one(desk.c, message).revision
        messages.update(desk, message, {"expectedRevisionId": revision, "subject": "Log in", "lmx": lmx})

    def rewrite(desk: Any) -> None:
        draft = transactional.one(desk.c, identifier).draft
        assert draft
        write(desk, draft, "<Paragraph>Hi</Paragraph>")

    identifier = house.engine.write(make).result()
    said = "The property plan is in use: the email “Log in” of the transactional email Log in says {contact.plan}."
    assert why_not(house) == said
    house.engine.write(rewrite).result()
    assert not why_not(house)


def test_what_nothing_uses_goes(house: House) -> None:
    assert not why_not(house)
    assert "plan" not in [p["key"] for p in house.engine.read(lambda c: contacts.properties(c, True))]
