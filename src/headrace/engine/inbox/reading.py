"""A raw mail as people read it: parts, headers, links, and what a receiver would find wrong with it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from typing import Any

LONGEST = 2 * 2**20  # characters of a part that are shown
_HREF = re.compile(r"<a\b[^<>]{0,4000}?\shref\s{0,9}=\s{0,9}(?:\"([^\"<>]*)\"|'([^'<>]*)')", re.IGNORECASE)  # linear
_URL = re.compile(r"https?://[^\s<>\"')]+")
_HEADER = re.compile(r"\r?\n(?![ \t])")


def read(raw: bytes, target: Callable[[str], str | None]) -> dict[str, Any]:
    """`target` says where one of our own tracked links leads."""
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    html, text = _body(message, "html"), _body(message, "plain")
    links = [_link(url, target) for url in _links(html, text)]
    return {
        "headers": _headers(raw),
        "html": html,
        "text": text,
        "attachments": [_attachment(part) for part in message.iter_attachments()] if message.is_multipart() else [],
        "links": links,
        "checks": _checks(message, html, text, links),
    }


def attachment(raw: bytes, place: int) -> tuple[str, str, bytes] | None:
    """(name, type, bytes) of one."""
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    parts = list(message.iter_attachments()) if message.is_multipart() else []
    if not 0 <= place < len(parts):
        return None
    part = parts[place]
    data = part.get_payload(decode=True)
    return part.get_filename() or "attachment", part.get_content_type(), data if isinstance(data, bytes) else b""


def subject(raw: bytes) -> str:
    return str(message_from_bytes(raw, policy=policy.default)["Subject"] or "")


def _body(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body((kind,))
    if part is None:
        return None
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return None
    try:
        text = payload.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:  # a charset that nobody knows
        text = payload.decode("utf-8", "replace")
    return text.replace("\r\n", "\n")[:LONGEST]


def _headers(raw: bytes) -> list[list[str]]:
    """In order, as they stand, unfolded."""
    top = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0].decode("utf-8", "replace")
    rows = [row.partition(":") for row in _HEADER.split(top)]
    return [[name.strip(), " ".join(value.split())] for name, _, value in rows]


def _attachment(part: Any) -> dict[str, Any]:
    data = part.get_payload(decode=True)
    size = len(data) if isinstance(data, bytes) else 0
    return {"filename": part.get_filename() or "attachment", "contentType": part.get_content_type(), "size": size}


def _links(html: str | None, text: str | None) -> list[str]:
    if html is not None:
        return list(dict.fromkeys(unescape(double or single).strip() for double, single in _HREF.findall(html)))
    return list(dict.fromkeys(_URL.findall(text or "")))


def _link(url: str, target: Callable[[str], str | None]) -> dict[str, Any]:
    leads = target(url)
    return {"url": url, "target": leads, "problem": _problem(leads or url)}


def _problem(url: str) -> str | None:
    if not url or url == "#":
        return "The link has no address."
    if "{" in url or "}" in url:
        return "A variable was not filled in."
    if url.lower().startswith(("mailto:", "tel:", "https://")):
        return None
    if url.lower().startswith("http://"):
        own = re.match(r"http://(localhost|127\.|\[::1\]|[^/]*\.(test|localhost)[/:])", url + "/")
        return None if own else "The link is not encrypted (http://)."
    return "Mail programs do not open this kind of address."


def _checks(message: EmailMessage, html: str | None, text: str | None, links: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What Gmail and others look at. ok None: does not apply."""
    unsubscribe, post = str(message["List-Unsubscribe"] or ""), str(message["List-Unsubscribe-Post"] or "")
    wrong = [link for link in links if link["problem"]]
    checks: list[tuple[str, bool | None, str]] = [
        ("Text version", bool(text and text.strip()), "Readers without HTML see something."),
        (
            "One-click unsubscribe",
            (unsubscribe.startswith("<http") and post == "List-Unsubscribe=One-Click") if unsubscribe or post else None,
            "List-Unsubscribe and List-Unsubscribe-Post (RFC 8058); transactional mail needs none.",
        ),
        ("Links", not wrong, f"{len(wrong)} of {len(links)} need a look." if wrong else f"{len(links)} checked."),
        ("Signed", bool(message["DKIM-Signature"]) or None, "DKIM-Signature; mail that stays here needs none."),
        ("Sender and date", bool(message["From"] and message["Date"] and message["Message-ID"]), "From, Date, Message-ID."),
        ("Size", len(html or "") < 102_000, "Gmail cuts HTML off at 102 KB."),
        ("Well formed", not message.defects, "; ".join(type(d).__name__ for d in message.defects) or "No defects."),
    ]
    return [{"name": name, "ok": ok, "detail": detail} for name, ok, detail in checks]
