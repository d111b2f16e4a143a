"""Mail that came back after it was taken: by a provider's webhook or a bounce report. Each kind counts once for a mail."""

from __future__ import annotations

from typing import Any

import apsw
import msgspec

from headrace.engine.audience import suppression
from headrace.engine.audience.subscription import set_subscribed
from headrace.engine.desk import Desk, Kind
from headrace.engine.outbox import reports
from headrace.engine.store import rows

LEFT = ("sent", "delivered", "ambiguous", "bounced")  # states of a mail that can come back
TOLD: dict[reports.Kind, Kind] = {
    "hard": "email.hardBounced", "soft": "email.softBounced", "complaint": "email.spamReported",
}  # fmt: skip


class Outcome(msgspec.Struct, frozen=True):
    send: str | None
    email: str
    news: bool  # False: it was known already, or there is nothing to do
    suppressed: bool


class _Sent(msgspec.Struct, frozen=True):
    id: str
    kind: str
    contact: str | None
    email: str
    state: str


def take(desk: Desk, kind: reports.Kind, text: str, send: str | None, email: str | None) -> Outcome | None:
    """None: neither a mail nor an address that it could be about."""
    sent = _by_id(desk.c, send) if send else None
    if email and (sent is None or sent.email.lower() != email.lower()):  # a copy's recipient is not the contact
        sent = _latest_to(desk.c, email)
    address = sent.email if sent else email
    if not address:
        return None
    news = _settle(desk, kind, text, sent) if sent else kind != "soft" and not _is_suppressed(desk.c, address)
    if news and (sent is None or sent.kind != "test"):
        _act(desk, kind, text, sent, address)
    return Outcome(sent.id if sent else None, address, news, _is_suppressed(desk.c, address))


def reported(desk: Desk, report: reports.Report, send: str) -> Outcome | None:
    """By a mail to a return path: anybody may write one, so it is never about anyone but whom that mail went to.

    A copy's or a forwarded mailbox's failure says nothing sure of the contact's own address.
    """
    sent = _by_id(desk.c, send)
    if sent is None:
        return None
    other = bool(report.recipient) and report.recipient != sent.email.lower()
    if other and report.kind == "hard":
        return take(desk, "soft", f"{report.recipient}: {report.text}", send, None)
    return take(desk, report.kind, report.text, send, None)


def first(desk: Desk, send: str, kind: reports.Kind) -> bool:
    """Whether this kind is news for this mail."""
    desk.c.execute("insert or ignore into returned values(?,?,?)", (send, kind, desk.now))
    return desk.c.changes() > 0


def _settle(desk: Desk, kind: reports.Kind, text: str, sent: _Sent) -> bool:
    if sent.state not in LEFT or (kind == "hard" and sent.state == "bounced") or not first(desk, sent.id, kind):
        return False
    if kind == "hard":
        desk.c.execute("update send set state='bounced', why=? where id=?", (text, sent.id))
    elif sent.state != "bounced":
        said = "Reported as spam" if kind == "complaint" else "Reported late"
        desk.c.execute("update send set why=? where id=?", (f"{said}: {text}" if text else f"{said}.", sent.id))
    return True


def _act(desk: Desk, kind: reports.Kind, text: str, sent: _Sent | None, address: str) -> None:
    contact = sent.contact if sent and sent.contact else _contact(desk.c, address)
    if kind != "soft":
        reason = f"it bounced ({text})." if kind == "hard" else "a mail was reported as spam."
        suppression.suppress(desk, address, reason)
    if sent is not None:
        desk.happened(TOLD[kind], contact or "", send=sent.id)
    if kind != "soft" and contact:
        set_subscribed(desk, contact, False, "bounce" if kind == "hard" else "contact")


def _by_id(c: apsw.Connection, send: str) -> _Sent | None:
    return _one(c, "id=?", (send.strip().strip("<>").partition("@")[0],))


def _latest_to(c: apsw.Connection, email: str) -> _Sent | None:
    states = ", ".join(f"'{state}'" for state in LEFT)
    return _one(c, f"email=? collate nocase and state in ({states}) order by n desc limit 1", (email,))


def _one(c: apsw.Connection, where: str, bindings: tuple[Any, ...]) -> _Sent | None:
    found = rows(c, f"select id, kind, contact, email, state from send where {where}", bindings)  # noqa: S608
    return _Sent(*found[0]) if found else None


def _contact(c: apsw.Connection, email: str) -> str | None:
    found = rows(c, "select id from contact where email_key=?", (email.lower(),))
    return found[0][0] if found else None


def _is_suppressed(c: apsw.Connection, email: str) -> bool:
    return suppression.why(c, email) is not None
