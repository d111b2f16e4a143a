"""What a person does with contacts on pages: makes one, saves one, deletes, and the same with many at once."""

from __future__ import annotations

from typing import Any

import apsw

from headrace.engine.audience import contacts, suppression, table
from headrace.engine.audience.contacts import Found, Who
from headrace.engine.core import Core
from headrace.engine.desk import Desk
from headrace.engine.refusal import LoopsError
from headrace.engine.store import rows
from headrace.errors import NotFound, WorkspaceError

AT_ONCE = 500  # contacts of one transaction, so that nobody waits long behind it
SOURCE = "Manual"


def create(core: Core, given: dict[str, Any]) -> dict[str, Any]:
    body = given["properties"] | {"email": given["email"], "userId": given["userId"], "mailingLists": given["lists"]}

    def run(desk: Desk) -> dict[str, Any]:
        found = contacts.create(desk if given["trigger"] else desk.quiet(), {"source": SOURCE} | body)
        return {"id": found.id, "warnings": found.warnings}

    return core.write(run).result()


def save(core: Core, identifier: str, given: dict[str, Any]) -> dict[str, Any]:
    """Without `trigger`, nobody is told: neither workflows nor webhooks."""

    def run(desk: Desk) -> dict[str, Any]:
        body = given["properties"] | {"mailingLists": given["lists"]}
        found = edit(desk if given["trigger"] else desk.quiet(), identifier, body)
        return {"id": found.id, "warnings": found.warnings}

    return core.write(run).result()


def edit(desk: Desk, identifier: str, body: dict[str, Any]) -> Found:
    """By id, so that both identifiers may change; a user ID may be taken away. Raises NotFound, LoopsError."""
    before = _one(desk.c, identifier)
    who = contacts.identity({key: body.get(key, before[key]) for key in ("email", "userId")})
    if not who.email:
        raise LoopsError(400, "Invalid email address.")
    taken = "select 1 from contact where id<>? and (email_key=? or user_id=?)"
    if rows(desk.c, taken, (identifier, who.key, who.user_id)):
        raise LoopsError(400, "Another contact has this email or user ID; nothing was changed.")
    values = (who.email, who.key, who.user_id, desk.now, identifier)
    desk.c.execute("update contact set email=?, email_key=?, user_id=?, changed=? where id=?", values)
    return contacts.written(desk, identifier, False, before, body, frozenset())


def delete(core: Core, identifier: str) -> None:
    core.write(lambda desk: contacts.delete(desk, Who(_one(desk.c, identifier)["email"], None))).result()


def unsuppress(core: Core, identifier: str) -> None:
    core.write(lambda desk: suppression.remove(desk, Who(_one(desk.c, identifier)["email"], None))).result()


def bulk(core: Core, given: dict[str, Any]) -> dict[str, int]:
    """`given`: action, list, and ids or search and filter. Those that cannot be changed are counted as skipped."""
    action, list_id = given["action"], given["list"]
    if action != "delete" and not core.read(lambda c: rows(c, "select 1 from list where id=?", (list_id,))):
        raise WorkspaceError("Choose a mailing list.")
    if given["ids"] is not None:
        chosen = given["ids"]
    else:
        chosen = core.survey(lambda c: table.ids(c, given["search"], given["filter"], -1))
    done = 0
    for start in range(0, len(chosen), AT_ONCE):
        part = chosen[start : start + AT_ONCE]
        done += core.write(lambda desk, part=part: sum(_act(desk, i, action, list_id) for i in part)).result()  # type: ignore[misc]
    return {"done": done, "skipped": len(chosen) - done}


def _act(desk: Desk, identifier: str, action: str, list_id: str) -> bool:
    found = rows(desk.c, "select email from contact where id=?", (identifier,))
    if not found:
        return False
    if action == "delete":
        contacts.delete(desk, Who(found[0][0], None))
        return True
    wanted = action == "add_to_list"
    return not contacts.upsert(desk, {"email": found[0][0], "mailingLists": {list_id: wanted}}).notes


def _one(c: apsw.Connection, identifier: str) -> dict[str, Any]:
    if not rows(c, "select 1 from contact where id=?", (identifier,)):
        raise NotFound("There is no such contact.")
    return contacts.one(c, identifier)
