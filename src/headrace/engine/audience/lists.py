"""Mailing lists as pages make and change them; Loops' API only reads them."""

from __future__ import annotations

import re
from typing import Any

import apsw

from headrace.engine.desk import Desk
from headrace.engine.store import rows
from headrace.errors import Conflict, NotFound, WorkspaceError

COLORS = ("", "gray", "red", "orange", "yellow", "green", "teal", "blue", "purple", "pink")
LONGEST = 255
ID = re.compile(r"[A-Za-z0-9_-]{1,100}")


def listed(c: apsw.Connection) -> list[dict[str, Any]]:
    members = dict(rows(c, "select list, count(*) from member where subscribed=1 group by list"))
    found = rows(c, "select id, name, description, public, color from list order by at, name")
    return [
        {"id": i, "name": n, "description": d, "isPublic": bool(p), "color": color, "members": members.get(i, 0)}
        for i, n, d, p, color in found
    ]


def one(c: apsw.Connection, identifier: str) -> dict[str, Any]:
    found = [entry for entry in listed(c) if entry["id"] == identifier]
    if not found:
        raise NotFound("There is no such mailing list.")
    return found[0]


def create(desk: Desk, given: dict[str, Any]) -> dict[str, Any]:
    """`given`: name, description, isPublic, color; `id` so that it can be the same as in a Loops account."""
    name, description, public, color = _checked(given)
    identifier = given.get("id") or desk.new_id()
    if not ID.fullmatch(identifier):
        raise WorkspaceError("A list's id has letters, digits, - and _, at most 100.")
    if rows(desk.c, "select 1 from list where id=?", (identifier,)):
        raise Conflict("Another list has this id.")
    values = (identifier, name, description, color, public, desk.now)
    desk.c.execute("insert into list(id, name, description, color, public, at) values(?,?,?,?,?,?)", values)
    return one(desk.c, identifier)


def change(desk: Desk, identifier: str, given: dict[str, Any]) -> dict[str, Any]:
    """What `given` does not name stays."""
    name, description, public, color = _checked(one(desk.c, identifier) | given)
    values = (name, description, color, public, identifier)
    desk.c.execute("update list set name=?, description=?, color=?, public=? where id=?", values)
    return one(desk.c, identifier)


def ensure(desk: Desk, given: dict[str, Any]) -> tuple[str, str]:
    """As a file or a Loops account has it, found by its id, else by its name: (its id; made, changed, or "")."""
    by, value = ("id", given["id"]) if given.get("id") else ("name", given["name"].strip())
    found = rows(desk.c, f"select id from list where {by}=?", (value,))  # noqa: S608 - one of two words of ours
    if not found:
        return create(desk, given)["id"], "made"
    ((identifier,),) = found[:1]
    before = one(desk.c, identifier)
    named = {key: given.get(key) for key in ("name", "description", "isPublic")}
    return identifier, "changed" if change(desk, identifier, named) != before else ""


def delete(desk: Desk, identifier: str) -> None:
    """Raises Conflict while somebody is on it, as Loops keeps a list that is in use."""
    if one(desk.c, identifier)["members"]:
        raise Conflict("The list is in use: contacts are on it. Take them off first.")
    desk.c.execute("delete from list where id=?", (identifier,))
    desk.c.execute("delete from member where list=?", (identifier,))


def _checked(given: dict[str, Any]) -> tuple[str, str | None, int, str]:
    name = str(given.get("name") or "").strip()
    if not name or len(name) > LONGEST:
        raise WorkspaceError(f"A list needs a name of at most {LONGEST} characters.")
    color = given.get("color") or ""
    if color not in COLORS:
        raise WorkspaceError(f"A list's colour is one of {', '.join(COLORS[1:])}.")
    return name, given.get("description") or None, int(bool(given.get("isPublic"))), color
