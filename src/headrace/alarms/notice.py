"""An alarm's start or end as a webhook's body and as an email, and when to try again to hand it over. Pure."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

import msgspec

from headrace.alarms.rules import Change
from headrace.clock import rfc3339

FIRST_PAUSE = 10.0  # s between tries, doubling
LONGEST_PAUSE = 3_600.0
GIVE_UP_AFTER = 86_400_000  # ms; by then the alarm has been seen, or nobody looks
MOST_KEPT = 1_000


class Notice(msgspec.Struct, frozen=True):
    """One change on its way to one channel."""

    id: str
    channel: Literal["webhook", "email"]
    at: int  # ms when the alarm started or ended
    what: str  # "started" or "ended"
    kind: str
    subject: str
    sentence: str
    since: int
    tries: int = 0
    next_at: int = 0


class Mailbox(msgspec.Struct, frozen=True):
    """Where mail is handed over, read from `smtp://user:password@host:port` (STARTTLS where offered) or `smtps://`."""

    host: str
    port: int
    tls: bool
    user: str | None
    password: str | None


def notices(changes: list[Change], channels: tuple[str, ...], now: int, new_id: Any) -> list[Notice]:
    return [
        Notice(new_id(), channel, now, c.what, c.alarm.kind, c.alarm.subject, c.alarm.sentence, c.alarm.since or now)  # type: ignore[arg-type]
        for c in changes
        for channel in channels
    ]


def body(notice: Notice, instance: str) -> bytes:
    """Of the webhook: https://www.standardwebhooks.com, type `alarm.started` or `alarm.ended`."""
    value = {
        "type": f"alarm.{notice.what}",
        "timestamp": rfc3339(notice.at),
        "data": {
            "kind": notice.kind,
            "subject": notice.subject or None,
            "sentence": notice.sentence,
            "since": rfc3339(notice.since),
            "instance": instance,
        },
    }
    return msgspec.json.encode(value)


def mail(notice: Notice, instance: str, sender: str, recipients: list[str]) -> EmailMessage:
    message = EmailMessage()
    about = f" ({notice.subject})" if notice.subject else ""
    word = "over" if notice.what == "ended" else "alarm"
    message["Subject"] = _one_line(f"[Headrace] {word}: {notice.kind.replace('_', ' ')}{about}")
    message["From"] = sender
    message["To"] = ", ".join(recipients)
    message["Message-ID"] = f"<{notice.id}@headrace>"
    since = rfc3339(notice.since)
    end = f"It began at {since} and ended at {rfc3339(notice.at)}." if notice.what == "ended" else f"Since {since}."
    message.set_content(f"{notice.sentence}\n\n{end}\nInstance: {instance}\n")
    return message


def _one_line(text: str) -> str:
    return " ".join(text.split())


def failed(notice: Notice, now: int) -> Notice | None:
    """After a try in vain; None when it is given up."""
    if now - notice.at >= GIVE_UP_AFTER:
        return None
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(notice.tries, 20))
    return msgspec.structs.replace(notice, tries=notice.tries + 1, next_at=now + int(pause * 1000))


def mailbox(url: str) -> Mailbox:
    """`url` has passed the settings' own look at it."""
    parts = urlsplit(url)
    assert parts.hostname
    tls = parts.scheme == "smtps"
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    return Mailbox(parts.hostname, parts.port or (465 if tls else 587), tls, user, password)
