"""The room of emails: it writes the mail that others send, and says what keeps one from being sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, cast

import apsw

from headrace.engine.audience import contacts
from headrace.engine.core import Core
from headrace.engine.desk import Desk
from headrace.engine.emails import composing, guardian, messages, themes, transactional
from headrace.engine.emails.message import Message, document
from headrace.engine.events import patterns
from headrace.engine.mail_port import Composed, Mail, NotSendable
from headrace.engine.refusal import LoopsError

EventOf = Callable[[apsw.Connection, str], str | None]


class Emails:
    """`event_of` names the event that starts a workflow; whoever keeps workflows sets it."""

    def __init__(self, core: Core) -> None:
        self.event_of: EventOf = lambda c, workflow: None
        core.write(themes.ensure_default).result()

    def compose(self, c: apsw.Connection, mail: Mail, system: Mapping[str, str]) -> Composed | NotSendable:
        return composing.compose(c, mail, system)

    def create_message(self, desk: Desk, kind: str, parent: str) -> str:
        """The id of a new, empty one."""
        return messages.create(desk, cast(Literal["workflow", "transactional"], kind), parent).id

    def subject(self, c: apsw.Connection, message: str) -> str:
        found = messages.find(c, message)
        return found.subject if found else ""

    def problems(self, c: apsw.Connection, message: str) -> list[str]:
        """What has to be set right before it can be sent, a sentence each."""
        found = messages.find(c, message)
        if found is None:
            return ["The email is no longer there."]
        try:
            report = self.report(c, found)
        except LoopsError as error:
            return [str(error)]
        return [*transactional.incomplete(found), *(rule.sentence() for rule in report.errors)]

    def report(self, c: apsw.Connection, message: Message) -> guardian.Report:
        """Raises NotLmx."""
        return guardian.check(message, document(message.lmx), self.known(c, message))

    def known(self, c: apsw.Connection, message: Message) -> guardian.Known:
        """What the email can use."""
        properties = frozenset(entry["key"] for entry in contacts.properties(c, False))
        if message.kind != "workflow":
            return guardian.Known(properties)
        event = self.event_of(c, message.parent)
        return guardian.Known(properties, self.event_properties(c, event) if event else None)

    def event_properties(self, c: apsw.Connection, event: str) -> frozenset[str]:
        try:
            return frozenset(entry["name"] for entry in patterns.one(c, "name", event)["eventProperties"])
        except LoopsError:
            return frozenset()  # nothing is known of it yet
