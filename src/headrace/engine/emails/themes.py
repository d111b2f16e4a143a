"""Themes in engine.db: the default one, and those a person makes."""

from __future__ import annotations

import json
from typing import Any

import apsw

from headrace.clock import rfc3339
from headrace.engine.desk import Desk
from headrace.engine.lmx import styles
from headrace.engine.refusal import LoopsError
from headrace.engine.store import rows

UNKNOWN = "Theme not found."


def ensure_default(desk: Desk) -> None:
    if not rows(desk.c, "select 1 from theme where is_default=1"):
        desk.c.execute("insert into theme values(?,?,?,1,?,?)", (desk.new_id(), "Default", "{}", desk.now, desk.now))


def page(c: apsw.Connection, cursor: str, size: int) -> tuple[list[dict[str, Any]], int, str | None]:
    """(the themes behind the cursor, how many there are at all, the next cursor). A cursor is the last id seen."""
    ((total,),) = rows(c, "select count(*) from theme")
    found = rows(c, "select * from theme where id>? order by id limit ?", (cursor, size + 1))
    return [_shown(row) for row in found[:size]], total, found[size - 1][0] if len(found) > size else None


def one(c: apsw.Connection, identifier: str) -> dict[str, Any]:
    found = rows(c, "select * from theme where id=?", (identifier,))
    if not found:
        raise LoopsError(404, UNKNOWN)
    return _shown(found[0])


def own_styles(c: apsw.Connection, identifier: str) -> dict[str, Any]:
    """Of the theme named, or of the default one."""
    found = rows(c, "select styles from theme where id=? or is_default=1 order by id=? desc", (identifier, identifier))
    return json.loads(found[0][0]) if found else {}


def create(desk: Desk, body: dict[str, Any]) -> dict[str, Any]:
    _check_keys(body)
    if "name" not in body:
        raise LoopsError(400, "`name` is required.")
    identifier = desk.new_id()
    text = json.dumps(_styles(body.get("styles") or {}))
    desk.c.execute("insert into theme values(?,?,?,0,?,?)", (identifier, _name(body), text, desk.now, desk.now))
    return one(desk.c, identifier)


def update(desk: Desk, identifier: str, body: dict[str, Any]) -> dict[str, Any]:
    """Emails that follow it change with it: they hold only what they say otherwise."""
    before = one(desk.c, identifier)
    _check_keys(body)
    if not body:
        raise LoopsError(400, "At least one of `name` or `styles` must be provided.")
    name = _name(body) if "name" in body else before["name"]
    held = own_styles(desk.c, identifier)
    new = held | _styles(body["styles"]) if "styles" in body else held
    desk.c.execute(
        "update theme set name=?, styles=?, updated_at=? where id=?", (name, json.dumps(new), desk.now, identifier)
    )
    affected = _using(desk.c, identifier, before["isDefault"]) if new != held else 0
    return one(desk.c, identifier) | {"affectedEmailCount": affected}


def _using(c: apsw.Connection, identifier: str, default: bool) -> int:
    named = f'%themeId="{identifier}"%'
    sql = "select count(*) from email_message where lmx like ? or (? and lmx not like '%themeId=%')"
    ((count,),) = rows(c, sql, (named, default))
    return int(count)


def _check_keys(body: dict[str, Any]) -> None:
    for key in body:
        if key not in ("name", "styles"):
            raise LoopsError(400, f"Unknown field `{key}`.")


def _name(body: dict[str, Any]) -> str:
    name = body.get("name")
    if not isinstance(name, str) or not name.strip() or len(name) > 255:
        raise LoopsError(400, "`name` must be a text of 1 to 255 characters.")
    return name.strip()


def _styles(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise LoopsError(400, "`styles` must be an object.")
    kept, wrong = styles.checked(given)
    if wrong:
        raise LoopsError(400, " ".join(wrong[:5]))
    return kept


def _shown(row: tuple[Any, ...]) -> dict[str, Any]:
    identifier, name, own, default, created, updated = row
    return {
        "id": identifier,
        "name": name,
        "styles": dict(styles.look(json.loads(own), {}).held),
        "isDefault": bool(default),
        "createdAt": rfc3339(created),
        "updatedAt": rfc3339(updated),
    }
