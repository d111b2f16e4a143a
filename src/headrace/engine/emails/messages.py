"""Email messages in engine.db."""

from __future__ import annotations

import json
from typing import Any, Literal

import apsw
import msgspec

from headrace.engine.desk import Desk
from headrace.engine.emails.message import Message, changed
from headrace.engine.refusal import LoopsError
from headrace.engine.store import rows

FIELDS = (
    "id", "kind", "parent", "revision", "updated_at", "subject", "preview", "from_name", "from_local", "reply_to", "cc",
    "bcc", "language", "format", "lmx", "fallbacks",
)  # fmt: skip
UNKNOWN = "Email message not found."


def find(c: apsw.Connection, identifier: str) -> Message | None:
    found = rows(c, f"select {', '.join(FIELDS)} from email_message where id=?", (identifier,))  # noqa: S608
    if not found:
        return None
    held = dict(zip(FIELDS, found[0], strict=True))
    return msgspec.convert(held | {"fallbacks": json.loads(held["fallbacks"])}, Message)


def one(c: apsw.Connection, identifier: str) -> Message:
    found = find(c, identifier)
    if found is None:
        raise LoopsError(404, UNKNOWN)
    return found


def create(desk: Desk, kind: Literal["workflow", "transactional"], parent: str, like: Message | None = None) -> Message:
    """A new one, empty or with the content of another."""
    made = Message(desk.new_id(), kind, parent, desk.new_id(), desk.now)
    if like is not None:
        own = {"id": made.id, "kind": kind, "parent": parent, "revision": made.revision, "updated_at": desk.now}
        made = msgspec.structs.replace(like, **own)
    _store(desk.c, made)
    return made


def update(desk: Desk, identifier: str, body: dict[str, Any]) -> Message:
    """Raises LoopsError: 404, 400, 409 for a stale revision or what is no draft, 413, 422."""
    message = one(desk.c, identifier)
    expected = body.get("expectedRevisionId")
    if not isinstance(expected, str):
        raise LoopsError(400, "`expectedRevisionId` is required: the contentRevisionId you last fetched.")
    if not is_draft(desk.c, message):
        raise LoopsError(409, "The transactional email is not in draft status. Make a draft first.")
    if expected != message.revision:
        latest = f"Latest contentRevisionId is {message.revision}."
        raise LoopsError(409, f"contentRevisionId mismatch. {latest} Refetch and retry.")
    new = changed(message, body, desk.new_id(), desk.now)
    _store(desk.c, new)
    if message.kind == "transactional":
        desk.c.execute("update transactional set updated_at=? where id=?", (desk.now, message.parent))
    return new


def is_draft(c: apsw.Connection, message: Message) -> bool:
    """A published transactional email is what was published; a workflow's can always be edited."""
    if message.kind == "workflow":
        return True
    return bool(rows(c, "select 1 from transactional where id=? and draft=?", (message.parent, message.id)))


def _store(c: apsw.Connection, message: Message) -> None:
    held = {field: getattr(message, field) for field in FIELDS}
    held["fallbacks"] = json.dumps(msgspec.to_builtins(message.fallbacks), ensure_ascii=False)
    marks = ",".join("?" * len(FIELDS))
    c.execute(f"insert or replace into email_message({', '.join(FIELDS)}) values({marks})", tuple(held.values()))
