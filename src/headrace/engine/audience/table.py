"""The table of contacts: a page of it, searched and filtered, and how many there are."""

from __future__ import annotations

import json
from typing import Any

import apsw

from headrace.engine.audience import contacts, segments
from headrace.engine.audience.filters import EVERYBODY, Where
from headrace.engine.store import numbered, rows

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
    source = "contact" if condition == EVERYBODY else "contact not indexed"
    behind, after = "", ()
    if cursor:
        at, _, identifier = cursor.partition(".")
        if (moment := numbered(at)) is not None:
            behind, after = " and (contact.changed, contact.id) < (?, ?)", (moment, identifier)  # type: ignore[assignment]
    # the sorter carries ids alone: it would make JSON of each contact that is found, for the fifty that are shown
    hits = rows(
        c,
        f"select contact.id, contact.changed from {source} where {condition.sql}{behind}"  # noqa: S608
        f" order by contact.changed desc, contact.id desc limit ?",
        (*condition.bindings, *after, limit + 1),
    )
    one = f"select {contacts.FIELDS} from contact where id=?"  # noqa: S608
    listed = [row for identifier, _ in hits[:limit] for row in rows(c, one, (identifier,))]
    last = hits[limit - 1] if len(hits) > limit else None
    return listed, f"{last[1]}.{last[0]}" if last else None


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
