"""Segments: filters with a name. And what a filter finds: whether one contact, how many, which."""

from __future__ import annotations

import json
from typing import Any

import apsw

from headrace.clock import rfc3339
from headrace.engine.audience import filters
from headrace.engine.audience.filters import Where
from headrace.engine.desk import Desk
from headrace.engine.refusal import LoopsError
from headrace.engine.store import rows

LONGEST_NAME, LONGEST_DESCRIPTION = 255, 1000
FIELDS = "id, name, description, filter, created_at, updated_at"
EXISTING = {
    "workflow": ("workflow", "Workflow"),
    "workflowEmail": ("email_message", "Workflow email"),
}


def where(c: apsw.Connection, given: Any) -> Where:
    """Any filter as a condition on `contact`. Raises LoopsError(400) for an unusable one."""
    known = rows(c, "select key, type, place from property left join value_column using(key)")
    types = {key: kind for key, kind, _ in known}
    places = {key: place for key, _, place in known if place is not None}
    return filters.where(filters.check(given), types, places)


def matches(c: apsw.Connection, given: Any, contact: str) -> bool:
    """Whether the contact with this id is there and in it."""
    found = where(c, given)
    sql = f"select 1 from contact{found.values} where contact.id=? and {found.sql}"  # noqa: S608
    return bool(rows(c, sql, (contact, *found.bindings)))


def count(c: apsw.Connection, given: Any) -> int:
    found = where(c, given)
    ((number,),) = rows(c, f"select count(*) from contact{found.values} where {found.sql}", found.bindings)  # noqa: S608
    return int(number)


def filter_of(c: apsw.Connection, identifier: str) -> dict[str, Any]:
    """A segment's filter. Raises LoopsError(404)."""
    found: dict[str, Any] = one(c, identifier)["filter"]
    return found


def one(c: apsw.Connection, identifier: str) -> dict[str, Any]:
    found = rows(c, f"select {FIELDS} from segment where id=?", (identifier,))  # noqa: S608
    if not found:
        raise LoopsError(404, "Audience segment not found.")
    return _shown(found[0])


def page(c: apsw.Connection, cursor: str, per_page: int) -> tuple[list[dict[str, Any]], int, str | None]:
    """(rows behind the cursor, how many there are at all, the next cursor), the newest first. A cursor is the last id."""
    ((total,),) = rows(c, "select count(*) from segment")
    behind, bindings = "", ()
    if cursor:
        behind = "where (created_at, id) < (select created_at, id from segment where id=?)"
        bindings = (cursor,)  # type: ignore[assignment]
    sql = f"select {FIELDS} from segment {behind} order by created_at desc, id desc limit ?"  # noqa: S608
    found = rows(c, sql, (*bindings, per_page + 1))
    data = [_shown(row) for row in found[:per_page]]
    return data, total, data[-1]["id"] if len(found) > per_page else None


def create(desk: Desk, body: dict[str, Any]) -> dict[str, Any]:
    name, description, checked = _checked(desk, body, "")
    identifier = desk.new_id()
    values = (identifier, name, description, json.dumps(checked, ensure_ascii=False), desk.now, desk.now)
    desk.c.execute("insert into segment values(?,?,?,?,?,?)", values)
    return one(desk.c, identifier)


def update(desk: Desk, identifier: str, body: dict[str, Any]) -> dict[str, Any]:
    """What `body` does not name stays."""
    old = one(desk.c, identifier)
    body = {key: old[key] for key in ("name", "description", "filter") if old[key] is not None} | body
    name, description, checked = _checked(desk, body, identifier)
    values = (name, description, json.dumps(checked, ensure_ascii=False), desk.now, identifier)
    desk.c.execute("update segment set name=?, description=?, filter=?, updated_at=? where id=?", values)
    return one(desk.c, identifier)


def delete(desk: Desk, identifier: str) -> None:
    one(desk.c, identifier)
    desk.c.execute("delete from segment where id=?", (identifier,))


def _checked(desk: Desk, body: dict[str, Any], own: str) -> tuple[str, str | None, dict[str, Any]]:
    if unknown := set(body) - {"name", "description", "filter"}:
        raise LoopsError(400, f"`{sorted(unknown)[0]}` is not known. A segment has name, description and filter.")
    name, description = body.get("name"), body.get("description")
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME:
        raise LoopsError(400, f"A segment needs a `name` of at most {LONGEST_NAME} characters.")
    if description is not None and (not isinstance(description, str) or len(description) > LONGEST_DESCRIPTION):
        raise LoopsError(400, f"`description` is a text of at most {LONGEST_DESCRIPTION} characters.")
    checked = filters.check(body.get("filter"))
    if checked is None:
        raise LoopsError(400, "A segment needs a `filter`.")
    if rows(desk.c, "select 1 from segment where name=? and id<>?", (name, own)):
        raise LoopsError(400, "Another segment has this name.")
    refer(desk.c, checked)
    return name, description, checked


def refer(c: apsw.Connection, checked: dict[str, Any]) -> None:
    """Raises LoopsError(404) when a condition names mail that does not exist."""
    for condition in checked["conditions"]:
        if condition["type"] != "activity" or condition["target"] == "event":
            continue
        if condition["target"] not in EXISTING:
            raise LoopsError(404, "Campaign not found.")
        table, called = EXISTING[condition["target"]]
        if not rows(c, f"select 1 from {table} where id=?", (condition["id"],)):  # noqa: S608 - a table of ours
            raise LoopsError(404, f"{called} not found.")


def _shown(row: tuple[Any, ...]) -> dict[str, Any]:
    identifier, name, description, text, created, updated = row
    return {
        "id": identifier,
        "name": name,
        "description": description,
        "createdAt": rfc3339(created),
        "updatedAt": rfc3339(updated),
        "filter": json.loads(text),
    }
