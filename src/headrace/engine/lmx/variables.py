"""Variables in a text: found in both dialects, looked up with their fallbacks, written out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from headrace.engine.lmx.document import Piece, Pieces, Space, Variable

SPACES: Mapping[str, Space] = {"contact": "contact", "event": "event", "data": "data", "system": "system"}
OLDER: Mapping[str, Space] = {"EVENT_PROPERTY": "event", "DATA_VARIABLE": "data", "CONTACT_PROPERTY": "contact"}
SYSTEM = frozenset(("unsubscribe_link", "preferences_link"))
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_BRACED = re.compile(r"\{([^{}\n]{1,120})\}")
_NAMED = re.compile(rf"({'|'.join(SPACES)})\.([^\s|:?\"'<>]{{1,100}})")
_OLDER = re.compile(rf"({'|'.join(OLDER)}):([^\s|:?\"'<>]{{1,100}})")
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_NEARLY = re.compile(rf"({'|'.join([*SPACES, *OLDER])})\s*[.:|?]")


class Values(msgspec.Struct, frozen=True):
    """What variables stand for."""

    contact: Mapping[str, Any] = {}
    event: Mapping[str, Any] = {}
    data: Mapping[str, Any] = {}
    system: Mapping[str, Any] = {}


class Fallbacks(msgspec.Struct, frozen=True):
    """What is said instead where there is no value."""

    contact: Mapping[str, str] = {}
    event: Mapping[str, str] = {}
    data: Mapping[str, str] = {}

    def of(self, variable: Variable) -> str | None:
        if variable.space == "system":
            return None
        found: Mapping[str, str] = getattr(self, variable.space)
        return found.get(variable.name)


def split(text: str) -> Pieces:
    """A text as its words and variables. Braces that are no variable stay as they are."""
    found: list[Piece] = []
    end = 0
    for match in _BRACED.finditer(text):
        variable = _variable(match[1].strip())
        if variable is None:
            continue
        if match.start() > end:
            found.append(text[end : match.start()])
        found.append(variable)
        end = match.end()
    if end < len(text):
        found.append(text[end:])
    return tuple(found)


def _variable(inside: str) -> Variable | None:
    if match := _NAMED.fullmatch(inside):
        return Variable(SPACES[match[1]], match[2])
    if match := _OLDER.fullmatch(inside):
        return Variable(OLDER[match[1]], match[2])
    if inside in SYSTEM:
        return Variable("system", inside)
    if _BARE.fullmatch(inside):
        return Variable("contact", inside)
    return None


def nearly(text: str) -> list[str]:
    """What looks like a variable and is none, e.g. with a fallback written inside."""
    return [m[0] for m in _BRACED.finditer(text) if _variable(m[1].strip()) is None and _NEARLY.match(m[1].strip())]


def in_pieces(pieces: Iterable[Piece]) -> list[Variable]:
    return [piece for piece in pieces if isinstance(piece, Variable)]


def value_of(variable: Variable, values: Values, fallbacks: Fallbacks) -> str | None:
    """None: there is neither value nor fallback. An empty contact or event property counts as none."""
    held: Mapping[str, Any] = getattr(values, variable.space)
    value = held.get(variable.name)
    if value is None or (value == "" and variable.space in ("contact", "event")):
        return fallbacks.of(variable)
    return written(value)


def missing(variables: Iterable[Variable], values: Values, fallbacks: Fallbacks) -> list[Variable]:
    return [v for v in dict.fromkeys(variables) if value_of(v, values, fallbacks) is None]


def written(value: Any) -> str:
    """A value as a reader sees it."""
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        text = str(int(value))
    else:
        text = str(value)
    return clean(text)


def clean(text: str) -> str:
    """Without control characters (line ends and tabs stay) and lone surrogates."""
    return _CONTROL.sub("", text).encode("utf-8", "replace").decode()


def one_line(pieces: Iterable[Piece], values: Values, fallbacks: Fallbacks) -> str:
    """For a header: no line end, no value that is missing."""
    parts = [value_of(p, values, fallbacks) or "" if isinstance(p, Variable) else clean(p) for p in pieces]
    return " ".join("".join(parts).split())
