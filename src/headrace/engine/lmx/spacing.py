"""White space as a reader of XML expects it: runs are one space, none at a block's ends or beside a line break. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from headrace.engine.lmx.document import Node, Piece, Variable

_RUN = re.compile(r"[ \t\r\n]+")


def tidy(children: Iterable[Node | Piece]) -> list[Node | Piece]:
    """The children of a block, their white space collapsed across inline tags."""
    tidied, _ = _collapsed(children, True)
    return _without_end(tidied)


def _collapsed(children: Iterable[Node | Piece], after_space: bool) -> tuple[list[Node | Piece], bool]:
    """`after_space`: what stands before already ends with white space (or there is nothing before)."""
    out: list[Node | Piece] = []
    for child in children:
        if isinstance(child, str):
            text = _RUN.sub(" ", child)
            text = text.removeprefix(" ") if after_space else text
            if text:
                out.append(text)
                after_space = text.endswith(" ")
        elif isinstance(child, Variable):
            out.append(child)
            after_space = False
        elif child.tag == "Br":
            out = [*_without_end(out), child]
            after_space = True
        else:
            held, after_space = _collapsed(child.children, after_space)
            out.append(Node(child.tag, child.attributes, tuple(held), child.line, child.column))
    return out, after_space


def _without_end(children: list[Node | Piece]) -> list[Node | Piece]:
    if children and isinstance(children[-1], str):
        text = children[-1].rstrip(" ")
        return [*children[:-1], *([text] if text else [])]
    return children
