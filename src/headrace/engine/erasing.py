"""Takes a person out of engine.db: the contact with all that is its own, and every row of any room that names it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

import apsw

from headrace.engine.audience.contacts import Who, delete, find
from headrace.engine.desk import Desk
from headrace.engine.engine import Engine
from headrace.engine.events import refused
from headrace.engine.outbox.forgetting import forget
from headrace.engine.store import rows

# texts of other people's rows that may name somebody: whom an event says that they were invited by
OF_OTHERS = (
    ("send", "event"), ("send", "data"), ("send", "subject"), ("send", "why"),
    ("run", "event"), ("run", "why"), ("workflow_start", "why"),
)  # fmt: skip


def erase(engine: Engine, user_ids: Iterable[str], emails: Iterable[str]) -> None:
    """`tidy` of the store afterwards writes the file anew."""
    users, given = list(user_ids), [email.lower() for email in emails]

    def run(desk: Desk) -> None:
        addresses = dict.fromkeys(given)
        for who in (*(Who(None, user) for user in users), *(Who(email, None) for email in given)):
            addresses.update(dict.fromkeys(_out_of_the_audience(desk, who)))
        for user in users:
            _no_user(desk.c, user)
        for email in addresses:
            _no_email(desk.c, email)
        desk.c.execute("delete from workflow_start where log not in (select id from log)")

    engine.write(run).result()


def _out_of_the_audience(desk: Desk, who: Who) -> list[str]:
    """The contact, if there is one, with the rows that are its own; its address, whichever way it was named."""
    contact = find(desk.c, who)
    if contact is None:
        return []
    mine = [email for (email,) in rows(desk.c, "select email_key from contact where id=?", (contact,))]
    delete(desk, who)  # the other rooms hear of it
    for table in _with_contacts(desk.c):
        desk.c.execute(f"delete from {table} where contact=?", (contact,))  # noqa: S608
    return mine


def _no_user(c: apsw.Connection, user: str) -> None:
    """What is left of somebody whose contact may have been deleted long ago."""
    named = f'"userId": {_json(user)}'
    c.execute("delete from log where user_id=? or instr(received, ?)", (user, named))
    refused.forget(c, user)
    c.execute("delete from webhook_message where instr(payload, ?)", (named,))
    c.execute("delete from import_row where instr(line, ?)", (_json(user),))


def _no_email(c: apsw.Connection, email: str) -> None:
    forget(c, email)
    c.execute("delete from log where lower(email)=?1 or instr(lower(received), ?1)", (email,))
    c.execute("delete from log where instr(lower(processed), ?1) or instr(lower(warnings), ?1)", (email,))
    for table, column in OF_OTHERS:
        _blank(c, table, column, email)
    c.execute("delete from removal where email_key=?", (email,))
    c.execute("delete from import_row where instr(lower(line), ?1) or instr(lower(text), ?1)", (email,))
    for key in ("used_key", "transactional_key"):
        c.execute(f"delete from {key} where instr(lower(key), ?)", (email,))  # noqa: S608 - one of two names of ours
    for (definition,) in rows(c, "select id from definition where instr(lower(name), ?)", (email,)):
        c.execute("delete from definition_property where definition=?", (definition,))
        c.execute("delete from definition where id=?", (definition,))
    for (deed,) in rows(c, "select id from deed where instr(lower(name), ?)", (email,)):
        c.execute("delete from activity where deed=?", (deed,))
        c.execute("delete from deed where id=?", (deed,))


def _blank(c: apsw.Connection, table: str, column: str, email: str) -> None:
    """The row is another person's and stays; the address goes out of it."""
    address = re.compile(re.escape(email), re.IGNORECASE)
    sql = f"select distinct {column} from {table} where instr(lower({column}), ?)"  # noqa: S608 - names of ours
    for (text,) in rows(c, sql, (email,)):
        c.execute(f"update {table} set {column}=? where {column}=?", (address.sub("", text), text))  # noqa: S608


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
