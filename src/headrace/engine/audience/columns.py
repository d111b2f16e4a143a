"""A column for each custom property, so that a filter reads a million contacts quickly (docs/decisions/0002-filters.md).

What a contact has stands in `contact.custom`. `contact_value` says it once more, a row for each contact and a column for
each property; triggers keep the two the same, so nobody who writes a contact has to know. A column stays when its
property is deleted, and is there again for one of the same name. Properties beyond MOST are read from `custom`.
"""

from __future__ import annotations

from collections.abc import Mapping

import apsw

from headrace.engine.audience.filters import is_name, path
from headrace.engine.store import rows

MOST = 100


def define(c: apsw.Connection, key: str, label: str, kind: str, now: int) -> None:
    """A new property."""
    c.execute("insert into property values(?,?,?,?)", (key, label, kind, now))
    settle(c)


def settle(c: apsw.Connection) -> None:
    """A column for every property that has none yet."""
    there = places(c)
    keys = [key for (key,) in rows(c, "select key from property order by at, key") if key not in there and is_name(key)]
    fresh = {key: len(there) + number for number, key in enumerate(keys[: MOST - len(there)], 1)}
    if not fresh:
        return
    for key, place in fresh.items():
        c.execute(f"alter table contact_value add column p{place}")
        c.execute("insert into value_column values(?,?)", (place, key))
    _watch(c, there | fresh)
    _fill(c, fresh)


def places(c: apsw.Connection) -> dict[str, int]:
    return {key: place for place, key in rows(c, "select place, key from value_column")}


def _watch(c: apsw.Connection, every: Mapping[str, int]) -> None:
    values = _read(every)
    names, read = ", ".join(values), ", ".join(values.values())
    made = f"insert or replace into contact_value(n, {names}) values(new.n, {read})"
    renewed = ", ".join(f"{name}={value}" for name, value in values.items())
    kept = f"update contact_value set {renewed} where n=new.n"  # noqa: S608 - see _read
    c.execute(
        "drop trigger if exists contact_value_new; drop trigger if exists contact_value_changed;"
        f" create trigger contact_value_new after insert on contact begin {made}; end;"
        " create trigger contact_value_changed after update of custom on contact when old.custom is not new.custom"
        f" begin {kept}; end"
    ).fetchall()


def _fill(c: apsw.Connection, fresh: Mapping[str, int]) -> None:
    """A property may have been there before, and its values with it."""
    values = _read(fresh)
    read = ", ".join(f"{value} as {name}" for name, value in values.items())
    known = " or ".join(f"{value} is not null" for value in values.values())
    renewed = ", ".join(f"{name}=old.{name}" for name in values)
    there = f"select n, {read} from contact as new where {known}"  # noqa: S608 - see _read
    c.execute(f"update contact_value set {renewed} from ({there}) as old where old.n=contact_value.n")  # noqa: S608


def _read(keys: Mapping[str, int]) -> dict[str, str]:
    """By column, its value. A trigger takes no bindings: the name of the property stands in its text, quoted."""
    quoted = {place: path(key).replace("'", "''") for key, place in keys.items()}
    return {f"p{place}": f"json_extract(new.custom, '{each}')" for place, each in quoted.items()}
