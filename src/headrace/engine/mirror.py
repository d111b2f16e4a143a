"""Copies what a Loops account defines: mailing lists with their ids, contact properties, events with their properties."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

from headrace.engine.account import Account
from headrace.engine.audience import contacts
from headrace.engine.audience import lists as mailing_lists
from headrace.engine.core import Core
from headrace.engine.desk import Desk
from headrace.engine.refusal import LoopsError
from headrace.engine.store import rows
from headrace.engine.values import TYPES


async def mirror(core: Core, account: Account) -> dict[str, Any]:
    """What changed here, a sentence each. What is here and not there stays; the account is only read."""
    try:
        return await _mirror(core, account)
    except (KeyError, TypeError, AttributeError):
        raise LoopsError(400, "What answers there is not Loops' API. Is the address right?") from None


async def _mirror(core: Core, account: Account) -> dict[str, Any]:
    team = (await account.get("/v1/api-key")).get("teamName", "")
    lists = await account.get("/v1/lists")
    properties = await account.get("/v1/contacts/properties?list=custom")
    patterns = [
        await account.get(f"/v1/event-patterns/{quote(pattern['id'], safe='')}")
        async for pattern in account.pages("/v1/event-patterns")
    ]
    changes: list[str] = []

    def run(desk: Desk) -> None:
        changes.extend(_list(desk, entry) for entry in lists)
        changes.extend(_property(desk, entry) for entry in properties)
        changes.extend(_event(desk, pattern) for pattern in patterns)

    await asyncio.wrap_future(core.write(run))
    read = {"lists": len(lists), "properties": len(properties), "events": len(patterns)}
    return {"team": team, **read, "changes": [line for line in changes if line]}


def _list(desk: Desk, entry: dict[str, Any]) -> str:
    identifier, became = mailing_lists.ensure(desk, entry)
    if became == "made":
        return f"Mailing list {entry['name']} made ({identifier})."
    return f"Mailing list {entry['name']} changed." if became else ""


def _property(desk: Desk, entry: dict[str, Any]) -> str:
    name, kind = entry["key"], entry["type"] if entry["type"] in TYPES else "string"
    if any(name == known["key"] for known in contacts.properties(desk.c, False)):
        return ""
    if why := contacts.unusable(name, kind):
        return f"Contact property {name} left out: {why}"
    contacts.create_property(desk.c, name, kind, desk.now, entry.get("label"))
    return f"Contact property {name} ({kind}) made."


def _event(desk: Desk, pattern: dict[str, Any]) -> str:
    found = rows(desk.c, "select id from definition where name=?", (pattern["eventName"],))
    identifier = found[0][0] if found else pattern["id"]
    if not found:
        desk.c.execute("insert into definition(id, name, at) values(?,?,?)", (identifier, pattern["eventName"], desk.now))
    before = dict(rows(desk.c, "select name, type from definition_property where definition=?", (identifier,)))
    for place, given in enumerate(pattern.get("eventProperties") or ()):
        kind = given["type"] if given["type"] in TYPES else "string"
        values = (identifier, given["name"], kind, place)
        desk.c.execute("insert or replace into definition_property values(?,?,?,?)", values)
    after = dict(rows(desk.c, "select name, type from definition_property where definition=?", (identifier,)))
    if found and before == after:
        return ""
    return f"Event {pattern['eventName']} {'changed' if found else 'made'} ({len(after)} properties)."
