"""Emails as the editor's page needs them: an unsaved text previewed with a real contact and event, checked, tested."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import apsw
import msgspec

from headrace.clock import rfc3339
from headrace.engine.audience import contacts
from headrace.engine.emails import composing, guardian, messages, transactional
from headrace.engine.emails import message as fields
from headrace.engine.emails.message import Message
from headrace.engine.emails.room import Emails
from headrace.engine.lmx.document import Document
from headrace.engine.lmx.parse import parse
from headrace.engine.lmx.variables import SYSTEM, Fallbacks, Values, value_of
from headrace.engine.mail_port import Composed
from headrace.engine.outbox import listing
from headrace.engine.refusal import LoopsError
from headrace.engine.store import rows

System = Mapping[str, str]


class Wish(msgspec.Struct, frozen=True):
    """Whose values a preview is filled with. None: of the contact changed last, of the event's newest row."""

    contact: str | None = None
    log: int | None = None
    data: Mapping[str, Any] = {}


def shown(c: apsw.Connection, emails: Emails, identifier: str) -> dict[str, Any]:
    """One email message with what can be used in it."""
    message = messages.one(c, identifier)
    return fields.as_loops(message) | {
        "kind": message.kind,
        "parent": message.parent,
        "draft": messages.is_draft(c, message),
        "ccEmail": message.cc,
        "bccEmail": message.bcc,
        "languageCode": message.language,
        "fallbacks": msgspec.to_builtins(message.fallbacks),
        "offered": offered(c, emails, message),
    }


def offered(c: apsw.Connection, emails: Emails, message: Message) -> dict[str, Any]:
    if message.kind == "transactional":
        return {"contact": [], "event": [], "eventName": None, "system": []}
    event = emails.event_of(c, message.parent)
    return {
        "contact": [{"name": p["key"], "label": p["label"]} for p in contacts.properties(c, False)],
        "event": sorted(emails.event_properties(c, event)) if event else [],
        "eventName": event,
        "system": sorted(SYSTEM & {"unsubscribe_link"}),
    }


def preview(
    c: apsw.Connection, emails: Emails, identifier: str, draft: Mapping[str, Any], wish: Wish, system: System
) -> dict[str, Any]:
    """The email as it would be read; what keeps it from being saved, published or sent, each apart."""
    stored = messages.one(c, identifier)
    lmx = str(draft.get("lmx", stored.lmx))
    wrong: list[str] = []
    try:
        given = {key: value for key, value in draft.items() if key != "lmx"}
        message = fields.changed(stored, given, stored.revision, stored.updated_at)
    except LoopsError as error:
        message, wrong = stored, [error.message]
    found = parse(lmx)
    problems = found.warnings if isinstance(found, Document) else tuple(found)
    answer: dict[str, Any] = {"problems": msgspec.to_builtins(problems), "wrong": wrong, "errors": [], "warnings": []}
    answer |= {"subject": "", "html": None, "text": "", "reason": None, "variables": [], "filled": {}}
    if not isinstance(found, Document):
        return answer
    message = msgspec.structs.replace(message, lmx=lmx)
    report = guardian.check(message, found, emails.known(c, message))
    values, filled = _values(c, emails, message, wish, system)
    answer |= report.as_loops() | {"filled": filled}
    answer["wrong"] = [*wrong, *transactional.incomplete(message)]
    used = guardian.variables(message, found)
    answer["variables"] = [
        {"space": v.space, "name": v.name, "value": value_of(v, values, Fallbacks()), "fallback": message.fallbacks.of(v)}
        for v in used
    ]
    return answer | _composed(c, message, values)


def _composed(c: apsw.Connection, message: Message, values: Values) -> dict[str, Any]:
    theme = composing.theme_of(c, message)
    made = composing.compose_message(message, theme, values)
    reason = None
    if not isinstance(made, Composed) and made.names:
        reason = f"{made.reason}: {', '.join(made.names)}. It would not be sent."
        made = composing.compose_message(message, theme, composing.with_placeholders(values, made.names))
    if not isinstance(made, Composed):
        return {"reason": reason or made.reason}
    return {"subject": made.subject, "html": made.html, "text": made.text, "reason": reason}


def _values(
    c: apsw.Connection, emails: Emails, message: Message, wish: Wish, system: System
) -> tuple[Values, dict[str, Any]]:
    if message.kind == "transactional":
        return Values(data=wish.data, system=system), {"contact": None, "log": None}
    event = emails.event_of(c, message.parent)
    row = _log_row(c, event, wish) if event else None
    contact = wish.contact or (row[2] if row else None) or _newest(c)
    held = composing.contact_values(c, contact) if contact else {}
    properties = json.loads(row[3]).get("eventProperties", {}) if row else {}
    filled = {
        "contact": {"id": held["id"], "email": held["email"]} if held else None,
        "log": {"id": str(row[0]), "at": rfc3339(row[1]), "eventName": event} if row else None,
    }
    return Values(held, properties, wish.data, system), filled


def _log_row(c: apsw.Connection, event: str, wish: Wish) -> tuple[Any, ...] | None:
    """The row wished for, else the newest of this contact, else the newest at all."""
    columns = "id, at, contact, processed"
    wheres: list[tuple[str, tuple[Any, ...]]] = [("event=?", (event,))]
    if wish.contact:
        wheres.insert(0, ("event=? and contact=?", (event, wish.contact)))
    if wish.log is not None:
        wheres.insert(0, ("event=? and id=?", (event, wish.log)))
    for where, bindings in wheres:
        sql = f"select {columns} from log where {where} and result='processed' order by id desc limit 1"  # noqa: S608
        if found := rows(c, sql, bindings):
            return tuple(found[0])
    return None


def _newest(c: apsw.Connection) -> str | None:
    found = rows(c, "select id from contact order by changed desc, id desc limit 1")
    return found[0][0] if found else None


def event_properties(c: apsw.Connection, emails: Emails, message: Message, wish: Wish) -> dict[str, Any]:
    """What a test mail says of the event."""
    return dict(_values(c, emails, message, wish, {})[0].event)


def transactional_row(c: apsw.Connection, found: transactional.Transactional) -> dict[str, Any]:
    message = messages.find(c, found.draft or found.published or "")
    state = "draft" if found.published is None else "published" if found.draft is None else "changed"
    return {
        "id": found.id, "name": found.name, "state": state, "draft": found.draft, "published": found.published,
        "subject": message.subject if message else "", "createdAt": rfc3339(found.created_at),
        "updatedAt": rfc3339(found.updated_at), "counts": listing.counts(c, source=found.id),
    }  # fmt: skip


def one_transactional(c: apsw.Connection, identifier: str, url: str) -> dict[str, Any]:
    """With what keeps its draft from being published, and a call that sends it."""
    found = transactional.one(c, identifier)
    names = transactional.data_variables(c, found)
    draft = messages.find(c, found.draft) if found.draft else None
    body = {
        "email": "ada@example.com",
        "transactionalId": found.id,
        "dataVariables": {name: _sample(name) for name in names},
    }
    return transactional_row(c, found) | {
        "dataVariables": names,
        "problems": transactional.problems(c, draft) if draft else [],
        "example": {"url": f"{url}/api/v1/transactional", "body": body},
    }


def _sample(name: str) -> str:
    return f"https://example.com/{name}" if composing.looks_like_link(name) else f"a {name}"
