"""Takes a person out of engine.db: the contact, its lists, and every row of the Event Log that names it."""

from __future__ import annotations

from collections.abc import Iterable

import apsw

from headrace.engine.engine import Engine


def erase(engine: Engine, user_ids: Iterable[str], emails: Iterable[str]) -> None:
    """Afterwards the file is written anew, so that nothing of them is left in it."""
    found = [("user_id", u) for u in user_ids] + [("email", e.lower()) for e in emails]

    def run(c: apsw.Connection) -> None:
        for column, value in found:
            key = "email_key" if column == "email" else column
            c.execute(f"delete from member where contact in (select id from contact where {key}=?)", (value,))  # noqa: S608
            c.execute(f"delete from contact where {key}=?", (value,))  # noqa: S608
            c.execute(f"delete from log where lower({column})=lower(?)", (value,))  # noqa: S608
            if column == "email":
                c.execute("delete from log where instr(lower(received), ?) or instr(lower(processed), ?)", (value, value))

    engine.store.write(run).result()
    engine.store.tidy()
