"""Addresses that no mail goes to, because one came back."""

from __future__ import annotations

import apsw

from headrace.engine.desk import Desk
from headrace.engine.store import rows


def suppress(desk: Desk, email: str, reason: str) -> None:
    desk.c.execute("insert or ignore into suppression values(?,?,?)", (email.strip().lower(), reason, desk.now))


def reason(c: apsw.Connection, email: str) -> str | None:
    found = rows(c, "select reason from suppression where email_key=?", (email.strip().lower(),))
    return found[0][0] if found else None


def lift(desk: Desk, email: str) -> bool:
    """Whether there was one."""
    there = reason(desk.c, email) is not None
    desk.c.execute("delete from suppression where email_key=?", (email.strip().lower(),))
    return there
