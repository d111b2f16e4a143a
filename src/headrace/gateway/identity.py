"""Identifiers as the gateway reads them: sanitised texts for checks and keys; the event keeps its own."""

from __future__ import annotations

import hashlib
import json
import unicodedata
import uuid
from typing import Any

import msgspec

HIDDEN = frozenset("\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u2800\u3000\u3164\ufeff\uffa0\u00a0")
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
        decoded: Any = msgspec.json.decode(value)
        return sanitised(decoded)
    if value.strip() == b"null":
        return ""
    if value[:1] in b"{[":
        return sanitised(json.dumps(json.loads(value), separators=(",", ":"), ensure_ascii=False))
    return sanitised(value.decode())


def rudder_id(user_id: str, anonymous_id: str) -> str:
    """The UUID that RudderStack derives from both identifiers."""
    digest = hashlib.md5(f"{user_id}:{anonymous_id}".encode("utf-8", "replace"), usedforsecurity=False).digest()
    return str(uuid.UUID(bytes=digest, version=4))
