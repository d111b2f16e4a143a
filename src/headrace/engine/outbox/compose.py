"""From a row of the outbox to a mail that is ready to leave: guards, the writer's words, links, headers."""

from __future__ import annotations

from collections.abc import Mapping

import apsw
import msgspec
import structlog

from headrace.engine import tokens
from headrace.engine.mail_port import Composed, Composer, Mail, NotSendable
from headrace.engine.outbox import guards, mime, reports, selftest, sends, tracking
from headrace.engine.outbox.config import Sending
from headrace.engine.outbox.mime import Built, DkimKey, Head, Unbuildable

log = structlog.get_logger(__name__)


class NoComposer:
    """While nobody writes mail."""

    def compose(self, c: apsw.Connection, mail: Mail, system: Mapping[str, str]) -> Composed | NotSendable:
        return NotSendable("There is no such email.")


class Frame(msgspec.Struct, frozen=True):
    """What all mails of one moment have in common."""

    sending: Sending
    url: str  # of the public pages
    key: bytes  # signs links
    dkim: DkimKey | None


class Ready(msgspec.Struct, frozen=True):
    send: sends.Send
    email: str
    built: Built
    to_inbox: bool
    mark: str = ""


class Not(msgspec.Struct, frozen=True):
    """It does not leave. `final`: skipped; else refused, so that a person can have it tried again."""

    send: sends.Send
    why: str
    skipped: bool = True


def ready(c: apsw.Connection, send: sends.Send, composer: Composer, frame: Frame, now: int) -> Ready | Not:
    known, email = sends.recipient(c, send.mail)
    if (why := guards.why_not(known)) is not None:
        return Not(send, why)
    try:
        if selftest.is_one(send.mail):
            composed: Composed | NotSendable = selftest.composed(unsubscribe_link(send, frame))
        else:
            composed = composer.compose(c, send.mail, system(send, frame))
    except apsw.Error:
        raise
    except Exception as error:
        log.error("an email could not be composed", send=send.id, message=send.mail.message_id, exc_info=True)
        return Not(send, f"It could not be composed: {error or type(error).__name__}", skipped=False)
    if isinstance(composed, NotSendable):
        names = f" ({', '.join(composed.names)})" if composed.names else ""
        return Not(send, composed.reason + names)
    unsubscribe = unsubscribe_link(send, frame) if send.mail.kind != "transactional" else None
    returns = frame.sending.return_domain
    back = reports.return_path(frame.key, send.id, returns) if returns and frame.sending.mode == "smtp" else None
    head = Head(send.mail_id, now, frame.sending.from_domain, email, unsubscribe, back)
    try:
        built = mime.build(_tracked(composed, send, frame), head, send.mail.attachments, frame.dkim)
    except Unbuildable as error:
        return Not(send, str(error))
    except Exception as error:  # at the head of the queue it would hold up everybody's mail
        log.error("a mail could not be built", send=send.id, message=send.mail.message_id, exc_info=True)
        return Not(send, f"It could not be built: {error or type(error).__name__}", skipped=False)
    test = guards.is_test_address(email)
    return Ready(send, email, built, test or frame.sending.mode == "inbox", guards.TEST_ADDRESS if test else "")


def system(send: sends.Send, frame: Frame) -> dict[str, str]:
    """Values of `{system.x}`. Transactional mail has no unsubscribe link."""
    values = {"company": frame.sending.company, "postal_address": frame.sending.address}
    if send.mail.kind != "transactional":
        values["unsubscribe_link"] = unsubscribe_link(send, frame)
    return values


def unsubscribe_link(send: sends.Send, frame: Frame) -> str:
    contact = send.mail.contact if send.mail.kind == "workflow" else None
    reader = tokens.Reader(contact or "", send.id, send.mail.mailing_list)
    return f"{frame.url}/unsubscribe/{tokens.reader_token(frame.key, reader)}"


def _tracked(composed: Composed, send: sends.Send, frame: Frame) -> Composed:
    if send.mail.kind != "workflow" or composed.html is None:
        return composed
    html = composed.html
    if frame.sending.track_clicks:
        html = tracking.with_clicks(html, frame.url, frame.key, send.id, composed.untracked)
    if frame.sending.track_opens:
        html = tracking.with_pixel(html, frame.url, frame.key, send.id)
    return msgspec.structs.replace(composed, html=html)
