"""The table of contacts: a page of it, searched and filtered, and how many there are."""

from __future__ import annotations

import json
from typing import Any

import apsw

from headrace.engine.audience import contacts, segments
from headrace.engine.audience.filters import EVERYBODY, Where
from headrace.engine.store import rows

SEARCHED = ("email_key", "lower(user_id)", "lower(first_name)", "lower(last_name)")


def found(c: apsw.Connection, search: str, wanted: Any) -> Where:
    """The condition of a search and a filter together. Raises LoopsError(400)."""
    filtered = segments.where(c, wanted)
    if not search:
        return filtered
    hits = " or ".join(f"instr({column}, ?) > 0" for column in SEARCHED)
    return Where(f"({hits}) and {filtered.sql}", (*[search.lower()] * len(SEARCHED), *filtered.bindings))


def page(
    c: apsw.Connection, search: str, wanted: Any, cursor: str | None, limit: int
) -> tuple[list[tuple[Any, ...]], str | None]:
    """Rows of `contacts.FIELDS`, the last changed first, and the cursor to go on from."""
    condition = found(c, search, wanted)
    # who looks for few goes through all of them once; the index on `changed` would ask for each contact on its own
    changed = "contact.changed" if condition == EVERYBODY else "+contact.changed"
    behind, after = "", ()
    if cursor:
        at, _, identifier = cursor.partition(".")
        if at.lstrip("-").isdigit():
            behind, after = f" and ({changed}, contact.id) < (?, ?)", (int(at), identifier)  # type: ignore[assignment]
    listed = rows(
        c,
        f"select {contacts.FIELDS}, changed from contact where {condition.sql}{behind}"  # noqa: S608
        f" order by {changed} desc, contact.id desc limit ?",
        (*condition.bindings, *after, limit + 1),
    )
    last = listed[limit - 1] if len(listed) > limit else None
    return [row[:-1] for row in listed[:limit]], f"{last[-1]}.{last[0]}" if last else None


def count(c: apsw.Connection, search: str, wanted: Any) -> int:
    condition = found(c, search, wanted)
    ((number,),) = rows(c, f"select count(*) from contact where {condition.sql}", condition.bindings)  # noqa: S608
    return int(number)


def ids(c: apsw.Connection, search: str, wanted: Any, limit: int) -> list[str]:
    condition = found(c, search, wanted)
    listed = rows(c, f"select id from contact where {condition.sql} limit ?", (*condition.bindings, limit))  # noqa: S608
    return [identifier for (identifier,) in listed]


def shown(c: apsw.Connection, row: tuple[Any, ...]) -> dict[str, Any]:
    """A contact as pages have it: custom properties apart."""
    whole = contacts.as_loops(c, row)
    custom = json.loads(row[-1])
    return {k: v for k, v in whole.items() if k not in custom} | {"properties": custom}
