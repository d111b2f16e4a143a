"""A mail as bytes: headers, alternatives, attachments, DKIM. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import msgspec

from headrace.engine.mail_port import Attachment, Composed

# stays below SMTP's 998, and long links in List-Unsubscribe are not folded into encoded words
POLICY = SMTP.clone(max_line_length=900)
SIGNED = (
    b"from", b"to", b"cc", b"reply-to", b"subject", b"date", b"message-id", b"mime-version", b"content-type",
    b"list-unsubscribe", b"list-unsubscribe-post",
)  # fmt: skip
LONGEST_SUBJECT = 500
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")


class Unbuildable(Exception):
    """A sentence: which part cannot stand in a mail."""


class Head(msgspec.Struct, frozen=True):
    """What the outbox adds. `unsubscribe` is a link that takes a one-click POST."""

    mail_id: str
    at: int  # ms
    domain: str
    to: str
    unsubscribe: str | None = None
    return_path: str | None = None  # the envelope's sender; None: as in From


class DkimKey(msgspec.Struct, frozen=True):
    domain: str
    selector: str
    private_key: str  # PEM


class Built(msgspec.Struct, frozen=True):
    raw: bytes
    sender: str
    recipients: tuple[str, ...]
    subject: str


def build(composed: Composed, head: Head, attachments: tuple[Attachment, ...], key: DkimKey | None) -> Built:
    """Raises Unbuildable."""
    message = EmailMessage(policy=SMTP)
    sender = _address(f"{composed.from_local}@{head.domain}", "sender", composed.from_name)
    to = _address(head.to, "recipient")
    copies = [_address(given, "Cc") for given in composed.cc]
    hidden = [_address(given, "Bcc") for given in composed.bcc]
    subject = line(composed.subject)[:LONGEST_SUBJECT]
    message["From"] = sender
    message["To"] = to
    if copies:
        message["Cc"] = copies
    if composed.reply_to:
        message["Reply-To"] = _address(composed.reply_to, "Reply-To")
    message["Subject"] = subject
    message["Date"] = format_datetime(datetime.fromtimestamp(head.at // 1000, UTC))
    message["Message-ID"] = head.mail_id
    if head.unsubscribe:
        message["List-Unsubscribe"] = f"<{head.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(_writable(composed.text), cte="quoted-printable")
    if composed.html is not None:
        message.add_alternative(_writable(composed.html), subtype="html", cte="quoted-printable")
    for part in attachments:
        _attach(message, part)
    raw = message.as_bytes(policy=POLICY)
    if key is not None:
        raw = sign(raw, key)
    everyone = dict.fromkeys(a.addr_spec for a in (to, *copies, *hidden))
    return Built(raw, head.return_path or sender.addr_spec, tuple(everyone), subject)


def sign(raw: bytes, key: DkimKey) -> bytes:
    import dkim  # slow to load, and who sends into the Inbox needs none

    signature: bytes = dkim.sign(
        raw, key.selector.encode(), key.domain.encode(), key.private_key.encode(),
        canonicalize=(b"relaxed", b"relaxed"), include_headers=list(SIGNED),
    )  # fmt: skip
    return signature + raw


def line(text: str) -> str:
    """One line: a header cannot be ended from within."""
    return _CONTROL.sub(" ", _writable(text)).strip()


def headers(raw: bytes) -> Mapping[str, str]:
    """As they stand, for a test or a page."""
    top = raw.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
    found: dict[str, str] = {}
    for row in re.sub(r"\r\n[ \t]+", " ", top).split("\r\n"):
        name, _, value = row.partition(":")
        found[name.strip()] = value.strip()
    return found


def _address(given: str, what: str, name: str = "") -> Address:
    text = given.strip()
    local, _, domain = text.rpartition("@")
    try:
        domain = domain.encode("idna").decode()
        if not local.isascii() or any(c.isspace() or ord(c) < 33 for c in text):
            raise ValueError
        return Address(display_name=line(name), addr_spec=f"{local}@{domain}")
    except (ValueError, IndexError, HeaderParseError, UnicodeError):
        raise Unbuildable(f"{line(given)!r} is no address that mail can be sent with ({what}).") from None


def _attach(message: EmailMessage, part: Attachment) -> None:
    main, _, sub = part.content_type.partition(";")[0].strip().lower().partition("/")
    token = re.compile(r"[a-z0-9!#$&^_.+-]+")
    if not token.fullmatch(main) or not token.fullmatch(sub) or main in ("multipart", "message"):
        main, sub = "application", "octet-stream"
    message.add_attachment(part.data, maintype=main, subtype=sub, filename=line(part.filename) or "attachment")


def _writable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
