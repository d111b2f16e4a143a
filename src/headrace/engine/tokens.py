"""Signed texts for links in mails: who they are about cannot be guessed or changed, and nothing is stored for them. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json

import msgspec

SIGNED = 16  # bytes of the signature: 128 bits cannot be guessed
LONGEST = 8_000


class Reader(msgspec.Struct, frozen=True):
    """Whom a link was sent to. `contact` "": a test mail to nobody in particular."""

    contact: str
    send: str
    mailing_list: str | None = None


def make(key: bytes, purpose: str, *parts: str) -> str:
    """What `read` with the same key and purpose opens."""
    body = _b64(json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode())
    return f"{body}.{_sign(key, purpose, body)}"


def read(key: bytes, purpose: str, token: str) -> tuple[str, ...] | None:
    """The parts; None for what we did not sign."""
    body, _, signature = token.partition(".")
    if len(token) > LONGEST or not token.isascii() or not hmac.compare_digest(_sign(key, purpose, body), signature):
        return None
    try:
        return tuple(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))
    except (ValueError, binascii.Error):
        return None


def reader_token(key: bytes, reader: Reader) -> str:
    return make(key, "reader", reader.contact, reader.send, reader.mailing_list or "")


def reader_of(key: bytes, token: str) -> Reader | None:
    parts = read(key, "reader", token)
    if parts is None or len(parts) != 3:
        return None
    return Reader(parts[0], parts[1], parts[2] or None)


def short(key: bytes, purpose: str, text: str) -> str:
    """A signature of 16 small letters and digits: 80 bits, for where case is not kept and room is short."""
    return base64.b32encode(hmac.new(key, f"{purpose}.{text}".encode(), hashlib.sha256).digest()[:10]).decode().lower()


def is_short(key: bytes, purpose: str, text: str, signature: str) -> bool:
    return hmac.compare_digest(short(key, purpose, text), signature)


def _sign(key: bytes, purpose: str, body: str) -> str:
    return _b64(hmac.new(key, f"{purpose}.{body}".encode(), hashlib.sha256).digest()[:SIGNED])


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
