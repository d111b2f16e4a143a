"""The Event Log, read: its rows, and one with all that came of it: workflows started or not, mail sent or not, and why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import apsw
import msgspec

from headrace.clock import rfc3339
from headrace.engine.desk import Desk
from headrace.engine.store import rows

COLUMNS = "id, at, event, contact, email, user_id, source, result, received, processed, warnings, notes"


class Wanted(msgspec.Struct, frozen=True):
    """What is looked for in the log; what is None is not asked for."""

    event: str | None = None
    email: str | None = None
    user_id: str | None = None
    contact: str | None = None  # id
    search: str | None = None  # a part of the name, the email or the user ID
    noted: bool = False  # only rows that something is said about
    result: str | None = None  # processed or refused

    def where(self) -> tuple[str, list[Any]]:
        parts, bindings = ["1"], []
        for column in ("event", "user_id", "contact", "result"):
            if (value := getattr(self, column)) is not None:
                parts.append(f"{column}=?")
                bindings.append(value)
        if self.email is not None:
            parts.append("email=?")
            bindings.append(self.email.strip().lower())
        if self.search:
            parts.append("(instr(lower(event), ?1x) or instr(email, ?1x) or instr(lower(user_id), ?1x))".replace("?1x", "?"))
            bindings += [self.search.lower()] * 3
        if self.noted:
            parts.append("warnings<>'[]'")
        return " and ".join(parts), bindings


def page(c: apsw.Connection, before: int | None, limit: int, wanted: Wanted) -> tuple[list[dict[str, Any]], int | None]:
    """Rows, newest first, and the id to go on from."""
    where, bindings = wanted.where()
    if before is not None:
        where += " and id<?"
        bindings.append(before)
    sql = f"select {COLUMNS} from log where {where} order by id desc limit ?"  # noqa: S608 - bound above
    found = rows(c, sql, (*bindings, limit + 1))
    return [_shown(row) for row in found[:limit]], found[limit - 1][0] if len(found) > limit else None


def one(c: apsw.Connection, identifier: int) -> dict[str, Any] | None:
    """With what it started."""
    found = rows(c, f"select {COLUMNS} from log where id=?", (identifier,))  # noqa: S608
    return _shown(found[0]) | {"workflows": _workflows(c, identifier), "emails": _emails(c, identifier)} if found else None


def _shown(row: tuple[Any, ...]) -> dict[str, Any]:
    identifier, at, event, contact, email, user_id, source, result, received, processed, warnings, notes = row
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
        "notes": json.loads(notes),
    }


def _workflows(c: apsw.Connection, identifier: int) -> list[dict[str, Any]]:
    found = rows(
        c,
        "select workflow_start.workflow, coalesce(workflow.name, ''), started, why from workflow_start"
        " left join workflow on workflow.id=workflow_start.workflow where log=?",
        (identifier,),
    )
    return [{"id": i, "name": name, "started": bool(started), "why": why} for i, name, started, why in found]


def _emails(c: apsw.Connection, identifier: int) -> list[dict[str, Any]]:
    return _sends(c, "log=? order by at", (identifier,))


def emails_of(c: apsw.Connection, contact: str) -> list[dict[str, Any]]:
    """What was sent to a contact, the last first."""
    return _sends(c, "contact=? order by at desc limit 50", (contact,))


def _sends(c: apsw.Connection, where: str, bindings: tuple[Any, ...]) -> list[dict[str, Any]]:
    names = ("id", "kind", "sourceId", "email", "subject", "state", "why", "at", "opens", "clicks")
    sql = f"select id, kind, source_id, email, subject, state, why, at, opens, clicks from send where {where}"  # noqa: S608
    found = [dict(zip(names, row, strict=True)) for row in rows(c, sql, bindings)]
    return [row | {"at": rfc3339(row["at"])} for row in found]


def old(c: apsw.Connection, before: int, most: int) -> list[int]:
    """The oldest rows, as far as they are of before then."""
    return [i for i, at in rows(c, "select id, at from log order by id limit ?", (most,)) if at < before]


def remove(desk: Desk, these: Sequence[int]) -> None:
    """What each started or not is kept no longer than its row."""
    for identifier in these:
        desk.c.execute("delete from log where id=?", (identifier,))
        desk.c.execute("delete from workflow_start where log=?", (identifier,))
