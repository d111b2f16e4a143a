"""The mail that Settings → Sending sends to see whether mail arrives. Pure."""

from __future__ import annotations

from html import escape

from headrace.engine.mail_port import Composed, Mail

SOURCE = "selftest"
SUBJECT = "A test from Headrace"
TEXT = "This mail was sent from the page Sending of Headrace. If you read it in your mailbox, mail leaves."


def is_one(mail: Mail) -> bool:
    return mail.kind == "test" and mail.source_id == SOURCE


def mail(key: str, to: str) -> Mail:
    return Mail(key=key, kind="test", source_id=SOURCE, message_id=SOURCE, contact=None, email=to)


def composed(unsubscribe: str) -> Composed:
    html = (
        '<!doctype html><html><body style="font-family:sans-serif"><p>'
        f'{escape(TEXT)}</p><p><a href="{escape(unsubscribe)}">Unsubscribe</a></p></body></html>'
    )
    return Composed("Headrace", "hello", None, (), (), SUBJECT, html, f"{TEXT}\n\nUnsubscribe: {unsubscribe}\n")
