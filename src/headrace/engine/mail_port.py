"""What the rooms of the engine hand each other about mail: what is to be sent, what it became, and who does which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol

import apsw
import msgspec

from headrace.engine.desk import Desk

MailKind = Literal["workflow", "transactional", "test"]


class Attachment(msgspec.Struct, frozen=True):
    filename: str
    content_type: str
    data: bytes


class Mail(msgspec.Struct, frozen=True):
    """What is to be sent, enqueued inside the transaction that decides it."""

    key: str  # one mail for one key, ever
    kind: MailKind
    source_id: str  # id of the workflow or of the transactional email
    message_id: str  # the email message
    contact: str | None  # id; None: transactional mail to an address that is no contact
    email: str  # the address
    event: Mapping[str, Any] | None = None  # event properties as processed
    data: Mapping[str, Any] | None = None  # data variables
    log: int | None = None  # the row of the Event Log that led to it
    mailing_list: str | None = None
    attachments: tuple[Attachment, ...] = ()


class Composed(msgspec.Struct, frozen=True):
    """A mail, ready but for its envelope. `from_local` is what stands before the `@` of the sending domain."""

    from_name: str
    from_local: str
    reply_to: str | None
    cc: tuple[str, ...]
    bcc: tuple[str, ...]
    subject: str
    html: str | None
    text: str
    untracked: frozenset[str] = frozenset()  # addresses whose clicks are not counted


class NotSendable(msgspec.Struct, frozen=True):
    """Why nothing can be sent: a sentence, and the names of what is missing."""

    reason: str
    names: tuple[str, ...] = ()


class Composer(Protocol):
    """Whoever writes the mail. `system` has the values of `{system.x}`, the unsubscribe link among them."""

    def compose(self, c: apsw.Connection, mail: Mail, system: Mapping[str, str]) -> Composed | NotSendable: ...


class Outbox(Protocol):
    """Whoever sends it."""

    def enqueue(self, desk: Desk, mail: Mail) -> str:
        """The id of the send: the existing one if the key is known."""
