"""The `engine:` section of the workspace file: checked, made so, and written out again."""

from __future__ import annotations

from typing import Any

import apsw

from headrace.engine.audience import contacts, lists
from headrace.engine.desk import Desk
from headrace.engine.events import definitions
from headrace.engine.store import rows
from headrace.engine.values import DEFAULT_TYPES, TYPES
from headrace.errors import WorkspaceError

KEYS = ("rate", "mailing_lists", "properties", "events")


def check(section: dict[str, Any]) -> None:
    """Raises WorkspaceError naming what cannot be used."""
    for key in section:
        if key not in KEYS:
            raise WorkspaceError(f"engine: {key!r} is not known. It has: {', '.join(KEYS)}.")
    rate = section.get("rate", 0)
    if isinstance(rate, bool) or not isinstance(rate, int | float) or rate < 0:
        raise WorkspaceError("engine.rate: requests a second, 0 = no limit.")
    for entry in _entries(section, "mailing_lists", {"id", "name", "description", "public"}):
        if not entry["name"].strip():
            raise WorkspaceError("engine.mailing_lists: each needs a name.")
    for entry in _entries(section, "properties", {"name", "type"}):
        if entry.get("type") not in TYPES:
            raise WorkspaceError(f"engine.properties: each needs a name and a type of {', '.join(TYPES)}.")
        _check_property(entry)
    for entry in _entries(section, "events", {"name", "properties"}):
        _check_event(entry)


def _entries(section: dict[str, Any], key: str, known: set[str], at: str = "engine") -> list[dict[str, Any]]:
    given = section.get(key) or []
    if not isinstance(given, list):
        raise WorkspaceError(f"{at}.{key}: a list.")
    for entry in given:
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise WorkspaceError(f"{at}.{key}: each needs a name.")
        if unknown := set(entry) - known:
            raise WorkspaceError(f"{at}.{key}: {sorted(map(str, unknown))[0]!r} is not known.")
    return given


def _check_property(entry: dict[str, Any]) -> None:
    name, kind = entry["name"], entry["type"]
    if why := contacts.unusable(name, kind):
        raise WorkspaceError(f"engine.properties, {name[:100]}: {why}")
    if DEFAULT_TYPES.get(name, kind) != kind:
        raise WorkspaceError(f"engine.properties, {name}: every contact has it, and it is a {DEFAULT_TYPES[name]}.")


def _check_event(entry: dict[str, Any]) -> None:
    name, at = entry["name"].strip(), f"engine.events, {entry['name']}"
    if not name or len(name) > definitions.LONGEST or ":" in name:
        raise WorkspaceError(f"engine.events: a name has 1 to {definitions.LONGEST} characters and no colon.")
    names = [given["name"].strip() for given in _entries(entry, "properties", {"name", "type"}, at)]
    for given in entry.get("properties") or ():
        if given.get("type") not in TYPES or not 1 <= len(given["name"].strip()) <= definitions.LONGEST:
            raise WorkspaceError(f"{at}: each property needs a name and a type of {', '.join(TYPES)}.")
    if len(names) != len(set(names)):
        raise WorkspaceError(f"{at}: a property is named twice.")


def apply(desk: Desk, section: dict[str, Any], rate: float) -> list[str]:
    """What changed, a sentence each. `rate` is the present one. What the file does not name stays."""
    changes: list[str] = []
    if "rate" in section and float(section["rate"]) != rate:
        desk.c.execute("insert or replace into meta values('rate', ?)", (str(float(section["rate"])),))
        changes.append(f"engine: rate is now {section['rate']}")
    for entry in section.get("mailing_lists") or ():
        changes += _apply_list(desk, entry)
    there = {p["key"] for p in contacts.properties(desk.c, False)}
    for entry in section.get("properties") or ():
        if entry["name"] not in there:
            contacts.create_property(desk.c, entry["name"], entry["type"], desk.now)
            there.add(entry["name"])
            changes.append(f"engine: property {entry['name']} ({entry['type']}) made")
    for entry in section.get("events") or ():
        changes += _apply_event(desk, entry["name"].strip(), entry.get("properties") or [])
    return changes


def _apply_list(desk: Desk, entry: dict[str, Any]) -> list[str]:
    wanted = {"name": entry["name"], "description": entry.get("description"), "isPublic": entry.get("public")}
    identifier, became = lists.ensure(desk, wanted | {"id": str(entry["id"]) if entry.get("id") else None})
    if became == "made":
        return [f"engine: mailing list {entry['name']} made ({identifier})"]
    return [f"engine: mailing list {entry['name']} changed"] if became else []


def _apply_event(desk: Desk, name: str, properties: list[dict[str, str]]) -> list[str]:
    found = rows(desk.c, "select id from definition where name=?", (name,))
    if not found:
        definitions.create(desk, name, properties)
        return [f"engine: event {name} made"]
    before = definitions.properties_of(desk.c, found[0][0])
    after = {given["name"]: given["type"] for given in before}
    after |= {given["name"].strip(): given["type"] for given in properties}
    named = [{"name": key, "type": kind} for key, kind in after.items()]
    if named == before:
        return []
    definitions.change(desk, found[0][0], named)
    return [f"engine: event {name} changed"]


def _is_event(entry: dict[str, Any]) -> bool:
    """Whether it may stand in a file: what came over the API may have a name that nobody would give."""
    try:
        _check_event(entry)
    except WorkspaceError:
        return False
    return True


def export(c: apsw.Connection, rate: float) -> dict[str, Any]:
    lists = [
        {"id": entry["id"], "name": entry["name"], "public": entry["isPublic"]}
        | ({"description": entry["description"]} if entry["description"] else {})
        for entry in contacts.mailing_lists(c)
    ]
    custom = contacts.properties(c, True)
    defined = [{"name": entry["name"], "properties": entry["properties"]} for entry in definitions.listed(c)]
    return {
        "rate": int(rate) if float(rate).is_integer() else rate,
        "mailing_lists": lists,
        "properties": [{"name": p["key"], "type": p["type"]} for p in custom],
        "events": [entry for entry in defined if _is_event(entry)],
    }
