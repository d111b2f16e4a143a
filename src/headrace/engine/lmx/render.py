"""From a text in LMX to a mail: made ready once, then filled for each person. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from mjml import mjml2html

from headrace.engine.lmx import mjml, plain, styles, variables
from headrace.engine.lmx.document import Document, Pieces, Variable
from headrace.engine.lmx.links import UnsafeLink
from headrace.engine.lmx.template import Slot, Slots, TooLarge, fill
from headrace.engine.lmx.variables import Fallbacks, Values, split

Parts = tuple[str | Slot, ...]
LARGEST_TEMPLATE = 4 * 2**20  # characters of HTML before values
UNSUBSCRIBE = Variable("system", "unsubscribe_link")


class Letter(msgspec.Struct, frozen=True):
    """What an email message says, as it is kept. `marketing`: it gets a footer with the way out."""

    document: Document
    subject: str = ""
    preview: str = ""
    format: Literal["styled", "plain"] = "styled"
    language: str = ""
    marketing: bool = False


class Template(msgspec.Struct, frozen=True):
    """A letter made ready.

    `needed`: every variable without whose value nothing may be sent. `untracked`: where links marked `notrack` lead.
    """

    subject: Pieces
    html: Parts | None
    text: Parts
    needed: tuple[Variable, ...]
    untracked: tuple[Pieces, ...] = ()


class Rendered(msgspec.Struct, frozen=True):
    subject: str
    html: str | None
    text: str
    untracked: frozenset[str] = frozenset()


class Missing(msgspec.Struct, frozen=True):
    """Nothing can be sent: these have neither a value nor a fallback."""

    names: tuple[str, ...]


class Unusable(msgspec.Struct, frozen=True):
    """Nothing can be sent: a value makes of it what no mail may be."""

    reason: str


def make_ready(letter: Letter, theme: Mapping[str, Any]) -> Template:
    """Raises TooLarge."""
    subject, preview = split(letter.subject), split(letter.preview)
    slots = Slots()
    html: Parts | None = None
    if letter.format == "styled":
        head = f"<mj-title>{slots.mark(Slot('text', subject))}</mj-title>"
        head += f"<mj-preview>{slots.mark(Slot('text', preview))}</mj-preview>" if preview else ""
        foot = slots.mark(Slot("foot", (UNSUBSCRIBE,))) if letter.marketing else ""
        written = mjml.written(
            letter.document, styles.look(theme, letter.document.style), slots, letter.language, head, foot
        )
        made = str(mjml2html(written, disable_comments=False, fonts={}))
        if len(made) > LARGEST_TEMPLATE:
            raise TooLarge
        html = slots.parts(made)
    foot = slots.mark(Slot("plain foot", (UNSUBSCRIBE,))) if letter.marketing else ""
    text = f"{plain.written(letter.document, slots)}{foot}\n"
    optional = _optional(letter.document)
    used = [*variables.in_pieces(subject), *variables.in_pieces(preview), *letter.document.variables()]
    used += [UNSUBSCRIBE] if letter.marketing else []
    needed = tuple(v for v in dict.fromkeys(used) if v not in optional)
    untracked = tuple(node.pieces("href") for node in letter.document.nodes() if node.flag("notrack"))
    return Template(subject, html, slots.parts(text), needed, tuple(pieces for pieces in untracked if pieces))


def _optional(document: Document) -> set[Variable]:
    """Variables used only in a `dynamicSrc`: without a value, the picture in `src` is shown."""
    sources = {v for node in document.nodes() for v in variables.in_pieces(node.pieces("dynamicSrc"))}
    others: set[Variable] = set()
    for node in document.nodes():
        others |= {child for child in node.children if isinstance(child, Variable)}
        for name, value in node.attributes.items():
            if name != "dynamicSrc" and isinstance(value, tuple):
                others |= set(variables.in_pieces(value))
    return sources - others


def render(template: Template, values: Values, fallbacks: Fallbacks) -> Rendered | Missing | Unusable:
    lacking = variables.missing(template.needed, values, fallbacks)
    if lacking:
        return Missing(tuple(f"{v.space}.{v.name}" for v in lacking))
    try:
        return Rendered(
            subject=variables.one_line(template.subject, values, fallbacks),
            html=fill(template.html, values, fallbacks) if template.html is not None else None,
            text=fill(template.text, values, fallbacks),
            untracked=frozenset(fill((Slot("plain link", p),), values, fallbacks) for p in template.untracked),
        )
    except UnsafeLink as error:
        return Unusable(f"A link would lead to “{error}”, which is no address of http, https, mailto, tel or sms.")
    except TooLarge:
        return Unusable("With these values the email would be larger than 2 MB.")
