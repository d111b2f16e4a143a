"""A document as plain text, with marks for its values: what a reader without HTML gets. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from headrace.engine.lmx.document import Document, Node, Piece, Variable
from headrace.engine.lmx.mjml_blocks import icon_label
from headrace.engine.lmx.template import Slot, Slots

UNDER = {"H1": "=", "H2": "-"}


def written(document: Document, slots: Slots) -> str:
    return "\n\n".join(part for part in (_block(block, slots) for block in document.blocks) if part)


def _block(node: Node, slots: Slots) -> str:
    if node.tag in ("OrderedList", "UnorderedList"):
        return _list(node, slots)
    if node.tag == "Image":
        return _image(node, slots)
    if node.tag == "Divider":
        return "-" * 40
    if node.tag == "CodeBlock":
        code = "".join(child for child in node.children if isinstance(child, str)).strip("\n")
        return slots.mark(Slot("plain", ("\n".join(f"    {line}" for line in code.split("\n")),)))
    if node.tag == "Icons":
        return "\n".join(_icon(icon, slots) for icon in node.children if isinstance(icon, Node))
    if node.tag in ("Section", "Columns", "ColumnItem", "Component"):
        inside = [_block(child, slots) for child in node.children if isinstance(child, Node)]
        inside.append(_address(node, slots))
        return "\n\n".join(part for part in inside if part)
    text = _inline(node.children, slots)
    if node.tag == "Button":
        return f"{text}: {_address(node, slots)}" if node.pieces("href") else text
    if node.tag == "Quote":
        return "\n".join(f"> {line}" for line in text.split("\n"))
    under = UNDER.get(node.tag)
    return f"{text}\n{under * min(max(len(node.text()), 3), 60)}" if under and text else text


def _inline(children: Iterable[Node | Piece], slots: Slots) -> str:
    out: list[str] = []
    for child in children:
        if isinstance(child, str | Variable):
            out.append(slots.mark(Slot("plain", (child,))))
        elif child.tag == "Br":
            out.append("\n")
        elif child.tag == "Link":
            text, href = _inline(child.children, slots), child.pieces("href")
            out.append(text if not href or _same(child) else f"{text} ({_address(child, slots)})")
        else:
            out.append(_inline(child.children, slots))
    return "".join(out)


def _same(link: Node) -> bool:
    """Whether its words are its address."""
    return link.text() == "".join(map(str, link.pieces("href"))).removeprefix("mailto:")


def _list(node: Node, slots: Slots) -> str:
    first = int(node.number("start") or 1)
    lines = []
    for place, item in enumerate(child for child in node.children if isinstance(child, Node)):
        sign = f"{first + place}." if node.tag == "OrderedList" else "-"
        text = _inline(item.children, slots).replace("\n", "\n" + " " * (len(sign) + 1))
        lines.append(f"{sign} {text}")
    return "\n".join(lines)


def _image(node: Node, slots: Slots) -> str:
    alt = slots.mark(Slot("plain", node.pieces("alt"))) if node.pieces("alt") else ""
    href = _address(node, slots)
    return f"{alt} ({href})" if alt and href else alt or href


def _icon(node: Node, slots: Slots) -> str:
    name, href = icon_label(node.word("name")), _address(node, slots)
    return f"{name}: {href}" if href else name


def _address(node: Node, slots: Slots) -> str:
    href = node.pieces("href")
    return slots.mark(Slot("plain link", href)) if href else ""
