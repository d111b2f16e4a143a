"""Event definitions: listed with their properties and counts, made and changed on pages, taken over from a Loops account."""

from __future__ import annotations

from typing import Any

import apsw

from headrace.clock import rfc3339
from headrace.engine.desk import Desk
from headrace.engine.store import rows
from headrace.engine.values import TYPES
from headrace.errors import Conflict, NotFound, WorkspaceError

LONGEST = 498  # characters of a name, as of every value


def listed(c: apsw.Connection) -> list[dict[str, Any]]:
    properties: dict[str, list[dict[str, str]]] = {}
    for identifier, name, kind in rows(c, "select definition, name, type from definition_property order by place, name"):
        properties.setdefault(identifier, []).append({"name": name, "type": kind})
    return [
        {
            "id": identifier,
            "name": name,
            "properties": properties.get(identifier, []),
            "count": count,
            "lastSeen": rfc3339(last) if last else None,
        }
        for identifier, name, count, last in rows(c, "select id, name, count, last_seen from definition order by name")
    ]


def one(c: apsw.Connection, identifier: str) -> dict[str, Any]:
    found = [entry for entry in listed(c) if entry["id"] == identifier]
    if not found:
        raise NotFound("There is no such event.")
    return found[0]


def properties_of(c: apsw.Connection, identifier: str) -> list[dict[str, str]]:
    found = rows(c, "select name, type from definition_property where definition=? order by place, name", (identifier,))
    return [{"name": name, "type": kind} for name, kind in found]


def create(desk: Desk, name: str, properties: list[dict[str, str]]) -> dict[str, Any]:
    name = name.strip()
    if not name or len(name) > LONGEST:
        raise WorkspaceError(f"An event needs a name of at most {LONGEST} characters.")
    if ":" in name:
        raise WorkspaceError("An event's name cannot contain a colon.")
    if rows(desk.c, "select 1 from definition where name=?", (name,)):
        raise Conflict(f"The event {name} is defined already.")
    identifier = desk.new_id()
    desk.c.execute("insert into definition(id, name, at) values(?,?,?)", (identifier, name, desk.now))
    return change(desk, identifier, properties)


def change(desk: Desk, identifier: str, properties: list[dict[str, str]]) -> dict[str, Any]:
    """These are its properties from now on; events that came keep what was made of them."""
    one(desk.c, identifier)
    names: set[str] = set()
    for given in properties:
        name = given["name"].strip()
        if not name or len(name) > LONGEST or given["type"] not in TYPES:
            raise WorkspaceError(f"Each property needs a name and a type of {', '.join(TYPES)}.")
        if name in names:
            raise WorkspaceError(f"The property {name} is named twice.")
        names.add(name)
    desk.c.execute("delete from definition_property where definition=?", (identifier,))
    for place, given in enumerate(properties):
        values = (identifier, given["name"].strip(), given["type"], place)
        desk.c.execute("insert into definition_property values(?,?,?,?)", values)
    return one(desk.c, identifier)


def add(desk: Desk, event: str, name: str, kind: str) -> dict[str, Any]:
    """One more property of an event; one that it has gets this type."""
    found = rows(desk.c, "select id from definition where name=?", (event,))
    if not found:
        return create(desk, event, [{"name": name, "type": kind}])
    kept = [p for p in properties_of(desk.c, found[0][0]) if p["name"] != name.strip()]
    return change(desk, found[0][0], [*kept, {"name": name, "type": kind}])
