"""Comparing what is sent with what a destination knows: names seen lately, names defined there. Types may offer it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from headrace.destinations.port import Answer, Rendered, Request

MOST_NAMES = 200  # of one destination; a public write key must not fill memory
MOST_PROPERTIES = 100  # of one event
LONGEST_NAME = 200
DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?")


class SeenName(msgspec.Struct):
    """An event's name, or a list's id."""

    first: int  # ms when it was sent first, as far as one remembers
    at: int  # ms when it was sent last
    properties: dict[str, str] = {}  # name → type


class SeenProperty(msgspec.Struct):
    """Of contacts."""

    first: int
    at: int
    type: str


class Seen(msgspec.Struct):
    """What went to one destination lately. Changed in place: it is written at every delivery."""

    events: dict[str, SeenName] = {}
    properties: dict[str, SeenProperty] = {}
    lists: dict[str, SeenName] = {}


class Known(msgspec.Struct, frozen=True):
    """What the destination knows. Of an event, None: its properties were not read."""

    events: dict[str, dict[str, str] | None] = {}
    properties: dict[str, str] = {}  # of contacts: name → type
    lists: dict[str, str] = {}  # id → name


class Reading(msgspec.Struct, frozen=True):
    """How far the reading of one check has come. `problem`: why it cannot go on, as a sentence."""

    asks: tuple[str, ...] = ()  # names whose properties are to be read
    known: Known = Known()
    done: frozenset[str] = frozenset()
    cursor: str | None = None
    pages: int = 0
    problem: str | None = None


class Checker(Protocol):
    """What a destination type that can be checked offers beside the rest."""

    def next_request(self, reading: Reading) -> Request | None:
        """What to read next; None: all is read."""

    def take(self, reading: Reading, request: Request, answer: Answer) -> Reading: ...

    def warnings(
        self, rendered: Rendered, known: Known, settings: Mapping[str, Any], is_new: bool = False
    ) -> tuple[str, ...]:
        """What the destination would drop of this request, or does not know, in words.

        `is_new`: the event's name was not sent yet when `known` was read; the destination may define it by itself now.
        """

    def compare(self, seen: Seen, known: Known, read_at: int) -> dict[str, Any]:
        """For the page and the terminal; times are ms. What was sent first after `read_at` is not checked yet."""

    def create_property(self, name: str, kind: str) -> Request: ...


def seen_type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "date" if isinstance(value, str) and DATE.fullmatch(value) else "string"


def note(seen: Seen, rendered: Rendered, now: int) -> None:
    """Remember the names of one request. What was seen longest ago makes room."""
    for name, value in rendered.contact.items():
        if value is not None and len(name) <= LONGEST_NAME:
            known = seen.properties.get(name)
            seen.properties[name] = SeenProperty(known.first if known else now, now, seen_type(value))
    _bound(seen.properties)
    for list_id in rendered.lists:
        if len(list_id) <= LONGEST_NAME:
            seen.lists.setdefault(list_id, SeenName(now, now)).at = now
    _bound(seen.lists)
    if rendered.event_name is not None and len(rendered.event_name) <= LONGEST_NAME:
        entry = seen.events.setdefault(rendered.event_name, SeenName(now, now))
        entry.at = now
        if isinstance(rendered.event_properties, Mapping):
            for name, value in rendered.event_properties.items():
                if value is not None and len(name) <= LONGEST_NAME:
                    if name not in entry.properties and len(entry.properties) >= MOST_PROPERTIES:
                        break
                    entry.properties[name] = seen_type(value)
        _bound(seen.events)


def _bound(entries: dict[str, Any]) -> None:
    while len(entries) > MOST_NAMES:
        del entries[min(entries, key=lambda name: entries[name].at)]


def lately(seen: Seen, since: int) -> tuple[str, ...]:
    """Names of events seen since then, the newest first."""
    found = [(entry.at, name) for name, entry in seen.events.items() if entry.at >= since]
    return tuple(name for _, name in sorted(found, reverse=True))
