"""Contact properties as pages see them: whether one is in use, and taking away one that is not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import apsw

from headrace.engine.audience import contacts
from headrace.engine.core import Uses
from headrace.engine.desk import Desk
from headrace.engine.store import rows
from headrace.errors import Conflict, NotFound


def used(c: apsw.Connection, key: str, others: Iterable[Uses]) -> str | None:
    """What uses a custom property; None when nothing does. Looks through the contacts: not for every request."""
    path = f'$."{key}"'
    if rows(c, "select 1 from contact where json_extract(custom, ?) is not null limit 1", (path,)):
        return "contacts have a value for it"
    for name, text in rows(
        c,
        "select segment.name, json_extract(value, '$.key') from segment, json_each(segment.filter, '$.conditions')"
        " where json_extract(value, '$.key')=?",
        (key,),
    ):
        return f"the segment {name} asks for {text}"
    return next((said for uses in others if (said := uses(c, key)) is not None), None)


def listed(c: apsw.Connection) -> list[dict[str, Any]]:
    custom = {p["key"] for p in contacts.properties(c, True)}
    return [p | {"custom": p["key"] in custom} for p in contacts.properties(c, False)]


def delete(desk: Desk, key: str, others: Iterable[Uses]) -> None:
    """`others`: the other rooms. Raises NotFound, or Conflict while it is in use."""
    if not rows(desk.c, "select 1 from property where key=?", (key,)):
        raise NotFound("There is no such custom property.")
    if reason := used(desk.c, key, others):
        raise Conflict(f"The property {key} is in use: {reason}.")
    desk.c.execute("delete from property where key=?", (key,))
