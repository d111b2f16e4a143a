"""LMX's tags: what each may hold, and which attributes it takes. The one table that parser, docs and pages read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

Holds = Literal["inline", "text", "raw", "blocks", "items", "nothing"]


class Kind(msgspec.Struct, frozen=True):
    """What an attribute's value is. `dynamic`: it may have variables."""

    name: Literal["number", "color", "choice", "flag", "link", "source", "text", "word"]
    least: float = 0
    most: float = 0
    choices: tuple[str, ...] = ()
    dynamic: bool = False

    def said(self) -> str:
        """For the reference."""
        if self.name == "number":
            return f"{self.least:g}–{self.most:g}"
        return " / ".join(self.choices) if self.choices else self.name


class Tag(msgspec.Struct, frozen=True):
    holds: Holds
    attributes: Mapping[str, Kind] = {}
    required: tuple[str, ...] = ()
    items: str = ""  # the only tag it holds
    least: int = 0  # how many of them
    most: int = 100_000
    help: str = ""

    def said(self) -> str:
        """What it holds, for the reference."""
        if self.items:
            count = f"{self.least} or more" if self.most > 1000 else f"{self.least}–{self.most}"
            return f"{count} `{self.items}`"
        known = {"inline": "text, variables, inline tags", "text": "text, variables", "raw": "text as it stands"}
        return known.get(self.holds, self.holds)


def number(least: float, most: float) -> Kind:
    return Kind("number", least, most)


COLOR, FLAG, TEXT, WORD, SOURCE = Kind("color"), Kind("flag"), Kind("text", dynamic=True), Kind("word"), Kind("source")
LINK = Kind("link", dynamic=True)
DYNAMIC_SOURCE = Kind("source", dynamic=True)
ALIGN = Kind("choice", choices=("left", "center", "right"))
PADDING = dict.fromkeys(("paddingTop", "paddingRight", "paddingBottom", "paddingLeft"), number(0, 200))
BLOCK = {"blockColor": COLOR, "blockBorderRadius": number(0, 999)} | PADDING
SIZES = {"fontSize": number(12, 64), "lineHeight": number(100, 300)}
TEXTS = SIZES | {"align": ALIGN} | BLOCK
FORMAT = {"textColor": COLOR}

BLOCKS = frozenset((
    "H1", "H2", "H3", "Paragraph", "Quote", "CodeBlock", "Button", "Image", "Divider", "OrderedList", "UnorderedList",
    "Columns", "Component", "Icons", "Section",
))  # fmt: skip
INLINE = frozenset(("Strong", "Em", "Underline", "Strike", "Code", "Text", "Link", "Br"))

_SIZE, _SPACE, _LINE, _LETTER = number(6, 64), number(0, 200), number(10, 300), number(-10, 20)
STYLE: dict[str, Kind] = {
    "backgroundColor": COLOR, "backgroundXPadding": _SPACE, "backgroundYPadding": _SPACE,
    "bodyColor": COLOR, "bodyXPadding": _SPACE, "bodyYPadding": _SPACE, "bodyFontFamily": WORD, "bodyFontCategory": WORD,
    "borderColor": COLOR, "borderWidth": number(0, 16), "borderRadius": number(0, 999),
    "buttonBodyColor": COLOR, "buttonBodyXPadding": number(0, 100), "buttonBodyYPadding": number(0, 100),
    "buttonBorderColor": COLOR, "buttonBorderWidth": number(0, 16), "buttonBorderRadius": number(0, 999),
    "buttonTextColor": COLOR, "buttonTextFormat": number(0, 15), "buttonTextFontSize": _SIZE,
    "dividerColor": COLOR, "dividerBorderWidth": number(1, 16),
    "textBaseColor": COLOR, "textBaseFontSize": _SIZE, "textBaseLineHeight": _LINE, "textBaseLetterSpacing": _LETTER,
    "textLinkColor": COLOR,
    "heading1Color": COLOR, "heading1FontSize": _SIZE, "heading1LineHeight": _LINE, "heading1LetterSpacing": _LETTER,
    "heading2Color": COLOR, "heading2FontSize": _SIZE, "heading2LineHeight": _LINE, "heading2LetterSpacing": _LETTER,
    "heading3Color": COLOR, "heading3FontSize": _SIZE, "heading3LineHeight": _LINE, "heading3LetterSpacing": _LETTER,
}  # fmt: skip

TAGS: Mapping[str, Tag] = {
    "H1": Tag("inline", TEXTS, help="A heading, the largest."),
    "H2": Tag("inline", TEXTS, help="A heading."),
    "H3": Tag("inline", TEXTS, help="A heading, the smallest."),
    "Paragraph": Tag("inline", TEXTS, help="A paragraph of text."),
    "Quote": Tag("inline", TEXTS, help="A quotation."),
    "CodeBlock": Tag("raw", SIZES | BLOCK, help="Code as it stands; braces are no variables here."),
    "Button": Tag(
        "text",
        {
            "href": LINK, "bgColor": COLOR, "textColor": COLOR, "borderColor": COLOR, "borderRadius": number(0, 999),
            "borderWidth": number(0, 16), "innerXPadding": number(0, 100), "innerYPadding": number(0, 100),
            "fontSize": _SIZE, "align": ALIGN, "notrack": FLAG,
        } | BLOCK,
        help="A link that looks like a button.",
    ),
    "Image": Tag(
        "nothing",
        {
            "src": SOURCE, "alt": TEXT, "href": LINK, "width": number(12, 600), "align": ALIGN,
            "borderRadius": number(0, 999), "borderWidth": number(0, 16), "borderColor": COLOR,
            "dynamicSrc": DYNAMIC_SOURCE, "notrack": FLAG,
        } | BLOCK,
        required=("src",),
        help="A picture; `dynamicSrc` may have variables.",
    ),
    "Divider": Tag(
        "nothing",
        {"align": ALIGN, "width": number(10, 100), "borderWidth": number(1, 16), "color": COLOR} | BLOCK,
        help="A line across.",
    ),
    "OrderedList": Tag("items", {"start": number(0, 9999), "align": ALIGN}, items="ListItem", least=1, help="Numbered."),
    "UnorderedList": Tag("items", {"align": ALIGN}, items="ListItem", least=1, help="With bullets."),
    "ListItem": Tag("inline", SIZES | BLOCK, help="A line of a list."),
    "Columns": Tag(
        "items",
        {
            "gap": number(12, 150), "widths": WORD, "verticalAlignment": Kind("choice", choices=("top", "middle", "bottom")),
            "stackOnMobile": FLAG, "reverseOnMobile": FLAG,
        } | BLOCK,
        items="ColumnItem",
        least=2,
        most=4,
        help="Two to four columns beside each other.",
    ),
    "ColumnItem": Tag("blocks", help="One column."),
    "Component": Tag("blocks", {"componentId": WORD} | BLOCK, required=("componentId",), help="Blocks kept elsewhere."),
    "Icons": Tag(
        "items",
        {
            "align": ALIGN, "gap": number(4, 200), "size": number(18, 48),
            "color": Kind("choice", choices=("#000000", "#808080", "#ffffff")),
        } | BLOCK,
        items="Icon",
        least=1,
        most=100,
        help="Links to where else to find you; written as words, so that no picture is fetched.",
    ),
    "Icon": Tag("nothing", {"name": WORD, "href": LINK, "notrack": FLAG}, required=("name",), help="One of them."),
    "Section": Tag("blocks", {"href": LINK, "notrack": FLAG} | BLOCK, help="Blocks on a ground of their own."),
    "Style": Tag("nothing", {"themeId": WORD} | STYLE, help="How the whole email looks; once, best at its beginning."),
    "Strong": Tag("inline", FORMAT, help="Bold."),
    "Em": Tag("inline", FORMAT, help="Italic."),
    "Underline": Tag("inline", FORMAT, help="Underlined."),
    "Strike": Tag("inline", FORMAT, help="Struck through."),
    "Code": Tag("inline", FORMAT, help="Code within a line."),
    "Text": Tag("inline", FORMAT, help="A colour within a line."),
    "Link": Tag("inline", {"href": LINK, "notrack": FLAG, "textColor": COLOR}, required=("href",), help="A link."),
    "Br": Tag("nothing", help="A new line within a block."),
}  # fmt: skip
NEVER_INSIDE: Mapping[str, frozenset[str]] = {  # at no depth
    "Columns": frozenset(("Columns",)),
    "Section": frozenset(("Section",)),
    "Component": frozenset(("Component",)),
    "Link": frozenset(("Link",)),
}
