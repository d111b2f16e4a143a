"""What workflows ask of their neighbours."""

from __future__ import annotations

from typing import Protocol

import apsw
import msgspec

from headrace.engine.desk import Desk
from headrace.engine.mail_port import Outbox


class Emails(Protocol):
    """Whoever keeps the email messages."""

    def create_message(self, desk: Desk, kind: str, parent: str) -> str:
        """The id of a new, empty message of a workflow's node."""

    def subject(self, c: apsw.Connection, message: str) -> str: ...

    def problems(self, c: apsw.Connection, message: str) -> list[str]:
        """What has to be set right before it can be sent."""


class Tools(msgspec.Struct, frozen=True):
    emails: Emails
    outbox: Outbox
