"""Transactional emails in engine.db: each with a draft, a published message, or both."""

from __future__ import annotations

from typing import Any

import apsw
import msgspec

from headrace.clock import rfc3339
from headrace.engine.desk import Desk
from headrace.engine.emails import guardian, messages
from headrace.engine.emails.message import Message, document
from headrace.engine.refusal import LoopsError
from headrace.engine.store import rows

UNKNOWN = "Transactional email not found."
FIELDS = "id, name, draft, published, created_at, updated_at"


class Transactional(msgspec.Struct, frozen=True):
    id: str
    name: str
    draft: str | None
    published: str | None
    created_at: int
    updated_at: int


def find(c: apsw.Connection, identifier: str) -> Transactional | None:
    found = rows(c, f"select {FIELDS} from transactional where id=?", (identifier,))  # noqa: S608
    return Transactional(*found[0]) if found else None


def one(c: apsw.Connection, identifier: str) -> Transactional:
    found = find(c, identifier)
    if found is None:
        raise LoopsError(404, UNKNOWN)
    return found


def page(
    c: apsw.Connection, cursor: str, size: int, only_published: bool = False
) -> tuple[list[Transactional], int, str | None]:
    """The last created first. A cursor is `created.id` of the last one seen."""
    where = "published is not null" if only_published else "1"
    ((total,),) = rows(c, f"select count(*) from transactional where {where}")  # noqa: S608
    behind, bindings = "", list[Any]()
    if cursor:
        at, _, identifier = cursor.partition(".")
        behind, bindings = " and (created_at, id)<(?,?)", [int(at) if at.isdecimal() and len(at) < 16 else 0, identifier]
    found = rows(
        c, f"select {FIELDS} from transactional where {where}{behind} order by created_at desc, id desc limit ?",  # noqa: S608
        (*bindings, size + 1),
    )  # fmt: skip
    listed = [Transactional(*row) for row in found[:size]]
    following = f"{listed[-1].created_at}.{listed[-1].id}" if len(found) > size else None
    return listed, total, following


def create(desk: Desk, body: dict[str, Any]) -> Transactional:
    """With an empty draft."""
    if "name" not in body:
        raise LoopsError(400, "`name` is required.")
    name = _name(body)
    identifier = desk.new_id()
    draft = messages.create(desk, "transactional", identifier)
    made = Transactional(identifier, name, draft.id, None, desk.now, desk.now)
    desk.c.execute("insert into transactional values(?,?,?,?,?,?)", msgspec.structs.astuple(made))
    return made


def rename(desk: Desk, identifier: str, body: dict[str, Any]) -> Transactional:
    one(desk.c, identifier)
    if not body:
        raise LoopsError(400, "At least one field must be provided.")
    desk.c.execute("update transactional set name=?, updated_at=? where id=?", (_name(body), desk.now, identifier))
    return one(desk.c, identifier)


def ensure_draft(desk: Desk, identifier: str) -> Transactional:
    """The draft there is, or a new one that begins as what was published last."""
    found = one(desk.c, identifier)
    if found.draft is not None:
        return found
    like = messages.find(desk.c, found.published) if found.published else None
    draft = messages.create(desk, "transactional", identifier, like)
    desk.c.execute("update transactional set draft=?, updated_at=? where id=?", (draft.id, desk.now, identifier))
    return one(desk.c, identifier)


def publish(desk: Desk, identifier: str) -> Transactional:
    """The draft becomes what is sent. Raises LoopsError: 409 without a draft, 422 for what the guardian finds."""
    found = one(desk.c, identifier)
    if found.draft is None:
        raise LoopsError(409, "No draft to publish.")
    if wrong := problems(desk.c, messages.one(desk.c, found.draft)):
        raise LoopsError(422, " ".join(wrong))
    desk.c.execute("update transactional set published=draft, draft=null, updated_at=? where id=?", (desk.now, identifier))
    return one(desk.c, identifier)


def problems(c: apsw.Connection, message: Message) -> list[str]:
    """What keeps a transactional email from being published, a sentence each."""
    read = document(message.lmx)
    report = guardian.check(message, read, guardian.Known(frozenset()))
    return [*incomplete(message), *(rule.sentence() for rule in report.errors)]


def incomplete(message: Message) -> list[str]:
    """What an email has to have, of any kind."""
    wrong = [] if message.subject else ["The subject is missing."]
    return wrong if message.lmx.strip() else [*wrong, "The email is empty."]


def _name(body: dict[str, Any]) -> str:
    for key in body:
        if key == "transactionalGroupId":
            raise LoopsError(400, "Groups of transactional emails are not built in Headrace's engine.")
        if key != "name":
            raise LoopsError(400, f"Unknown field `{key}`.")
    name = body.get("name")
    if not isinstance(name, str) or not name.strip() or len(name) > 255:
        raise LoopsError(400, "`name` must be a text of 1 to 255 characters.")
    return name.strip()


def data_variables(c: apsw.Connection, found: Transactional) -> list[str]:
    """Those of the published email."""
    message = messages.find(c, found.published) if found.published else None
    return guardian.data_variables(message, document(message.lmx)) if message else []


def as_loops(c: apsw.Connection, found: Transactional, url: str) -> dict[str, Any]:
    """As TransactionalResource has it."""
    return {
        "id": found.id,
        "url": f"{url}/loops/transactional/{found.id}",
        "name": found.name,
        "draftEmailMessageId": found.draft,
        "publishedEmailMessageId": found.published,
        "transactionalGroupId": None,
        "createdAt": rfc3339(found.created_at),
        "updatedAt": rfc3339(found.updated_at),
        "dataVariables": data_variables(c, found),
    }


def as_draft(c: apsw.Connection, found: Transactional, url: str) -> dict[str, Any]:
    draft = messages.find(c, found.draft) if found.draft else None
    return as_loops(c, found, url) | {"draftEmailMessageContentRevisionId": draft.revision if draft else None}


def metrics(counts: dict[str, int]) -> dict[str, int]:
    """From sends by state, as TransactionalMetricsResponse has it."""
    left = ("sending", "sent", "delivered", "bounced", "ambiguous")
    return {
        "sends": sum(counts.get(state, 0) for state in left),
        "deliveries": counts.get("delivered", 0) + counts.get("sent", 0),
        "spamReports": counts.get("spamReports", 0),
        "hardBounces": counts.get("bounced", 0),
        "softBounces": counts.get("softBounces", 0),
    }
