"""What stands inside a block, as HTML with marks for its words. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from headrace.engine.lmx.document import Node, Piece, Pieces
from headrace.engine.lmx.styles import MONO
from headrace.engine.lmx.template import Slot, Slots

SIMPLE = {"Strong": "strong", "Em": "em", "Underline": "u", "Strike": "s", "Text": "span"}
CODE = f"font-family:{MONO};font-size:0.9em;background-color:rgba(127,127,127,0.16);border-radius:4px;padding:2px 4px"


def written(children: Iterable[Node | Piece], slots: Slots, link_color: str) -> str:
    out: list[str] = []
    words: list[Piece] = []
    for child in children:
        if not isinstance(child, Node):
            words.append(child)
            continue
        _flush(words, slots, out)
        out.append(_tag(child, slots, link_color))
    _flush(words, slots, out)
    return "".join(out)


def _flush(words: list[Piece], slots: Slots, out: list[str]) -> None:
    if words:
        out.append(slots.mark(Slot("text", tuple(words))))
        words.clear()


def _tag(node: Node, slots: Slots, link_color: str) -> str:
    if node.tag == "Br":
        return "<br/>"
    inside = written(node.children, slots, link_color)
    color = node.word("textColor")
    style = f"color:{color}" if color else ""
    if node.tag == "Link":
        return anchor(node.pieces("href"), inside, slots, f"color:{color or link_color}")
    if node.tag == "Code":
        return f'<code style="{CODE};{style}">{inside}</code>'
    tag = SIMPLE[node.tag]
    return f'<{tag} style="{style}">{inside}</{tag}>' if style else f"<{tag}>{inside}</{tag}>"


def anchor(href: Pieces, inside: str, slots: Slots, style: str) -> str:
    return f'<a href="{slots.mark(Slot("link", href))}" target="_blank" style="{style}">{inside}</a>'
