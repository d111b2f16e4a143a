"""What the engine has to say about a request it took: sentences, and what a page offers to do about each. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from headrace.engine.values import inferred

Kind = Literal["ignored", "near", "undefined", "converted", "kept", "list", "defined", "refused"]
CLOSE = 0.85  # how alike two names are that may be meant as one


class Define(msgspec.Struct, frozen=True):
    """A definition that would have made use of what came: one click on the page."""

    of: Literal["contact", "event"]
    name: str
    type: str


class Note(msgspec.Struct, frozen=True):
    kind: Kind
    text: str
    name: str = ""
    near: str | None = None
    define: Define | None = None


def sentences(notes: Iterable[Note]) -> list[str]:
    return [note.text for note in notes]


def near(name: str, known: Iterable[str]) -> str | None:
    """A known name that differs in little: case, spaces, underscores, a letter or two."""
    plain = {_plain(k): k for k in known if k != name}
    if _plain(name) in plain:
        return plain[_plain(name)]
    close = difflib.get_close_matches(_plain(name), plain, 1, CLOSE)
    return plain[close[0]] if close else None


def _plain(name: str) -> str:
    return "".join(sign for sign in name.lower() if sign not in " _-.")


def unknown_property(key: str, value: Any, known: Iterable[str]) -> Note:
    """A key of a body that is no contact property."""
    if key.lower() == "contactproperties":
        return Note("ignored", f"Ignored key `{key}`: contact properties belong at the top level.", key)
    meant = near(key, [*known, "mailingLists", "eventProperties", "eventName"])
    define = None if isinstance(value, dict | list | None) else Define("contact", key, inferred(value))
    if meant:
        return Note("near", f"Ignored key `{key}`: did you mean `{meant}`?", key, meant, define)
    return Note("ignored", f"Ignored key `{key}`: no contact property of this name exists.", key, None, define)


def converted(key: str, value: Any, kind: str, of: str = "") -> Note:
    return Note("converted", f"{of}`{key}` was converted to a {kind}: {value!r}.", key)
