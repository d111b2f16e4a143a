"""A document as MJML: rows, sections and columns, with the style sheet and the footer. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from headrace.engine.lmx.document import Document, Node
from headrace.engine.lmx.mjml_blocks import Blocks
from headrace.engine.lmx.mjml_text import GAP, SIDES, Ground, padding
from headrace.engine.lmx.sheet import sheet
from headrace.engine.lmx.styles import Look, is_light
from headrace.engine.lmx.template import Slots

WIDTH = 600
INSIDE = (16, 16, 4, 16)  # px inside a section that has a colour, and says nothing else


def written(document: Document, look: Look, slots: Slots, language: str, head: str, foot: str) -> str:
    """`head`: title and preview text; `foot`: HTML below the body, "" for none. Both have their marks in them."""
    blocks = Blocks(look, slots)
    body = _rows_of(document.blocks, blocks)
    border = look.number("borderWidth")
    frame = f' border="{border:g}px solid {look.color("borderColor")}"' if border else ""
    above = f"padding={chr(34)}{look.px('backgroundYPadding')} 0 0{chr(34)}"
    inside = f"{look.px('bodyYPadding')} {look.px('bodyXPadding')}"
    return (
        f'<mjml lang="{language or "en"}"><mj-head>{head}{sheet(look, blocks.radii, blocks.inks)}</mj-head>'
        f'<mj-body width="{WIDTH}px" background-color="{look.color("backgroundColor")}" css-class="hr-ground">'
        f"{_section('', above)}"
        f'<mj-wrapper css-class="hr-body" background-color="{look.color("bodyColor")}" padding="{inside}"'
        f'{frame} border-radius="{look.px("borderRadius")}">{body or _section("")}</mj-wrapper>'
        f"{_foot(foot, look)}</mj-body></mjml>"
    )


def _rows_of(nodes: Sequence[Node], blocks: Blocks) -> str:
    """What stands in one column goes into one row; Columns and Sections have rows of their own."""
    out: list[str] = []
    for row in _rows(nodes):
        if row[0].tag == "Columns":
            out.append(_columns(row[0], blocks, Ground()))
        elif row[0].tag == "Section":
            out.append(_own_ground(row[0], blocks))
        else:
            out.append(_section("".join(blocks.block(node, Ground()) for node in row)))
    return "".join(out)


def _rows(nodes: Sequence[Node]) -> list[list[Node]]:
    alone = ("Columns", "Section")
    rows: list[list[Node]] = []
    for node in _unpacked(nodes):
        if node.tag in alone or not rows or rows[-1][0].tag in alone:
            rows.append([node])
        else:
            rows[-1].append(node)
    return rows


def _unpacked(nodes: Sequence[Node]) -> list[Node]:
    """A component's blocks stand for themselves."""
    return [n for node in nodes for n in (_unpacked(_held(node)) if node.tag == "Component" else [node])]


def _held(node: Node) -> list[Node]:
    return [child for child in node.children if isinstance(child, Node)]


def _section(inside: str, attributes: str = 'padding="0"') -> str:
    return f"<mj-section {attributes}><mj-column>{inside}</mj-column></mj-section>"


def _own_ground(node: Node, blocks: Blocks) -> str:
    """A section: each row carries its colour, the first and the last its corners."""
    ground = Ground(node.word("blockColor"), node.pieces("href"))
    top, right, bottom, left = padding(node, INSIDE if ground.color else (0, 0, 0, 0)).split()
    radius = f"{node.number('blockBorderRadius') or 0:g}px"
    rows = _rows(_held(node))
    out: list[str] = []
    for place, row in enumerate(rows):
        first, last = place == 0, place == len(rows) - 1
        above, below = radius if first else "0px", radius if last else "0px"
        attributes = f'padding="{top if first else "0"} {right} {bottom if last else "0"} {left}"'
        if ground.color:
            attributes += f' background-color="{ground.color}" border-radius="{above} {above} {below} {below}"'
        if row[0].tag == "Columns":
            out.append(_columns(row[0], blocks, ground, attributes))
        else:
            out.append(_section("".join(blocks.block(child, ground) for child in row), attributes))
    return "".join(out) + _section(f'<mj-spacer height="{GAP}px" />')


def _columns(node: Node, blocks: Blocks, ground: Ground, attributes: str = "") -> str:
    color = node.word("blockColor")
    ground = Ground(color, ground.link) if color else ground
    if not attributes or any(node.number(f"padding{side}") is not None for side in SIDES) or color:
        attributes = f'padding="{padding(node, (0, 0, 0, 0))}"'
        attributes += f' background-color="{ground.color}"' if ground.color else ""
    items, gap = _held(node), node.number("gap") or 24
    vertical = node.word("verticalAlignment", "top")
    columns: list[str] = []
    for place, (item, width) in enumerate(zip(items, _widths(node.word("widths"), len(items)), strict=True)):
        left, right = gap / 2 if place else 0, gap / 2 if place < len(items) - 1 else 0
        inside = "".join(_in_column(child, blocks, ground) for child in _unpacked(_held(item)))
        given = f'width="{width:g}%" vertical-align="{vertical}" padding="0 {right:g}px 0 {left:g}px" css-class="hr-column"'
        columns.append(f"<mj-column {given}>{inside}</mj-column>")
    if node.flag("stackOnMobile") is False:
        return f"<mj-section {attributes}><mj-group>{''.join(columns)}</mj-group></mj-section>"
    if node.flag("reverseOnMobile"):  # written the other way round, and shown from the right
        return f'<mj-section {attributes} direction="rtl">{"".join(reversed(columns))}</mj-section>'
    return f"<mj-section {attributes}>{''.join(columns)}</mj-section>"


def _in_column(node: Node, blocks: Blocks, ground: Ground) -> str:
    if node.tag != "Section":
        return blocks.block(node, ground)
    color = node.word("blockColor")
    own = Ground(color or ground.color, node.pieces("href") or ground.link)
    inside = _unpacked(_held(node))
    sides = [float(part.removesuffix("px")) for part in padding(node, INSIDE).split()]
    shown = [_carrying(child, color, sides, place, len(inside)) for place, child in enumerate(inside)] if color else inside
    gap = f'<mj-spacer height="{GAP}px" />' if color else ""
    return "".join(blocks.block(child, own) for child in shown) + gap


def _carrying(node: Node, color: str, sides: Sequence[float], place: int, count: int) -> Node:
    """A block of a section in a column carries the section's colour and room itself: MJML has no rows in columns."""
    top, right, bottom, left = sides
    room = {"paddingTop": 0 if place else top, "paddingBottom": GAP + (0 if place < count - 1 else bottom)}
    carried = {"blockColor": color, "paddingRight": right, "paddingLeft": left, **room}
    return Node(node.tag, carried | dict(node.attributes), node.children, node.line, node.column)


def _widths(text: str, count: int) -> list[float]:
    """Per cent for each column; equal ones when what was given does not make sense."""
    parts = [part.strip().removesuffix("%") for part in text.split(",")]
    given = [float(part) for part in parts if part.isascii() and part.isdigit() and 5 <= int(part) <= 95]
    if len(given) != count:
        return [round(100 / count, 2)] * count
    return [round(100 * part / sum(given), 2) for part in given]


def _foot(foot: str, look: Look) -> str:
    if not foot:
        return _section("", f'padding="{look.px("backgroundYPadding")} 0 0"')
    color = "#5f5f68" if is_light(look.color("backgroundColor")) else "#a1a1aa"
    given = f'css-class="hr-foot" align="center" font-size="12px" line-height="160%" color="{color}" padding="0"'
    return _section(f"<mj-text {given}>{foot}</mj-text>", 'padding="20px 24px 32px"')
