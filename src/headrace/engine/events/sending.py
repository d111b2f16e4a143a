"""Events: the idempotency key, the contact, the definition, the Event Log, in one transaction."""

from __future__ import annotations

import json
from typing import Any

import apsw
import msgspec

from headrace.engine import idempotency
from headrace.engine.audience import contacts
from headrace.engine.desk import Desk
from headrace.engine.notes import Define, Note, converted, near, sentences
from headrace.engine.refusal import LoopsError
from headrace.engine.store import rows
from headrace.engine.values import Unconvertible, convert, inferred

OWN_KEYS = frozenset(("eventName", "eventProperties"))


def send(desk: Desk, body: dict[str, Any], key: str | None, source: str = "API") -> None:
    """Process one event. Raises LoopsError; nothing of a refused one stays, its key neither."""
    if key is not None:
        idempotency.use(desk, "used_key", key)
    name = body.get("eventName")
    if not isinstance(name, str) or not name.strip():
        raise LoopsError(400, "eventName is required.")
    if ":" in name:
        raise LoopsError(400, "An eventName cannot contain a colon.")
    who = contacts.identity(body)
    if not who.email and not who.user_id:
        raise LoopsError(400, "An email or userId is required.")
    if not who.email and contacts.find(desk.c, who) is None:
        raise LoopsError(400, "Contact not found.")
    found = contacts.upsert(desk, body, OWN_KEYS)
    properties, notes = _properties(desk, name, body.get("eventProperties"))
    processed = {
        "eventName": name,
        "contact": {"id": found.id, "email": found.email, "userId": found.user_id, "created": found.created},
        "contactProperties": found.sent,
        "mailingLists": found.lists,
        "eventProperties": properties,
    }
    told = [*found.notes, *notes]
    desk.c.execute(
        "insert into log(at, event, contact, email, user_id, source, result, received, processed, warnings, notes)"
        " values(?,?,?,?,?,?,'processed',?,?,?,?)",
        (
            desk.now, name, found.id, found.email.lower(), found.user_id, source, _json(body), _json(processed),
            _json(sentences(told)), msgspec.json.encode(told).decode(),
        ),
    )  # fmt: skip
    desk.happened("event", found.id, name=name, properties=properties, log=desk.c.last_insert_rowid())


def _properties(desk: Desk, name: str, raw: Any) -> tuple[dict[str, Any], list[Note]]:
    """Event properties as processed. An unknown name is defined by what it carries."""
    c = desk.c
    notes: list[Note] = []
    given: dict[str, Any] = {key.strip(): value for key, value in raw.items()} if isinstance(raw, dict) else {}
    if raw not in (None, []) and not isinstance(raw, dict):
        notes.append(Note("ignored", "`eventProperties` must be an object; ignored.", "eventProperties"))
    known = rows(c, "select id from definition where name=?", (name,))
    if known:
        identifier = known[0][0]
    else:
        notes.append(_new_name(c, name))
        identifier = desk.new_id()
        c.execute("insert into definition(id, name, at) values(?,?,?)", (identifier, name, desk.now))
        plain = [(key, value) for key, value in given.items() if not isinstance(value, dict | list)]
        for place, (key, value) in enumerate(plain):
            values = (identifier, key, inferred(value), place)
            c.execute("insert or ignore into definition_property values(?,?,?,?)", values)
    c.execute("update definition set count=count+1, last_seen=? where id=?", (desk.now, identifier))
    types = dict(rows(c, "select name, type from definition_property where definition=?", (identifier,)))
    return _converted(given, types, notes), notes


def _new_name(c: apsw.Connection, name: str) -> Note:
    meant = near(name, (n for (n,) in rows(c, "select name from definition")))
    if meant:
        return Note("near", f"`{name}` was not defined and is now; did you mean `{meant}`?", name, meant)
    return Note("defined", f"`{name}` was not defined and is now, with the properties it came with.", name)


def _converted(given: dict[str, Any], types: dict[str, str], notes: list[Note]) -> dict[str, Any]:
    processed: dict[str, Any] = {}
    for name, value in given.items():
        if isinstance(value, dict | list):
            notes.append(Note("ignored", f"Event property `{name}` is an object or a list; ignored.", name))
            continue
        kind = types.get(name)
        if kind is None:
            notes.append(_undefined(name, value, types))
            processed[name] = value
            continue
        try:
            processed[name] = convert(value, kind)
        except Unconvertible as error:
            notes.append(Note("kept", f"Event property `{name}` is a {kind}: {error}; kept as it came.", name))
            processed[name] = value
            continue
        if processed[name] != value:
            notes.append(converted(name, processed[name], kind, "Event property "))
    return processed


def _undefined(name: str, value: Any, types: dict[str, str]) -> Note:
    meant = near(name, types)
    text = f"Event property `{name}` is not defined for this event: emails cannot use it."
    define = Define("event", name, inferred(value))
    return Note("undefined", f"{text} Did you mean `{meant}`?" if meant else text, name, meant, define)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
