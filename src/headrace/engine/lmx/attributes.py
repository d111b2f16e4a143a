"""Attributes read by their kind: numbers clamped, colours and choices checked, addresses looked at. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from headrace.engine.lmx import links
from headrace.engine.lmx.document import Attribute, Pieces, Variable
from headrace.engine.lmx.tags import Kind
from headrace.engine.lmx.variables import split

COLOR = re.compile(r"#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})")
LONGEST = 2000  # characters of one attribute
FLAGS = {"true": True, "false": False}
FONT = re.compile(r"[A-Za-z0-9 ,_-]{1,100}")
Say = Callable[[str, str, str], None]  # rule, severity, message


def read(name: str, text: str, kind: Kind, say: Say) -> Attribute | None:
    """The value, or None when it has no effect; whatever is to be said about it goes to `say`."""
    if len(text) > LONGEST:
        say("attributeTooLong", "error", f"`{name}` has more than {LONGEST} characters.")
        return None
    if kind.name in ("link", "source", "text"):
        return _dynamic(name, text, kind, say)
    text = text.strip()
    if kind.name == "number":
        return _number(name, text, kind, say)
    if kind.name == "color":
        return _one(COLOR.fullmatch(text) is not None, text.lower(), f"`{name}` is a colour like #1f2937.", say)
    if kind.name == "choice":
        said = f"`{name}` is one of {', '.join(kind.choices)}."
        return _one(text.lower() in kind.choices, text.lower(), said, say)
    if kind.name == "flag":
        return _one(text.lower() in FLAGS, FLAGS.get(text.lower(), False), f"`{name}` is true or false.", say)
    return _one(FONT.fullmatch(text) is not None, text, f"`{name}` has letters, digits, commas and dashes only.", say)


def _one(good: bool, value: Attribute, said: str, say: Say) -> Attribute | None:
    if good:
        return value
    say("invalidAttribute", "warning", f"{said} It has no effect as it is.")
    return None


def _number(name: str, text: str, kind: Kind, say: Say) -> float | None:
    try:
        given = float(text.removesuffix("px").removesuffix("%"))
    except ValueError:
        given = math.nan
    if not math.isfinite(given):
        say("invalidAttribute", "warning", f"`{name}` is a number. It has no effect as it is.")
        return None
    clamped = min(max(given, kind.least), kind.most)
    if clamped != given:
        say("clampedAttribute", "warning", f"`{name}` goes from {kind.least:g} to {kind.most:g}; {clamped:g} is used.")
    return clamped


def _dynamic(name: str, text: str, kind: Kind, say: Say) -> Pieces | None:
    pieces = split(text) if kind.dynamic else ((text,) if text else ())
    if not kind.dynamic and any(isinstance(piece, Variable) for piece in split(text)):
        say("unsupportedVariable", "error", f"`{name}` takes no variables; use `dynamicSrc`.")
        return None
    first = pieces[0] if pieces and isinstance(pieces[0], str) else ""
    if kind.name != "text" and links.is_forbidden(first):
        said = "http, https, mailto, tel or sms" if kind.name == "link" else "http or https"
        say("unsafeLink", "error", f"`{name}` must be an address of {said}; {links.scheme(first)}: is refused.")
        return None
    if kind.name == "source" and first and links.scheme(first) not in ("http", "https"):
        say("unsafeLink", "error", f"`{name}` must be an address that begins with https:// or http://.")
        return None
    return pieces
