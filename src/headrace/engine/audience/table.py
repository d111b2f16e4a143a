"""The table of contacts: a page of it, searched and filtered, and how many there are."""

from __future__ import annotations

import json
from typing import Any

import apsw

from headrace.engine.audience import contacts, segments
from headrace.engine.audience.filters import EVERYBODY, Where
from headrace.engine.store import numbered, rows

RECENT = 10_000  # contacts that are asked by the index first: whom many match, that page is there at once
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
    behind = _behind(cursor)
    source, hits = f"contact indexed by contact_changed{condition.values}", []
    last = _last_of(c, behind) if condition != EVERYBODY else None
    if last is None:  # the index leads to everybody who is left
        hits = _hits(c, source, condition, behind, limit)
    else:
        recent = Where(f"{behind.sql} and (contact.changed, contact.id) >= (?, ?)", (*behind.bindings, *last))
        hits = _hits(c, source, condition, recent, limit)
        if len(hits) <= limit:  # then through all of them once: the index would ask for each contact on its own
            hits = _hits(c, f"contact not indexed{condition.values}", condition, behind, limit)
    one = f"select {contacts.FIELDS} from contact where id=?"  # noqa: S608
    listed = [row for identifier, _ in hits[:limit] for row in rows(c, one, (identifier,))]
    ended = hits[limit - 1] if len(hits) > limit else None
    return listed, f"{ended[1]}.{ended[0]}" if ended else None


def _behind(cursor: str | None) -> Where:
    at, _, identifier = (cursor or "").partition(".")
    if (moment := numbered(at)) is None:
        return EVERYBODY
    return Where("(contact.changed, contact.id) < (?, ?)", (moment, identifier))


def _last_of(c: apsw.Connection, behind: Where) -> tuple[int, str] | None:
    """The last of the next `RECENT` contacts by the index; None: there are not so many."""
    sql = f"select changed, id from contact where {behind.sql} order by changed desc, id desc limit 1 offset ?"  # noqa: S608
    found = rows(c, sql, (*behind.bindings, RECENT))
    return found[0] if found else None


def _hits(c: apsw.Connection, source: str, condition: Where, among: Where, limit: int) -> list[tuple[str, int]]:
    """The sorter carries ids alone: it would make JSON of each contact that is found, for the fifty that are shown."""
    return rows(
        c,
        f"select contact.id, contact.changed from {source} where {condition.sql} and {among.sql}"  # noqa: S608
        f" order by contact.changed desc, contact.id desc limit ?",
        (*condition.bindings, *among.bindings, limit + 1),
    )


def count(c: apsw.Connection, search: str, wanted: Any) -> int:
    condition = found(c, search, wanted)
    ((number,),) = rows(c, f"select count(*) from contact{condition.values} where {condition.sql}", condition.bindings)  # noqa: S608
    return int(number)


def ids(c: apsw.Connection, search: str, wanted: Any, limit: int) -> list[str]:
    condition = found(c, search, wanted)
    sql = f"select contact.id from contact{condition.values} where {condition.sql} limit ?"  # noqa: S608
    return [identifier for (identifier,) in rows(c, sql, (*condition.bindings, limit))]


def shown(c: apsw.Connection, row: tuple[Any, ...]) -> dict[str, Any]:
    """A contact as pages have it: custom properties apart."""
    whole = contacts.as_loops(c, row)
    custom = json.loads(row[-1])
    return {k: v for k, v in whole.items() if k not in custom} | {"properties": custom}
