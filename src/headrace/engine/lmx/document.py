"""What a text in LMX is once it was read: blocks with their attributes, variables, and what was found fault with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

Space = Literal["contact", "event", "data", "system"]


class Variable(msgspec.Struct, frozen=True):
    """`{contact.firstName}`, in whichever dialect it was written."""

    space: Space
    name: str

    def __str__(self) -> str:
        return f"{{{self.space}.{self.name}}}"


Piece = str | Variable
Pieces = tuple[Piece, ...]  # a text with its variables
Attribute = str | float | bool | Pieces


class Problem(msgspec.Struct, frozen=True):
    """Errors keep an email from being saved; warnings do not. Lines and columns begin with 1."""

    line: int
    column: int
    message: str
    rule: str
    severity: Literal["error", "warning"] = "error"
    path: str = ""  # e.g. Columns > ColumnItem > Button

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message}"


class Node(msgspec.Struct, frozen=True):
    """One tag. Its children are pieces of text, variables, and other tags."""

    tag: str
    attributes: Mapping[str, Attribute]
    children: tuple[Node | Piece, ...]
    line: int = 1
    column: int = 1

    def pieces(self, name: str) -> Pieces:
        """A dynamic attribute; () when it is not given."""
        value = self.attributes.get(name, ())
        return value if isinstance(value, tuple) else (str(value),)

    def number(self, name: str) -> float | None:
        value = self.attributes.get(name)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    def word(self, name: str, default: str = "") -> str:
        value = self.attributes.get(name)
        return value if isinstance(value, str) else default

    def flag(self, name: str) -> bool | None:
        value = self.attributes.get(name)
        return value if isinstance(value, bool) else None

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            if isinstance(child, Node):
                yield from child.walk()

    def text(self) -> str:
        """What a person would call it by: its words, variables as they are written."""
        return " ".join(self._words().split())

    def _words(self) -> str:
        if self.tag == "Br":
            return " "
        return "".join(child._words() if isinstance(child, Node) else str(child) for child in self.children)


class Document(msgspec.Struct, frozen=True):
    blocks: tuple[Node, ...]
    style: Mapping[str, Attribute] = {}
    warnings: tuple[Problem, ...] = ()

    def nodes(self) -> Iterator[Node]:
        for block in self.blocks:
            yield from block.walk()

    def variables(self) -> list[Variable]:
        """Each once, in the order of their appearance."""
        found: dict[Variable, None] = {}
        for node in self.nodes():
            held = [*node.children, *(p for value in node.attributes.values() if isinstance(value, tuple) for p in value)]
            found |= {piece: None for piece in held if isinstance(piece, Variable)}
        return list(found)
