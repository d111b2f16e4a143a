"""An email made ready once: fixed text, and the places that each person's values fill. Pure.

MJML sees only its own tags and marks for places: no word, address or value goes through it, so none can become markup.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Literal

import msgspec

from headrace.engine.lmx import foot, links
from headrace.engine.lmx.document import Pieces, Variable
from headrace.engine.lmx.variables import Fallbacks, Values, clean, value_of

MARK = re.compile("@@([0-9]+)@@")  # no word of an author goes through MJML, so none can look like one
LARGEST = 2 * 2**20  # characters of one filled part


class TooLarge(Exception):
    """What comes out would be larger than a mail may be."""


class Slot(msgspec.Struct, frozen=True):
    """A place: a text, an address or the foot in HTML, or in plain text."""

    kind: Literal["text", "link", "foot", "plain", "plain link", "plain foot"]
    pieces: Pieces
    instead: Pieces = ()  # an address that is used when the first has no value


class Slots:
    """Places given out while a template is written."""

    def __init__(self) -> None:
        self._held: list[Slot] = []

    def mark(self, slot: Slot) -> str:
        self._held.append(slot)
        return f"@@{len(self._held) - 1}@@"

    def parts(self, text: str) -> tuple[str | Slot, ...]:
        """The text cut at its marks; what no value changes is written in already."""
        found: list[str | Slot] = []
        for place, part in enumerate(MARK.split(text)):
            slot = self._held[int(part)] if place % 2 else part
            if isinstance(slot, Slot) and not _changes(slot):
                slot = fill_slot(slot)
            if isinstance(slot, str) and found and isinstance(found[-1], str):
                found[-1] += slot
            elif slot:
                found.append(slot)
        return tuple(found)


def _changes(slot: Slot) -> bool:
    return any(isinstance(piece, Variable) for piece in (*slot.pieces, *slot.instead))


def fill(parts: tuple[str | Slot, ...], values: Values, fallbacks: Fallbacks) -> str:
    """Raises UnsafeLink, TooLarge. A variable with neither value nor fallback is written as nothing."""
    known: dict[Variable, str] = {}

    def value(variable: Variable) -> str:
        if variable not in known:
            known[variable] = _one_space(value_of(variable, values, fallbacks) or "")
        return known[variable]

    out: list[str] = []
    size = 0
    for part in parts:
        text = part if isinstance(part, str) else _filled(part, values, value)
        size += len(text)
        if size > LARGEST:
            raise TooLarge
        out.append(text)
    return "".join(out)


def fill_slot(slot: Slot) -> str:
    """One that no value changes."""
    return _filled(slot, Values(), lambda variable: "")


def _filled(slot: Slot, values: Values, value: Callable[[Variable], str]) -> str:
    if slot.kind == "foot":
        return foot.as_html(values.system)
    if slot.kind == "plain foot":
        return foot.as_text(values.system)
    if slot.kind in ("link", "plain link"):
        address = links.filled(_chosen(slot, value), value)
        return html.escape(address or "#") if slot.kind == "link" else address
    parts: list[str] = []
    size = 0
    for piece in slot.pieces:
        parts.append(value(piece) if isinstance(piece, Variable) else clean(piece))
        size += len(parts[-1])
        if size > LARGEST:
            raise TooLarge
    text = "".join(parts)
    return text if slot.kind == "plain" else html.escape(text)


def _chosen(slot: Slot, value: Callable[[Variable], str]) -> Pieces:
    """The other address where the first has a variable without a value."""
    lacks = any(isinstance(piece, Variable) and not value(piece) for piece in slot.pieces)
    return slot.instead if slot.instead and lacks else slot.pieces


def _one_space(text: str) -> str:
    """A value is one line, as HTML would show it."""
    return " ".join(text.split()) if "\n" in text or "\t" in text else text
