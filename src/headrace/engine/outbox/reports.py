"""Mail that tells of other mail: bounce reports (RFC 3464), spam reports (RFC 5965), and the address they come to. Pure."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from typing import Literal

import msgspec

from headrace.engine import tokens
from headrace.engine.outbox.answers import SHOWN, Bounced, SmtpAnswer, judge

Kind = Literal["hard", "soft", "complaint"]
_ADDRESS = re.compile(r"bounce-([a-z0-9]{10,30})-([a-z2-7]{16})")
_ENHANCED = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
_CODE = re.compile(r"\b([45]\d\d)\b")


class Report(msgspec.Struct, frozen=True):
    """`recipient`: whom it is about, "" when it does not say."""

    kind: Kind
    text: str
    recipient: str = ""


def return_path(key: bytes, send: str, domain: str) -> str:
    """The envelope's sender of one mail. Signed: nobody can make up a bounce of somebody else's."""
    return f"bounce-{send}-{tokens.short(key, 'bounce', send)}@{domain}"


def send_of(key: bytes, address: str) -> str | None:
    """The send that a return path belongs to; some servers change the case of letters."""
    found = _ADDRESS.fullmatch(address.strip().strip("<>").lower().partition("@")[0])
    return found[1] if found and tokens.is_short(key, "bounce", found[1], found[2]) else None


def read(raw: bytes) -> tuple[Report, ...]:
    """What a mail reports; () for one that is no report, such as an automatic answer."""
    try:
        message = message_from_bytes(raw, policy=compat32)
    except RecursionError:  # nested for the purpose
        return ()
    if message.get_content_type() != "multipart/report" or not message.is_multipart():
        return ()
    found: list[Report] = []
    for part in message.get_payload():
        assert isinstance(part, Message)
        blocks = part.get_payload()
        held = [block for block in blocks if isinstance(block, Message)] if isinstance(blocks, list) else []
        if part.get_content_type() == "message/delivery-status":
            found += [report for block in held if (report := _delivery(block)) is not None]
        elif part.get_content_type() == "message/feedback-report":
            found += [report for block in held if (report := _feedback(block)) is not None]
    return tuple(found)


def _delivery(block: Message) -> Report | None:
    """One recipient's fields. What was delivered or passed on is no trouble."""
    action, status = _field(block, "Action").lower(), _field(block, "Status")
    if action not in ("failed", "delayed"):
        return None
    said = _field(block, "Diagnostic-Code").partition(";")[2].strip() or _field(block, "Diagnostic-Code")
    text = said if _ENHANCED.search(said) or status in ("", "5.0.0") else f"{status} {said}".strip()
    recipient = _field(block, "Original-Recipient") or _field(block, "Final-Recipient")
    code = _CODE.search(said)
    answer = SmtpAnswer("recipient", int(code[1]) if code else 550, text)
    hard = action == "failed" and isinstance(judge(answer, 1, 0, 0.0), Bounced)
    words = text or ("It could not be delivered." if action == "failed" else "It is late.")
    return Report("hard" if hard else "soft", " ".join(words.split())[:SHOWN], recipient.partition(";")[2].strip().lower())


def _feedback(block: Message) -> Report | None:
    if _field(block, "Feedback-Type").lower() not in ("abuse", "fraud", "virus"):
        return None
    recipient = _field(block, "Original-Rcpt-To").strip("<>").lower()
    return Report("complaint", _field(block, "Feedback-Type").lower(), recipient)


def _field(block: Message, name: str) -> str:
    return " ".join(str(block.get(name) or "").split())
