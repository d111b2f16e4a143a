"""Blocks of text as MJML: headings, paragraphs, quotes, code, lists. Words and addresses are marks. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from headrace.engine.lmx import inline
from headrace.engine.lmx.document import Attribute, Node, Pieces
from headrace.engine.lmx.styles import MONO, Look, is_light, line_height
from headrace.engine.lmx.template import Slot, Slots

STYLE_OF = {"H1": "heading1", "H2": "heading2", "H3": "heading3"}
GAP = 14  # px below a block that says nothing else
SIDES = ("Top", "Right", "Bottom", "Left")
ROOM = (12, 16, 12, 16)  # px inside a block that has a colour of its own, and says nothing else
CODE_GROUND = {True: "#f4f4f5", False: "#27272a"}  # on a light body, on a dark one
CODE = "margin:0;white-space:pre-wrap;word-break:break-word;font-size:inherit"


class Ground(msgspec.Struct, frozen=True):
    """What blocks stand on: a section's colour and link, if any."""

    color: str = ""
    link: Pieces = ()


class TextBlocks:
    """`radii` and `inks`: rounded corners and colours of words that the style sheet has to know, once all is written."""

    def __init__(self, look: Look, slots: Slots) -> None:
        self.look, self.slots = look, slots
        self.radii: set[int] = set()
        self.inks: set[str] = set()

    def prose(self, node: Node, ground: Ground) -> str:
        inside = self.linked(self._inside(node, ground), ground)
        if node.tag in STYLE_OF:
            tag = node.tag.lower()
            inside = f'<{tag} style="margin:0;font-size:inherit;line-height:inherit;font-weight:700">{inside}</{tag}>'
        return self.text(node, ground, inside or "&#160;")

    def quote(self, node: Node, ground: Ground) -> str:
        style = f"margin:0;padding:2px 0 2px 16px;border-left:3px solid {self.look.color('dividerColor')}"
        inside = self.linked(self._inside(node, ground), ground)
        return self.text(node, ground, f'<blockquote style="{style}">{inside}</blockquote>')

    def code(self, node: Node, ground: Ground) -> str:
        words = self.slots.mark(Slot("text", tuple(child for child in node.children if isinstance(child, str))))
        light = is_light(ground.color or self.look.color("bodyColor"))
        usual: dict[str, Attribute] = {"fontSize": 14, "blockColor": CODE_GROUND[light], "blockBorderRadius": 6}
        own = Node(node.tag, usual | dict(node.attributes), (), node.line, node.column)
        named = "" if node.word("blockColor") else "hr-code"
        return self.text(own, ground, f'<pre style="{CODE};font-family:{MONO}">{words}</pre>', named)

    def listed(self, node: Node, ground: Ground) -> str:
        items = "".join(self._item(item, ground) for item in node.children if isinstance(item, Node))
        start = node.number("start")
        tag, first = ("ul", "") if node.tag == "UnorderedList" else ("ol", f' start="{start or 1:g}"')
        if tag == "ol" and start == 0:
            first = ' start="0"'
        centred = node.word("align") in ("center", "right")
        style = "margin:0;padding:0" + (";list-style-position:inside" if centred else " 0 0 24px")
        return self.text(node, ground, f'<{tag}{first} style="{style}">{items}</{tag}>')

    def _item(self, node: Node, ground: Ground) -> str:
        style = "margin:0 0 6px 0"
        if size := node.number("fontSize"):
            style += f";font-size:{size:g}px"
        if height := node.number("lineHeight"):
            style += f";line-height:{line_height(height)}"
        inside = self.linked(self._inside(node, ground), ground)
        if color := node.word("blockColor"):  # the number stands outside of it, on the ground of the whole list
            own = f"display:block;background-color:{color};color:{readable_on(color)}"
            inside = f'<span style="{own}">{inside}</span>'
        return f'<li style="{style}">{inside}</li>'

    def _inside(self, node: Node, ground: Ground) -> str:
        own, color = node.word("blockColor") or ground.color, self.look.color("textLinkColor")
        if own and is_light(own) == is_light(color):
            color = readable_on(own)
        return inline.written(node.children, self.slots, color, None if own else self.inks)

    def text(self, node: Node, ground: Ground, inside: str, named: str = "hr-text") -> str:
        """`named`: the class by which the style sheet changes it in the dark; what has a light ground stays as it is."""
        look, base = self.look, STYLE_OF.get(node.tag, "textBase")
        size = node.number("fontSize") or look.number(f"{base}FontSize")
        height = node.number("lineHeight") or look.number(f"{base}LineHeight")
        spacing, color = look.number(f"{base}LetterSpacing"), look.color(f"{base}Color")
        own = node.word("blockColor") or ground.color
        if own and is_light(own) == is_light(color):
            color = readable_on(own)
        given = {
            "font-size": f"{size:g}px",
            "line-height": line_height(height),
            "color": color,
            "align": node.word("align", "left"),
            "letter-spacing": f"{spacing:g}px" if spacing else None,
        }
        classes = "" if own and named == "hr-text" else named
        return f"<mj-text{self.given(given, node, classes)}>{inside}</mj-text>{self.below(node, ground)}"

    def linked(self, inside: str, ground: Ground) -> str:
        """A section that is a link makes its words one, too, where they are not links already."""
        if not ground.link or "<a " in inside:
            return inside
        return inline.anchor(ground.link, inside, self.slots, "color:inherit;text-decoration:none", inline.SAME)

    def below(self, node: Node, ground: Ground) -> str:
        """A block with a colour of its own needs its space outside of it."""
        own = node.word("blockColor")
        return f'<mj-spacer height="{GAP}px" />' if own and own != ground.color else ""

    def given(self, given: Mapping[str, Any], node: Node, classes: str = "") -> str:
        """MJML's attributes, the ones every block has among them."""
        own = node.word("blockColor")
        if radius := int(node.number("blockBorderRadius") or 0):
            self.radii.add(radius)
            classes = f"{classes} hr-r{radius}".strip()
        whole = {
            "padding": padding(node, ROOM if own else (0, 0, GAP, 0)),
            "container-background-color": own or None,
            "css-class": classes or None,
        }
        return "".join(f' {name}="{value}"' for name, value in (whole | dict(given)).items() if value is not None)


def padding(node: Node, usual: tuple[int, int, int, int]) -> str:
    """What the block says of its four sides, over what is usual."""
    given = (node.number(f"padding{side}") for side in SIDES)
    return " ".join(f"{value if own is None else own:g}px" for own, value in zip(given, usual, strict=True))


def readable_on(ground: str) -> str:
    return "#18181b" if is_light(ground) else "#fafafa"
