"""Events: the idempotency key, the contact, the definition, the Event Log, in one transaction."""

from __future__ import annotations

import difflib
import json
from typing import Any

import apsw

from headrace.clock import rfc3339
from headrace.engine.audience import contacts
from headrace.engine.desk import Desk
from headrace.engine.refusal import LoopsError
from headrace.engine.store import rows
from headrace.engine.values import Unconvertible, convert, inferred

KEY_LIVES = 86_400_000  # ms
LONGEST_KEY = 100
OWN_KEYS = frozenset(("eventName", "eventProperties"))


def send(desk: Desk, body: dict[str, Any], key: str | None) -> None:
    """Process one event. Raises LoopsError; nothing of a refused one stays, its key neither."""
    if key is not None:
        _use_key(desk.c, key, desk.now)
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
    properties, warnings = _properties(desk, name, body.get("eventProperties"))
    processed = {
        "eventName": name,
        "contact": {"id": found.id, "email": found.email, "userId": found.user_id, "created": found.created},
        "contactProperties": found.sent,
        "mailingLists": found.lists,
        "eventProperties": properties,
    }
    desk.c.execute(
        "insert into log(at, event, contact, email, user_id, source, result, received, processed, warnings)"
        " values(?,?,?,?,?,'API','processed',?,?,?)",
        (
            desk.now, name, found.id, found.email.lower(), found.user_id, _json(body), _json(processed),
            _json([*found.warnings, *warnings]),
        ),
    )  # fmt: skip
    desk.happened("event", found.id, name=name, properties=properties, log=desk.c.last_insert_rowid())


def _use_key(c: apsw.Connection, key: str, now: int) -> None:
    if not key or len(key) > LONGEST_KEY:
        raise LoopsError(400, f"An Idempotency-Key has 1 to {LONGEST_KEY} characters.")
    c.execute("delete from used_key where at<?", (now - KEY_LIVES,))
    if rows(c, "select 1 from used_key where key=?", (key,)):
        raise LoopsError(409, f"Request with idempotency key {key} has already been processed.")
    c.execute("insert into used_key values(?,?)", (key, now))


def _properties(desk: Desk, name: str, raw: Any) -> tuple[dict[str, Any], list[str]]:
    """Event properties as processed. An unknown name is defined by what it carries."""
    c = desk.c
    warnings: list[str] = []
    given: dict[str, Any] = raw if isinstance(raw, dict) else {}
    if raw not in (None, []) and not isinstance(raw, dict):
        warnings.append("`eventProperties` must be an object; ignored.")
    known = rows(c, "select id from definition where name=?", (name,))
    if not known:
        close = difflib.get_close_matches(
            name.lower(), [n.lower() for (n,) in rows(c, "select name from definition")], 1, 0.85
        )
        if close:
            original = next(n for (n,) in rows(c, "select name from definition") if n.lower() == close[0])
            warnings.append(f"`{name}` was not defined and is now; did you mean `{original}`?")
        identifier = desk.new_id()
        c.execute("insert into definition(id, name, at) values(?,?,?)", (identifier, name, desk.now))
        for place, (key, value) in enumerate(given.items()):
            if not isinstance(value, dict | list):
                c.execute(
                    "insert or ignore into definition_property values(?,?,?,?)",
                    (identifier, key.strip(), inferred(value), place),
                )
    else:
        identifier = known[0][0]
    c.execute("update definition set count=count+1, last_seen=? where id=?", (desk.now, identifier))
    types = dict(rows(c, "select name, type from definition_property where definition=?", (identifier,)))
    return _converted(given, types, warnings), warnings


def _converted(given: dict[str, Any], types: dict[str, str], warnings: list[str]) -> dict[str, Any]:
    processed: dict[str, Any] = {}
    for key, value in given.items():
        name = key.strip()
        if isinstance(value, dict | list):
            warnings.append(f"Event property `{name}` is an object or a list; ignored.")
            continue
        kind = types.get(name)
        if kind is None:
            warnings.append(f"Event property `{name}` is not defined for this event: emails cannot use it.")
            processed[name] = value
            continue
        try:
            processed[name] = convert(value, kind)
        except Unconvertible as error:
            warnings.append(f"Event property `{name}` is a {kind}: {error}; kept as it came.")
            processed[name] = value
    return processed


def log_rows(
    c: apsw.Connection, before: int | None, limit: int, **wanted: str | None
) -> tuple[list[dict[str, Any]], int | None]:
    """Rows of the Event Log, newest first, and the id to go on from. `wanted`: event, email, user_id, search."""
    where, bindings = ["1"], []
    for column in ("event", "email", "user_id"):
        if wanted.get(column) is not None:
            where.append(f"{column}=?")
            bindings.append(str(wanted[column]).lower() if column == "email" else wanted[column])
    if wanted.get("search"):
        where.append("(event like ? or email like ? or user_id like ?)")
        bindings += [f"%{wanted['search']}%"] * 3
    if before is not None:
        where.append("id<?")
        bindings.append(str(before))
    found = rows(
        c,
        "select id, at, event, contact, email, user_id, source, result, received, processed, warnings from log"  # noqa: S608
        f" where {' and '.join(where)} order by id desc limit ?",
        (*bindings, limit + 1),
    )
    shown = [_shown(row) for row in found[:limit]]
    return shown, found[limit - 1][0] if len(found) > limit else None


def _shown(row: tuple[Any, ...]) -> dict[str, Any]:
    identifier, at, event, contact, email, user_id, source, result, received, processed, warnings = row
    return {
        "id": str(identifier),
        "at": rfc3339(at),
        "eventName": event,
        "contact": {"id": contact, "email": email, "userId": user_id},
        "source": source,
        "result": result,
        "received": json.loads(received),
        "processed": json.loads(processed),
        "warnings": json.loads(warnings),
    }


def definitions(c: apsw.Connection) -> list[dict[str, Any]]:
    found = []
    for identifier, name, count, last in rows(c, "select id, name, count, last_seen from definition order by name"):
        found.append(
            {
                "id": identifier,
                "name": name,
                "properties": properties_of(c, identifier),
                "count": count,
                "lastSeen": rfc3339(last) if last else None,
            }
        )
    return found


def properties_of(c: apsw.Connection, identifier: str) -> list[dict[str, str]]:
    found = rows(c, "select name, type from definition_property where definition=? order by place", (identifier,))
    return [{"name": name, "type": kind} for name, kind in found]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
