"""Takes a person out of engine.db: the contact, its lists, and every row of the Event Log that names it."""

from __future__ import annotations

import json
from collections.abc import Iterable

import apsw

from headrace.engine.audience.contacts import Who, delete, find
from headrace.engine.desk import Desk
from headrace.engine.engine import Engine
from headrace.engine.outbox.forgetting import forget
from headrace.engine.store import rows


def erase(engine: Engine, user_ids: Iterable[str], emails: Iterable[str]) -> None:
    """`tidy` of the store afterwards writes the file anew."""
    users, lowered = list(user_ids), [email.lower() for email in emails]

    def run(desk: Desk) -> None:
        c = desk.c
        for who in (*(Who(None, user) for user in users), *(Who(email, None) for email in lowered)):
            contact = find(c, who)
            if contact is not None:
                delete(desk, who)  # the other rooms hear of it
                for table in _with_contacts(c):
                    c.execute(f"delete from {table} where contact=?", (contact,))  # noqa: S608
        for user in users:
            c.execute("delete from log where user_id=? or instr(received, ?)", (user, f'"userId": {_json(user)}'))
        for email in lowered:
            forget(c, email)
            c.execute("delete from log where lower(email)=?1 or instr(lower(received), ?1)", (email,))
            c.execute("delete from log where instr(lower(processed), ?1) or instr(lower(warnings), ?1)", (email,))
            for (definition,) in rows(c, "select id from definition where instr(lower(name), ?)", (email,)):
                c.execute("delete from definition_property where definition=?", (definition,))
                c.execute("delete from definition where id=?", (definition,))
            for (deed,) in rows(c, "select id from deed where instr(lower(name), ?)", (email,)):
                c.execute("delete from activity where deed=?", (deed,))
                c.execute("delete from deed where id=?", (deed,))

    engine.write(run).result()


def _with_contacts(c: apsw.Connection) -> list[str]:
    """Tables of any room whose rows are a contact's."""
    tables = [name for (name,) in rows(c, "select name from sqlite_master where type='table'")]
    return [t for t in tables if any(r[1] == "contact" for r in rows(c, f"pragma table_info({t})"))]


def knows(engine: Engine, user_ids: Iterable[str], emails: Iterable[str]) -> bool:
    """Whether there is such a contact."""
    asked = [*(Who(None, user) for user in user_ids), *(Who(email, None) for email in emails)]
    return engine.read(lambda c: any(find(c, who) is not None for who in asked))


def _json(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
