"""Addresses in an email: which may stand there, and how values get into them. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

from headrace.engine.lmx.document import Pieces, Variable

SCHEMES = frozenset(("http", "https", "mailto", "tel", "sms"))
_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*)\s*:")
_KEPT = ":/?#[]@!$&'()*+,;=%-._~"  # what stays in a value that is a whole address
_EMAIL = re.compile(r"[^\s@/:]+@[^\s@/:]+\.[^\s@/:]+")
_HTTP = re.compile(r"https?://[^\s/?#]+", re.IGNORECASE)


class UnsafeLink(Exception):
    """The address would not be one that may stand in an email; the text says which."""


def _plain(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]", "", text)


def scheme(text: str) -> str | None:
    found = _SCHEME.match(_plain(text))
    return found[1].lower() if found else None


def is_forbidden(text: str) -> bool:
    """Whether it names a scheme that may not stand in an email, such as javascript:."""
    named = scheme(text)
    return named is not None and named not in SCHEMES and not _host_and_port(text)


def _host_and_port(text: str) -> bool:
    return re.match(r"\s*[A-Za-z0-9.-]+:\d+(?:[/?#]|$)", text) is not None


def is_valid(text: str) -> bool:
    """An absolute address: http(s) with a host, or one of the other schemes with something behind it."""
    named = scheme(text)
    if named in ("http", "https"):
        return _HTTP.match(text.strip()) is not None
    return named in SCHEMES and len(text.strip()) > len(named or "") + 1


def is_bare_email(text: str) -> bool:
    return _EMAIL.fullmatch(text.strip()) is not None


def filled(pieces: Pieces, value: Callable[[Variable], str]) -> str:
    """The address with its values: encoded, unless a value stands at the beginning and is the address itself.

    Raises UnsafeLink when what comes out is no address of the schemes allowed.
    """
    out = ""
    for place, piece in enumerate(pieces):
        if isinstance(piece, str):
            out += quote(_plain(piece).lstrip() if place == 0 else _plain(piece), safe=_KEPT)
        elif not out:
            out = quote(_plain(value(piece)).strip(), safe=_KEPT)
        else:
            out += quote(value(piece), safe="@" if out.lower().startswith("mailto:") else "")
    if out and any(isinstance(piece, Variable) for piece in pieces) and not is_valid(out):
        raise UnsafeLink(out[:100])
    return "" if is_forbidden(out) else out
