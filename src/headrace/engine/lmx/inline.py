"""What stands inside a block, as HTML with marks for its words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, MutableSet

from headrace.engine.lmx.document import Node, Piece, Pieces
from headrace.engine.lmx.styles import MONO
from headrace.engine.lmx.template import Slot, Slots

SIMPLE = {"Strong": "strong", "Em": "em", "Underline": "u", "Strike": "s", "Text": "span"}
CODE = f"font-family:{MONO};font-size:0.9em;background-color:rgba(127,127,127,0.16);border-radius:4px;padding:2px 4px"


SAME = "hr-same"  # a link that looks like the words around it, in the dark, too


def written(children: Iterable[Node | Piece], slots: Slots, link_color: str, inks: MutableSet[str] | None = None) -> str:
    """`inks` collects the colours of words that the style sheet has to change in the dark; None: it changes none here."""
    out: list[str] = []
    words: list[Piece] = []
    for child in children:
        if not isinstance(child, Node):
            words.append(child)
            continue
        _flush(words, slots, out)
        out.append(_tag(child, slots, link_color, inks))
    _flush(words, slots, out)
    return "".join(out)


def _flush(words: list[Piece], slots: Slots, out: list[str]) -> None:
    if words:
        out.append(slots.mark(Slot("text", tuple(words))))
        words.clear()


def _tag(node: Node, slots: Slots, link_color: str, inks: MutableSet[str] | None) -> str:
    if node.tag == "Br":
        return "<br/>"
    inside = written(node.children, slots, link_color, inks)
    color = node.word("textColor")
    style = f"color:{color}" if color else ""
    named = ink(color, inks)
    if node.tag == "Link":
        return anchor(node.pieces("href"), inside, slots, f"color:{color or link_color}", named)
    if node.tag == "Code":
        return f'<code{_class(named)} style="{CODE};{style}">{inside}</code>'
    tag = SIMPLE[node.tag]
    return f'<{tag}{_class(named)} style="{style}">{inside}</{tag}>' if style else f"<{tag}>{inside}</{tag}>"


def ink(color: str, inks: MutableSet[str] | None) -> str:
    """The class by which the style sheet knows this colour."""
    if not color or inks is None:
        return ""
    inks.add(color)
    return f"hr-ink-{color.removeprefix('#').lower()}"


def anchor(href: Pieces, inside: str, slots: Slots, style: str, named: str = "") -> str:
    link = slots.mark(Slot("link", href))
    return f'<a href="{link}" target="_blank"{_class(named)} style="{style}">{inside}</a>'


def _class(named: str) -> str:
    return f' class="{named}"' if named else ""
