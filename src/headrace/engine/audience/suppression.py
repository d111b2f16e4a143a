"""Addresses that nothing is sent to: suppressed by a hard bounce or a complaint, until somebody takes them off."""

from __future__ import annotations

from typing import Any

import apsw

from headrace.clock import rfc3339
from headrace.engine.audience import contacts
from headrace.engine.audience.contacts import Who
from headrace.engine.desk import Desk
from headrace.engine.refusal import LoopsError
from headrace.engine.store import rows

LIMIT = 100
WINDOW = 30 * 86_400_000  # ms


def suppress(desk: Desk, email: str, reason: str) -> None:
    """From now on. The first reason stays."""
    desk.c.execute("insert or ignore into suppression values(?,?,?)", (email.strip().lower(), reason, desk.now))


def why(c: apsw.Connection, email: str) -> str | None:
    """The reason an address is suppressed for; None when it is not."""
    found = rows(c, "select reason from suppression where email_key=?", (email.strip().lower(),))
    return found[0][0] if found else None


def quota(c: apsw.Connection, now: int) -> dict[str, int]:
    ((used,),) = rows(c, "select count(*) from removal where at>?", (now - WINDOW,))
    return {"limit": LIMIT, "remaining": max(0, LIMIT - used)}


def status(c: apsw.Connection, who: Who, now: int) -> dict[str, Any]:
    """As `GET /v1/contacts/suppression` answers. Raises LoopsError."""
    contact = _contact(c, who)
    shown = {key: contact[key] for key in ("id", "email", "userId")}
    return {"contact": shown, "isSuppressed": why(c, contact["email"]) is not None, "removalQuota": quota(c, now)}


def remove(desk: Desk, who: Who) -> dict[str, Any]:
    """As `DELETE /v1/contacts/suppression` answers. Raises LoopsError."""
    key = _contact(desk.c, who)["email"].lower()
    if why(desk.c, key) is None:
        raise LoopsError(400, "This contact is not suppressed.")
    if not quota(desk.c, desk.now)["remaining"]:
        raise LoopsError(400, f"The quota of {LIMIT} removals in 30 days is used up.")
    desk.c.execute("delete from suppression where email_key=?", (key,))
    desk.c.execute("delete from removal where at<=?", (desk.now - WINDOW,))
    desk.c.execute("insert into removal(email_key, at) values(?,?)", (key, desk.now))
    message = "Email removed from suppression list."
    return {"success": True, "message": message, "removalQuota": quota(desk.c, desk.now)}


def listed(c: apsw.Connection, limit: int) -> list[dict[str, Any]]:
    """The last suppressed first."""
    found = rows(c, "select email_key, reason, at from suppression order by at desc limit ?", (limit,))
    return [{"email": email, "reason": reason, "at": rfc3339(at)} for email, reason, at in found]


def _contact(c: apsw.Connection, who: Who) -> dict[str, Any]:
    if not who.email and not who.user_id:
        raise LoopsError(400, "An email or userId is required.")
    if who.email and who.user_id:
        raise LoopsError(400, "Include only one of email and userId.")
    found = contacts.by_identity(c, who)
    if not found:
        raise LoopsError(404, "This contact was not found.")
    return found[0]
