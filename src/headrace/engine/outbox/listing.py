"""Sends as pages read them."""

from __future__ import annotations

from typing import Any

import apsw

from headrace.clock import rfc3339
from headrace.engine.outbox import tally
from headrace.engine.store import newest, rows

COLUMNS = (
    "id, kind, source_id, message_id, contact, email, subject, state, why, at, due, attempts, sent_at, via, mail_id,"
    " opens, clicks, opened_at, clicked_at, log"
)


def page(c: apsw.Connection, cursor: str | None, limit: int = 50, **wanted: str | None) -> dict[str, Any]:
    """Newest first. Wanted: state, contact, source, message, kind, search (an address or a subject)."""
    where, bindings = list[str](), list[Any]()
    for name, column in (
        ("state", "state"), ("contact", "contact"), ("source", "source_id"), ("message", "message_id"), ("kind", "kind"),
    ):  # fmt: skip
        if wanted.get(name):
            where.append(f"{column}=?")
            bindings.append(wanted[name])
    if wanted.get("search"):
        where.append("(email like ? or subject like ?)")
        bindings += [f"%{wanted['search']}%"] * 2
    found, following = newest(c, COLUMNS, "send", "n", where, bindings, cursor, limit)
    return {"data": [shown(row) for row in found], "next": following}


def one(c: apsw.Connection, identifier: str) -> dict[str, Any] | None:
    found = rows(c, f"select {COLUMNS} from send where id=?", (identifier,))  # noqa: S608
    return shown(found[0]) if found else None


def counts(c: apsw.Connection, source: str | None = None, message: str | None = None) -> dict[str, int]:
    """By state, and how many were opened and clicked: a mail opened five times counts once.

    Of a source: with its mails that are no longer kept, and what recipients did.
    """
    where = "(? is null or source_id=?) and (? is null or message_id=?)"
    bindings = (source, source, message, message)
    found = dict(rows(c, f"select state, count(*) from send where {where} group by state", bindings))  # noqa: S608
    ((opened, clicked),) = rows(c, f"select total(opens>0), total(clicks>0) from send where {where}", bindings)  # noqa: S608
    here = found | {"opened": int(opened), "clicked": int(clicked)}
    gone = tally.of(c, source, message) if source else {}
    return {name: here.get(name, 0) + gone.get(name, 0) for name in here | gone if name != "left"}


def shown(row: tuple[Any, ...]) -> dict[str, Any]:
    (identifier, kind, source, message, contact, email, subject, state, why, at, due, attempts, sent_at, via, mail_id,
     opens, clicks, opened_at, clicked_at, log) = row  # fmt: skip
    return {
        "id": identifier, "kind": kind, "source": source, "message": message, "contact": contact, "email": email,
        "subject": subject, "state": state, "why": why, "at": rfc3339(at),
        "next": rfc3339(due) if state == "queued" else None, "attempts": attempts,
        "sentAt": rfc3339(sent_at) if sent_at else None, "via": via, "mailId": mail_id, "opens": opens, "clicks": clicks,
        "openedAt": rfc3339(opened_at) if opened_at else None, "clickedAt": rfc3339(clicked_at) if clicked_at else None,
        "log": log,
    }  # fmt: skip
