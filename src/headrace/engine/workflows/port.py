"""What workflows ask of their neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

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


class Segments(Protocol):
    """Whoever answers filters."""

    def matches(self, c: apsw.Connection, wanted: Mapping[str, Any], contact: str) -> bool: ...

    def filter_of(self, c: apsw.Connection, segment: str) -> Mapping[str, Any] | None:
        """The filter of a saved segment; None: there is no such segment."""


class Sends(Protocol):
    """Whoever counts what became of mail."""

    def metrics(self, c: apsw.Connection, workflow: str, message: str) -> dict[str, int]:
        """As Loops' EmailMetricsResponse."""


class Tools(msgspec.Struct, frozen=True):
    emails: Emails
    outbox: Outbox
    segments: Segments
    sends: Sends
