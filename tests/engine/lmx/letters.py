"""Letters for tests: read, made ready, filled with Ada's values; and what a mail's HTML is made of."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from headrace.engine.lmx.document import Document, Problem
from headrace.engine.lmx.parse import parse
from headrace.engine.lmx.render import Letter, Missing, Rendered, Unusable, make_ready, render
from headrace.engine.lmx.variables import Fallbacks, Values

WAYS_OUT = {
    "unsubscribe_link": "https://mail.x.dev/u/1?a=1&b=2",
    "preferences_link": "https://mail.x.dev/p/1",
    "postal_address": "Analytical Engines Ltd, 12 St James's Square, London",
}
ADA = Values(
    contact={"firstName": "Ada", "email": "ada@x.dev", "userId": "u/1"},
    event={"plan": "Pro", "seats": 3.0, "trial": False},
    data={"loginUrl": "https://app.x.dev/in?t=1&u=2"},
    system=WAYS_OUT,
)


def read(text: str) -> Document:
    found = parse(text)
    assert isinstance(found, Document), [str(problem) for problem in found]
    return found


def wrong(text: str) -> list[Problem]:
    found = parse(text)
    assert isinstance(found, list), "this was accepted"
    return [problem for problem in found if problem.severity == "error"]


def filled(
    text: str, values: Values = ADA, fallbacks: Fallbacks | None = None, theme: dict[str, Any] | None = None, **letter: Any
) -> Rendered | Missing | Unusable:
    template = make_ready(Letter(read(text), **({"subject": "Hello"} | letter)), theme or {})
    return render(template, values, fallbacks or Fallbacks())


def mail(text: str, values: Values = ADA, fallbacks: Fallbacks | None = None, **letter: Any) -> Rendered:
    made = filled(text, values, fallbacks, **letter)
    assert isinstance(made, Rendered), made
    return made


def html(text: str, values: Values = ADA, **letter: Any) -> Page:
    made = mail(text, values, **letter)
    assert made.html is not None
    return Page(made.html)


class Page(HTMLParser):
    """The tags of a mail with their attributes, its words, and what it loads or leads to."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.source = source
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def links(self) -> list[str]:
        return [str(a["href"]) for a in self.all("a") if "href" in a]

    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        """What it is made of, without words and values."""
        return [(tag, tuple(attributes)) for tag, attributes in self.tags]
