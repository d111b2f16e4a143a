"""Identifiers as the gateway reads them: sanitised texts for checks and keys; the event keeps its own."""

from __future__ import annotations

import hashlib
import json
import unicodedata

import msgspec

HIDDEN = frozenset("\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u2800\u3000\u3164\ufeff\uffa0\u00a0")
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
_string = msgspec.json.Decoder(str)
UNPRINTED = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))


def sanitised(text: str) -> str:
    """Without invisible characters, trimmed. Most identifiers are plain ASCII and return at once."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return "".join(c for c in text if _visible(c)).strip()


def _visible(c: str) -> bool:
    category = unicodedata.category(c)
    return c == " " or (c not in HIDDEN and category != "Zs" and category not in UNPRINTED)


def as_text(raw: msgspec.Raw) -> str:
    """A JSON value as an identifier's text: texts as they are, null as nothing, anything else as its JSON."""
    value = bytes(raw)
    if value[:1] == b'"':
        return sanitised(json_string(value))
    if value.strip() == b"null":
        return ""
    if value[:1] in b"{[":
        return sanitised(json.dumps(json.loads(value), separators=(",", ":"), ensure_ascii=False))
    return sanitised(value.decode())


def json_string(raw: bytes) -> str:
    """The text of a JSON string; most have nothing escaped."""
    if b"\\" not in raw:
        return raw[1:-1].decode()
    decoded: str = _string.decode(raw)
    return decoded


def rudder_id(user_id: str, anonymous_id: str) -> str:
    """The UUID (version 4 by its bits) that RudderStack derives from both identifiers."""
    h = hashlib.md5(f"{user_id}:{anonymous_id}".encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
    return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-{_VARIANT[h[16]]}{h[17:20]}-{h[20:]}"
