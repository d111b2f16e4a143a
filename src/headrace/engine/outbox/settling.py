"""What a verdict writes down and tells, in one transaction."""

from __future__ import annotations

from headrace.engine.audience.subscription import set_subscribed
from headrace.engine.audience.suppression import suppress
from headrace.engine.desk import Desk, Kind
from headrace.engine.inbox import store as inbox
from headrace.engine.outbox import guards, returned, sends
from headrace.engine.outbox.answers import (
    Ambiguous,
    Bounced,
    Down,
    Later,
    Refused,
    Sent,
    SmtpAnswer,
    Verdict,
    judge,
)  # fmt: skip
from headrace.engine.outbox.compose import Not, Ready
from headrace.engine.outbox.config import Trouble
from headrace.engine.store import rows

PRETENDED: dict[Trouble, SmtpAnswer] = {
    "none": SmtpAnswer("content", 250, ""),
    "refuse": SmtpAnswer("content", 554, "5.7.1 Message refused (the Inbox's switch)"),
    "delay": SmtpAnswer("recipient", 451, "4.7.1 Try again later (the Inbox's switch)"),
    "bounce": SmtpAnswer("recipient", 550, "5.1.1 No such mailbox (the Inbox's switch)"),
}
MARKS: dict[Trouble, str] = {
    "none": "", "delay": "", "refuse": "Refused by the Inbox's switch.", "bounce": "Bounced by the Inbox's switch.",
}  # fmt: skip


def may_leave(desk: Desk, ready: Ready) -> bool:
    """Checked again, and the intent written, in the moment before the mail leaves."""
    known, email = sends.recipient(desk.c, ready.send.mail)
    if email != ready.email:
        return False  # composed for another address: the next round composes it anew
    if (why := guards.why_not(known)) is not None:
        not_sent(desk, Not(ready.send, why))
        return False
    return sends.left(desk, ready.send.id, ready.email, ready.built.subject)


def not_sent(desk: Desk, it: Not) -> None:
    if _queued(desk, it.send.id):
        sends.settle(desk, it.send.id, "skipped" if it.skipped else "refused", it.why, via="")


def to_inbox(desk: Desk, ready: Ready, trouble: Trouble, room: inbox.Room, roll: float) -> None:
    """It leaves and arrives at once, in one transaction: nothing about it can be ambiguous."""
    if not may_leave(desk, ready):
        return
    verdict = judge(PRETENDED[trouble], ready.send.tries + 1, age(ready.send, desk.now), roll)
    if not isinstance(verdict, Later):
        built = ready.built
        kept = inbox.Kept(
            built.raw, built.sender, built.recipients, built.subject, ready.send.id, MARKS[trouble] or ready.mark
        )
        inbox.keep(desk, kept, room)
    settle(desk, ready, verdict, "inbox")


def settle(desk: Desk, ready: Ready, verdict: Verdict, via: str = "smtp", left: bool = True) -> None:
    """`left`: the intent was written."""
    send = ready.send
    if not left and not isinstance(verdict, Down):
        sends.tried(desk, send.id)
    match verdict:
        case Sent(why):
            stays = via == "inbox"
            sends.settle(desk, send.id, "delivered" if stays else "sent", ready.mark if stays else why, via, sent=True)
            _tell(desk, send, "email.sent")
            if stays:
                _tell(desk, send, "email.delivered")
        case Later(seconds, why):
            sends.put_back(desk, send.id, desk.now + int(seconds * 1000), why)
            if returned.first(desk, send.id, "soft"):  # told once, however often it is tried
                _tell(desk, send, "email.softBounced")
        case Down(why):
            sends.put_back(desk, send.id, desk.now, why, counts=not left)
        case Bounced(why):
            sends.settle(desk, send.id, "bounced", why, via, sent=True)
            _bounced(desk, ready, why)
        case Refused(why):
            sends.settle(desk, send.id, "refused", why, via)
        case Ambiguous(why):
            sends.settle(desk, send.id, "ambiguous", why, via)


def age(send: sends.Send, now: int) -> int:
    return now - send.first_left if send.first_left is not None else 0


def _bounced(desk: Desk, ready: Ready, why: str) -> None:
    if ready.send.mail.kind == "test":
        return
    suppress(desk, ready.email, f"it bounced ({why}).")
    _tell(desk, ready.send, "email.hardBounced")
    if ready.send.mail.contact:
        set_subscribed(desk, ready.send.mail.contact, False, "bounce")


def _tell(desk: Desk, send: sends.Send, kind: Kind) -> None:
    """Mail to an address that is no contact is told with the contact ""."""
    if send.mail.kind != "test":
        desk.happened(kind, send.mail.contact or "", send=send.id)


def _queued(desk: Desk, identifier: str) -> bool:
    return bool(rows(desk.c, "select 1 from send where id=? and state='queued'", (identifier,)))
