"""The guardian: checks of an email before it may be published or started. Errors stop that, warnings do not. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Literal

import msgspec

from headrace.engine.emails.message import Message
from headrace.engine.lmx import links
from headrace.engine.lmx.document import Document, Node, Variable
from headrace.engine.lmx.variables import SYSTEM, in_pieces, split

DATA_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
SHORT_YOUTUBE = re.compile(r"https?://(?:www\.)?youtu\.be/", re.IGNORECASE)
HAS_ALWAYS = frozenset(("email", "createdAt", "subscribed", "source", "id"))  # every contact has a value there
TITLES: dict[str, tuple[str, str]] = {
    "unsupportedContactProperties": ("Unknown contact property", "No contact property has this name, or this kind of email cannot use contact properties."),
    "missingFallbackContactProperties": ("Contact property without a fallback", "A contact without a value gets no email; a fallback would be said instead."),
    "unsupportedEventProperties": ("Unknown event property", "The event that starts this workflow has no such property."),
    "missingFallbackEventProperties": ("Event property without a fallback", "When the event comes without it, no email is sent; a fallback would be said instead."),
    "unsupportedDataVariables": ("Data variable in a workflow's email", "Data variables come with a transactional send; here there are none."),
    "invalidCustomDataVariables": ("Unusable name of a data variable", "Names have letters, digits, _ and -."),
    "missingButtonHrefs": ("Missing button link", "A button without an address leads nowhere."),
    "invalidButtonHrefs": ("Invalid button link", "The address is not one that can be followed; it begins with https://."),
    "shortenedYouTubeButtonHrefs": ("Shortened YouTube link", "Spam filters distrust youtu.be; use the whole address."),
    "missingLinkHrefs": ("Missing text link", "A link without an address leads nowhere."),
    "invalidLinkHrefs": ("Invalid text link", "The address is not one that can be followed; it begins with https://."),
    "shortenedYouTubeLinkHrefs": ("Shortened YouTube link", "Spam filters distrust youtu.be; use the whole address."),
    "shortenedYouTubeImageHrefs": ("Shortened YouTube link", "Spam filters distrust youtu.be; use the whole address."),
    "emailWithoutMailtoButtonHrefs": ("Email address without mailto:", "A link to an address begins with mailto:."),
    "emailWithoutMailtoLinkHrefs": ("Email address without mailto:", "A link to an address begins with mailto:."),
    "emailWithoutMailtoImageHrefs": ("Email address without mailto:", "A link to an address begins with mailto:."),
    "missingSocialIconHrefs": ("Missing icon link", "An icon without an address leads nowhere."),
}  # fmt: skip
ADVICE = frozenset((
    "missingFallbackContactProperties", "missingFallbackEventProperties", "shortenedYouTubeButtonHrefs",
    "shortenedYouTubeLinkHrefs", "shortenedYouTubeImageHrefs", "missingSocialIconHrefs",
))  # fmt: skip
Item = dict[str, str]


class Known(msgspec.Struct, frozen=True):
    """What an email can use. `event`: properties of the event that starts its workflow; None: no event starts it."""

    contact: frozenset[str]
    event: frozenset[str] | None = None


class Rule(msgspec.Struct, frozen=True):
    """Named as Loops names it."""

    rule: str
    title: str
    description: str
    items: tuple[Item, ...]

    def sentence(self) -> str:
        return f"{self.title}: {', '.join(item['label'] for item in self.items)}. {self.description}"


class Report(msgspec.Struct, frozen=True):
    errors: tuple[Rule, ...] = ()
    warnings: tuple[Rule, ...] = ()

    def as_loops(self) -> dict[str, Any]:
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found


def check(message: Message, document: Document, known: Known) -> Report:
    found: dict[str, list[Item]] = {}

    def say(rule: str, label: str, name: str = "") -> None:
        item = {"label": label} | ({"codeName": name} if name else {})
        if item not in found.setdefault(rule, []):
            found[rule].append(item)

    for variable in variables(message, document):
        _check_variable(variable, message, known, say)
    for node in document.nodes():
        _check_address(node, say)
    rules = [Rule(name, *TITLES[name], tuple(items)) for name, items in sorted(found.items())]
    return Report(
        tuple(rule for rule in rules if rule.rule not in ADVICE), tuple(rule for rule in rules if rule.rule in ADVICE)
    )


def variables(message: Message, document: Document) -> list[Variable]:
    """All that are used, in the fields as in the body."""
    in_lines = [variable for line in message.lines for variable in in_pieces(split(line))]
    return list(dict.fromkeys((*in_lines, *document.variables())))


def _check_variable(variable: Variable, message: Message, known: Known, say: Callable[..., None]) -> None:
    name, label = variable.name, str(variable)
    fallback = message.fallbacks.of(variable) is not None
    transactional = message.kind == "transactional"
    if variable.space == "contact":
        if transactional or name not in known.contact:
            say("unsupportedContactProperties", label, name)
        elif not fallback and name not in HAS_ALWAYS:
            say("missingFallbackContactProperties", label, name)
    elif variable.space == "event":
        if transactional or name not in (known.event or ()):
            say("unsupportedEventProperties", label, name)
        elif not fallback:
            say("missingFallbackEventProperties", label, name)
    elif variable.space == "data":
        if not transactional:
            say("unsupportedDataVariables", label, name)
        elif not DATA_NAME.fullmatch(name):
            say("invalidCustomDataVariables", label, name)
    elif name not in SYSTEM or transactional:
        say("unsupportedContactProperties", label, name)


def _check_address(node: Node, say: Callable[..., None]) -> None:
    kind: Literal["Button", "Link", "Image", ""] = ""
    if node.tag in ("Button", "Link", "Image"):
        kind = node.tag  # type: ignore[assignment]
    elif node.tag == "Icon":
        if not node.pieces("href"):
            say("missingSocialIconHrefs", node.word("name"))
        return
    if not kind:
        return
    pieces = node.pieces("href")
    label = node.text() or "".join(map(str, node.pieces("alt"))) or "".join(map(str, node.pieces("src"))) or f"<{node.tag}>"
    if not "".join(map(str, pieces)).strip():
        if kind != "Image":
            say(f"missing{kind}Hrefs", label)
        return
    if isinstance(pieces[0], Variable):
        return  # the value decides, when the mail leaves
    address = "".join(map(str, pieces)).strip()
    if links.is_bare_email(address):
        say(f"emailWithoutMailto{kind}Hrefs", f"{label} → {address}")
    elif not links.is_valid(address):
        say("invalidButtonHrefs" if kind == "Button" else "invalidLinkHrefs", f"{label} → {address}")
    elif SHORT_YOUTUBE.match(address):
        say(f"shortenedYouTube{kind}Hrefs", f"{label} → {address}")


def data_variables(message: Message, document: Document) -> list[str]:
    return [variable.name for variable in variables(message, document) if variable.space == "data"]


def required(message: Message, names: Iterable[str]) -> list[str]:
    """Of the data variables, those that a send must give: without a fallback."""
    return [name for name in names if name not in message.fallbacks.data]
