"""The table of sends: one row a mail, from the moment it is decided until long after it left."""

from __future__ import annotations

import json
from typing import Any, Literal

import apsw
import msgspec

from headrace.engine.audience import suppression
from headrace.engine.desk import Desk
from headrace.engine.mail_port import Attachment, Mail
from headrace.engine.outbox.guards import Recipient
from headrace.engine.store import rows

State = Literal["queued", "sending", "sent", "delivered", "bounced", "refused", "skipped", "ambiguous"]
STATES: tuple[State, ...] = ("queued", "sending", "sent", "delivered", "bounced", "refused", "skipped", "ambiguous")
FIELDS = (
    "id, key, kind, source_id, message_id, contact, email, mailing_list, event, data, log, mail_id, attempts, first_left"
)
CRASHED = (
    "Headrace stopped after the mail had left and before the server's answer was stored: it may have arrived."
    " Send it again, or settle it."
)


class Send(msgspec.Struct, frozen=True):
    id: str
    mail: Mail
    mail_id: str  # Message-ID
    tries: int
    first_left: int | None  # ms of the first try


def enqueue(desk: Desk, mail: Mail, domain: str) -> str:
    found = rows(desk.c, "select id from send where key=?", (mail.key,))
    if found:
        return str(found[0][0])
    identifier = desk.new_id()
    desk.c.execute(
        "insert into send(id, key, kind, source_id, message_id, contact, email, mailing_list, event, data, log, mail_id,"
        " state, at, due) values(?,?,?,?,?,?,?,?,?,?,?,?,'queued',?,?)",
        (
            identifier, mail.key, mail.kind, mail.source_id, mail.message_id, mail.contact, mail.email.strip(),
            mail.mailing_list, _json(mail.event), _json(mail.data), mail.log, f"<{identifier}@{domain}>", desk.now, desk.now,
        ),
    )  # fmt: skip
    for place, part in enumerate(mail.attachments):
        desk.c.execute(
            "insert into attachment values(?,?,?,?,?)", (identifier, place, part.filename, part.content_type, part.data)
        )
    return identifier


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(dict(value), ensure_ascii=False)


def due(c: apsw.Connection, now: int, limit: int) -> list[Send]:
    """Those that may leave now, oldest first."""
    found = rows(c, f"select {FIELDS} from send where state='queued' and due<=? order by due, n limit ?", (now, limit))  # noqa: S608
    return [_send(c, row) for row in found]


def next_due(c: apsw.Connection) -> int | None:
    found = rows(c, "select min(due) from send where state='queued'")
    return found[0][0] if found else None


def _send(c: apsw.Connection, row: tuple[Any, ...]) -> Send:
    identifier, key, kind, source, message, contact, email, mailing_list, event, data, log, mail_id, attempts, first = row
    parts = rows(
        c, "select filename, content_type, data from attachment where send=? order by place", (identifier,)
    )  # a few bytes for most: there are none
    mail = Mail(
        key, kind, source, message, contact, email, json.loads(event) if event else None,
        json.loads(data) if data else None, log, mailing_list, tuple(Attachment(n, t, bytes(d)) for n, t, d in parts),
    )  # fmt: skip
    return Send(identifier, mail, mail_id, attempts, first)


def recipient(c: apsw.Connection, mail: Mail) -> tuple[Recipient, str]:
    """What the guards want to know, and the address as it is now."""
    contact = rows(c, "select email, subscribed from contact where id=?", (mail.contact,)) if mail.contact else []
    email = contact[0][0] if contact and mail.kind == "workflow" else mail.email
    on_list, name = True, None
    if mail.mailing_list is not None:
        named = rows(c, "select name from list where id=?", (mail.mailing_list,))
        name = named[0][0] if named else mail.mailing_list
        member = rows(c, "select subscribed from member where contact=? and list=?", (mail.contact, mail.mailing_list))
        on_list = bool(member and member[0][0])
    known = Recipient(
        mail.kind, mail.contact is not None, bool(contact), bool(contact and contact[0][1]),
        suppression.why(c, email), name, on_list,
    )  # fmt: skip
    return known, email


def left(desk: Desk, identifier: str, email: str, subject: str) -> bool:
    """The intent, before the mail leaves. False: it is not queued any longer."""
    found = rows(
        desk.c,
        "update send set state='sending', attempts=attempts+1, first_left=coalesce(first_left, ?), email=?, subject=?"
        " where id=? and state='queued' returning id",
        (desk.now, email, subject, identifier),
    )
    return bool(found)


def settle(desk: Desk, identifier: str, state: State, why: str, via: str = "smtp", sent: bool = False) -> None:
    """A final state; what it was made of is no longer needed, unless somebody may want it sent again."""
    desk.c.execute(
        "update send set state=?, why=?, via=?, sent_at=case when ? then ? else sent_at end where id=?",
        (state, why, via, int(sent), desk.now, identifier),
    )
    if state in ("sent", "delivered", "bounced", "skipped"):
        desk.c.execute("delete from attachment where send=?", (identifier,))
        desk.c.execute("update send set event=null, data=null where id=?", (identifier,))


def put_back(desk: Desk, identifier: str, at: int, why: str, counts: bool = True) -> None:
    desk.c.execute(
        "update send set state='queued', due=?, why=?, attempts=attempts-? where id=? and state in ('sending', 'queued')",
        (at, why, 0 if counts else 1, identifier),
    )


def tried(desk: Desk, identifier: str) -> None:
    """A try that ended before the mail left."""
    desk.c.execute(
        "update send set attempts=attempts+1, first_left=coalesce(first_left, ?) where id=? and state='queued'",
        (desk.now, identifier),
    )


def recover(desk: Desk) -> list[str]:
    """After a crash: what had left and was not settled may have arrived. Nobody resends it by itself."""
    found = rows(desk.c, "update send set state='ambiguous', why=? where state='sending' returning id", (CRASHED,))
    return [identifier for (identifier,) in found]


def give_up(desk: Desk, before: int, why: str) -> int:
    """Those that waited for a mail server since before then, or since a person last asked for them."""
    found = rows(
        desk.c,
        "update send set state='refused', why=? where state='queued' and coalesce(asked_at, at)<? returning id",
        (why, before),
    )
    return len(found)


def again(desk: Desk, identifier: str) -> bool:
    """A person wants it sent (once more). False: it is in no state for that."""
    found = rows(
        desk.c,
        "update send set state='queued', due=?, asked_at=?, why='', first_left=null, attempts=0"
        " where id=? and (state in ('ambiguous', 'refused') or (state='queued' and due>?)) returning id",
        (desk.now, desk.now, identifier, desk.now),
    )
    return bool(found)


def settle_ambiguous(desk: Desk, identifier: str) -> bool:
    found = rows(
        desk.c,
        "update send set state='sent', why='Settled by a person: it arrived.', via='smtp', sent_at=? where id=?"
        " and state='ambiguous' returning id",
        (desk.now, identifier),
    )
    return bool(found)
