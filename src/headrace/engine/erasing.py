"""Takes a person out of engine.db: the contact, its lists, and every row of the Event Log that names it."""

from __future__ import annotations

import json
from collections.abc import Iterable

import apsw

from headrace.engine.engine import Engine
from headrace.engine.store import rows


def erase(engine: Engine, user_ids: Iterable[str], emails: Iterable[str]) -> None:
    """`tidy` of the store afterwards writes the file anew."""
    users, lowered = list(user_ids), [email.lower() for email in emails]

    def run(c: apsw.Connection) -> None:
        for column, value in [("user_id", user) for user in users] + [("email_key", email) for email in lowered]:
            for (contact,) in rows(c, f"select id from contact where {column}=?", (value,)):  # noqa: S608
                for table in _with_contacts(c):
                    c.execute(f"delete from {table} where contact=?", (contact,))  # noqa: S608
                c.execute("delete from contact where id=?", (contact,))
        for user in users:
            c.execute("delete from log where user_id=? or instr(received, ?)", (user, f'"userId": {_json(user)}'))
        for email in lowered:
            c.execute("delete from log where lower(email)=?1 or instr(lower(received), ?1)", (email,))
            c.execute("delete from log where instr(lower(processed), ?1) or instr(lower(warnings), ?1)", (email,))

    engine.store.write(run).result()


def _with_contacts(c: apsw.Connection) -> list[str]:
    """Tables of any room whose rows are a contact's."""
    tables = [name for (name,) in rows(c, "select name from sqlite_master where type='table'")]
    return [t for t in tables if any(r[1] == "contact" for r in rows(c, f"pragma table_info({t})"))]


def knows(engine: Engine, user_ids: Iterable[str], emails: Iterable[str]) -> bool:
    """Whether there is such a contact."""
    asked = [("user_id", user) for user in user_ids] + [("email_key", email.lower()) for email in emails]
    found = engine.store.read(
        lambda c: [1 for column, value in asked if rows(c, f"select 1 from contact where {column}=?", (value,))]  # noqa: S608
    )
    return bool(found)


def _json(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
