"""The Inbox's rows: raw mails, the newest first, up to a limit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import apsw
import msgspec

from headrace.clock import rfc3339
from headrace.engine.desk import Desk
from headrace.engine.store import newest, rows

COLUMNS = "i.id, i.send, i.at, i.sender, i.recipients, i.subject, i.size, i.mark, i.seen"


class Room(msgspec.Struct, frozen=True):
    """How much of it there is. The newest mail is kept, however large it is."""

    mails: int
    bytes: int


class Kept(msgspec.Struct, frozen=True):
    raw: bytes
    sender: str
    recipients: Sequence[str]
    subject: str
    send: str | None = None  # id; None: another program's mail
    mark: str = ""


def keep(desk: Desk, mail: Kept, room: Room) -> str:
    """One mail of a send, ever; the oldest that find no room go. The id."""
    if mail.send is not None and (known := rows(desk.c, "select id from inbox where send=?", (mail.send,))):
        return str(known[0][0])
    identifier = desk.new_id()
    ((number,),) = rows(
        desk.c,
        "insert into inbox(id, send, at, sender, recipients, subject, size, mark, raw) values(?,?,?,?,?,?,?,?,?)"
        " returning n",
        (
            identifier, mail.send, desk.now, mail.sender, json.dumps(list(mail.recipients), ensure_ascii=False),
            mail.subject, len(mail.raw), mail.mark, mail.raw,
        ),
    )  # fmt: skip
    for address in {a.strip().lower() for a in mail.recipients}:
        desk.c.execute("insert into inbox_to values(?,?)", (number, address))
    make_room(desk, room)
    return identifier


def make_room(desk: Desk, room: Room) -> None:
    ((mails, held),) = rows(desk.c, "select mails, bytes from inbox_held")
    while mails > 1 and (mails > room.mails or held > room.bytes):
        ((number, size),) = rows(desk.c, "select n, size from inbox order by n limit 1")
        desk.c.execute("delete from inbox_to where inbox=?", (number,))
        desk.c.execute("delete from inbox where n=?", (number,))
        mails, held = mails - 1, held - size


def delete(desk: Desk, identifier: str) -> bool:
    found = rows(desk.c, "delete from inbox where id=? returning n", (identifier,))
    for number in found:
        desk.c.execute("delete from inbox_to where inbox=?", number)
    return bool(found)


def clear(desk: Desk) -> int:
    ((count,),) = rows(desk.c, "select mails from inbox_held")
    desk.c.execute("delete from inbox_to")
    desk.c.execute("delete from inbox")
    return int(count)


def page(
    c: apsw.Connection, cursor: str | None, limit: int, to: str | None = None, subject: str | None = None,
    search: str | None = None, after: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Newest first. `to` is a whole address; `subject` a part of it; `after` the id of a mail."""
    source, where, bindings = "inbox i", list[str](), list[Any]()
    if to:
        source = "inbox i join inbox_to t on t.inbox=i.n"
        where.append("t.email_key=?")
        bindings.append(to.strip().lower())
    if subject:
        where.append("instr(lower(i.subject), ?)>0")
        bindings.append(subject.lower())
    if search:
        where.append("(i.subject like ? or i.recipients like ? or i.sender like ?)")
        bindings += [f"%{search}%"] * 3
    if after is not None:
        where.append("i.n>coalesce((select n from inbox where id=?), 0)")
        bindings.append(after)
    found, following = newest(c, COLUMNS, source, "i.n", where, bindings, cursor, limit)
    return {"data": [shown(row) for row in found], "next": following}


def one(c: apsw.Connection, identifier: str) -> tuple[dict[str, Any], bytes] | None:
    found = rows(c, f"select {COLUMNS}, i.raw from inbox i where i.id=?", (identifier,))  # noqa: S608
    return (shown(found[0][:-1]), bytes(found[0][-1])) if found else None


def see(desk: Desk, identifier: str) -> None:
    desk.c.execute("update inbox set seen=1 where id=?", (identifier,))


def counts(c: apsw.Connection) -> dict[str, int]:
    ((total, unseen),) = rows(c, "select count(*), total(seen=0) from inbox")
    return {"total": total, "unseen": int(unseen)}


def shown(row: tuple[Any, ...]) -> dict[str, Any]:
    identifier, send, at, sender, recipients, subject, size, mark, seen = row
    return {
        "id": identifier, "send": send, "at": rfc3339(at), "from": sender, "to": json.loads(recipients),
        "subject": subject, "size": size, "mark": mark, "seen": bool(seen),
    }  # fmt: skip
