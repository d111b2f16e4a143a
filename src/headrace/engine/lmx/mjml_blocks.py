"""Each block as MJML; the ones that are more than text stand here. Pure."""

from __future__ import annotations

from headrace.engine.lmx import inline
from headrace.engine.lmx.document import Node
from headrace.engine.lmx.mjml_text import Ground, TextBlocks, readable_on
from headrace.engine.lmx.styles import lightness
from headrace.engine.lmx.template import Slot

SEEN = 0.15  # how much lighter or darker than its ground a button is
BRANDS = {
    "github": "GitHub",
    "linkedin": "LinkedIn",
    "youtube": "YouTube",
    "tiktok": "TikTok",
    "envelope": "Email",
    "x-twitter": "X",
}


class Blocks(TextBlocks):
    def block(self, node: Node, ground: Ground) -> str:
        write = {
            "Quote": self.quote, "CodeBlock": self.code, "OrderedList": self.listed, "UnorderedList": self.listed,
            "Button": self._button, "Image": self._image, "Divider": self._divider, "Icons": self._icons,
        }.get(node.tag, self.prose)  # fmt: skip
        return write(node, ground)

    def _button(self, node: Node, ground: Ground) -> str:
        look = self.look
        border = _or(node.number("borderWidth"), look.number("buttonBorderWidth"))
        color = node.word("borderColor") or look.color("buttonBorderColor")
        radius = _or(node.number("borderRadius"), look.number("buttonBorderRadius"))
        across = _or(node.number("innerXPadding"), look.number("buttonBodyXPadding"))
        down = _or(node.number("innerYPadding"), look.number("buttonBodyYPadding"))
        href = node.pieces("href") or ground.link
        usual, written = self._button_colors(node.word("blockColor") or ground.color)
        given = {
            "background-color": node.word("bgColor") or usual,
            "color": node.word("textColor") or (look.color("buttonTextColor") if node.word("bgColor") else written),
            "border": f"{border:g}px solid {color}" if border else "none",
            "border-radius": f"{radius:g}px",
            "font-size": f"{node.number('fontSize') or look.number('buttonTextFontSize'):g}px",
            "inner-padding": f"{down:g}px {across:g}px",
            "align": node.word("align", "left"),
            "font-weight": "600",
            "line-height": "120%",
            "target": "_blank",
            "href": self.slots.mark(Slot("link", href)) if href else None,
        }
        own = node.word("bgColor") or node.word("textColor") or node.word("blockColor") or ground.color
        label = inline.written(node.children, self.slots, "inherit") or "&#160;"
        attributes = self.given(given, node, "" if own else "hr-button")
        return f"<mj-button{attributes}>{label}</mj-button>{self.below(node, ground)}"

    def _button_colors(self, own: str) -> tuple[str, str]:
        """The theme's, for a button and its words, unless it would not be seen on a ground of its own."""
        body = self.look.color("buttonBodyColor")
        if not own or abs(lightness(own) - lightness(body)) > SEEN:
            return body, self.look.color("buttonTextColor")
        return readable_on(own), readable_on(readable_on(own))

    def _image(self, node: Node, ground: Ground) -> str:
        border, radius, width = node.number("borderWidth"), node.number("borderRadius"), node.number("width")
        color = node.word("borderColor") or self.look.color("borderColor")
        dynamic, fixed = node.pieces("dynamicSrc"), node.pieces("src")
        href = node.pieces("href") or ground.link
        given = {
            "src": self.slots.mark(Slot("link", dynamic or fixed, fixed if dynamic else ())),
            "alt": self.slots.mark(Slot("text", node.pieces("alt"))),
            "href": self.slots.mark(Slot("link", href)) if href else None,
            "width": f"{width:g}px" if width else None,
            "align": node.word("align", "left"),
            "border": f"{border:g}px solid {color}" if border else None,
            "border-radius": f"{radius:g}px" if radius else None,
        }
        return f"<mj-image{self.given(given, node)} />{self.below(node, ground)}"

    def _divider(self, node: Node, ground: Ground) -> str:
        given = {
            "border-width": f"{node.number('borderWidth') or self.look.number('dividerBorderWidth'):g}px",
            "border-color": node.word("color") or self.look.color("dividerColor"),
            "width": f"{node.number('width') or 100:g}%",
            "align": node.word("align", "center"),
        }
        named = "" if node.word("color") or ground.color else "hr-line"
        return f"<mj-divider{self.given(given, node, named)} />{self.below(node, ground)}"

    def _icons(self, node: Node, ground: Ground) -> str:
        """Names instead of pictures: a picture would have to come from somebody's server."""
        half = (node.number("gap") or 16) / 2
        style = "display:inline-block;font-weight:600;text-decoration:none"
        color, own = node.word("color"), node.word("blockColor") or ground.color
        style += f";margin:0 {half:g}px;color:{color or 'inherit'}"
        named = inline.ink(color, None if own else self.inks) or inline.SAME
        inside = " ".join(self._icon(icon, style, named) for icon in node.children if isinstance(icon, Node))
        size = max(LEGIBLE, round((node.number("size") or 24) * 0.6))
        shown = Node(node.tag, {"fontSize": size} | dict(node.attributes), (), node.line, node.column)
        return self.text(shown, ground, f'<span style="display:block;margin:0 -{half:g}px">{inside}</span>')

    def _icon(self, icon: Node, style: str, named: str) -> str:
        name = icon.word("name")
        label = self.slots.mark(Slot("text", (icon_label(name),)))
        href = icon.pieces("href")
        if href:
            return inline.anchor(href, label, self.slots, style, named)
        return f'<span class="{named}" style="{style}">{label}</span>'


LEGIBLE = 12  # px, the least that Loops allows for text


def icon_label(name: str) -> str:
    return BRANDS.get(name, name.replace("-", " ").title())


def _or(given: float | None, usual: float) -> float:
    return usual if given is None else given
