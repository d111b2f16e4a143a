"""Loops' own definitions beside what is sent to it: what it does not know it drops without a word, so we say it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from headrace.destinations.checking import Known, Reading, Seen
from headrace.destinations.loops import prepare
from headrace.destinations.loops.answers import LISTS, body_of
from headrace.destinations.loops.settings import read
from headrace.destinations.port import Answer, Rendered, Request

PATTERNS = "/v1/event-patterns"
PER_PAGE = 50
MOST_PAGES = 40  # 2,000 events; an account with more is compared with those
CLOSE = 0.8  # how alike two names are that may be meant for each other


class LoopsChecker:
    """`destinations.checking.Checker`."""

    def next_request(self, reading: Reading) -> Request | None:
        if reading.problem is not None:
            return None
        if "properties" not in reading.done:
            return prepare.LIST
        if "lists" not in reading.done:
            return LISTS
        if "events" not in reading.done:
            return Request("GET", f"{PATTERNS}?perPage={PER_PAGE}" + (f"&cursor={reading.cursor}" if reading.cursor else ""))
        for name in reading.asks:
            if reading.known.events.get(name, {}) is None:
                return Request("GET", f"{PATTERNS}/by-name/{quote(name, safe='')}")
        return None

    def take(self, reading: Reading, request: Request, answer: Answer) -> Reading:
        body = body_of(answer)
        if "/by-name/" in request.path:
            return _details(reading, request, answer, body)
        if answer.status != 200:
            return msgspec.structs.replace(reading, problem=_problem(answer))
        if not isinstance(body, dict if {"properties", "lists"} <= reading.done else list):
            return msgspec.structs.replace(reading, problem="Could not be checked: an answer of Loops could not be read.")
        if "properties" not in reading.done:
            found = {r["key"]: str(r.get("type") or "string") for r in _rows(body) if isinstance(r.get("key"), str)}
            return _step(reading, "properties", msgspec.structs.replace(reading.known, properties=found))
        if "lists" not in reading.done:
            lists = {r["id"]: str(r.get("name") or "") for r in _rows(body) if isinstance(r.get("id"), str)}
            return _step(reading, "lists", msgspec.structs.replace(reading.known, lists=lists))
        return _page(reading, body)

    def warnings(
        self, rendered: Rendered, known: Known, settings: Mapping[str, Any], is_new: bool = False
    ) -> tuple[str, ...]:
        found = []
        name = rendered.event_name
        if name is not None and name not in known.events:
            if close := near(name, known.events):
                found.append(f"`{name}` is not defined in Loops; did you mean `{close}`?")
            elif not is_new:
                found.append(f"`{name}` is not defined in Loops.")
        elif name is not None and (defined := known.events[name]) is not None:
            given = rendered.event_properties if isinstance(rendered.event_properties, Mapping) else {}
            if missing := [key for key in given if key not in defined]:
                found.append(f"{_named(missing)} of `{name}`: not defined in Loops, so emails cannot use it.")
        missing = [k for k, v in rendered.contact.items() if v is not None and not _has(known, k)]
        if missing and not read(settings).create_missing:
            found.append(
                f"{_named(missing)}: Loops has no such contact property and drops the value. "
                "Create it on the Loops check tab, or turn on `create_missing`."
            )
        found += [f"Loops has no mailing list `{i}`." for i in rendered.lists if i not in known.lists]
        return tuple(found)

    def compare(self, seen: Seen, known: Known, read_at: int) -> dict[str, Any]:
        names = sorted(set(seen.events) | set(known.events), key=str.lower)
        # what names the contact goes along with everything, and would look as if it were never sent
        contact = sorted((set(seen.properties) | set(known.properties)) - {"email", "userId"}, key=str.lower)
        return {
            "events": [_event(name, seen, known, read_at) for name in names],
            "contactProperties": [
                {
                    "name": name,
                    "type": known.properties.get(name) or seen.properties[name].type,
                    "defined": _has(known, name),
                    "checked": _has(known, name) or seen.properties[name].first < read_at,
                    "seen": seen.properties[name].at if name in seen.properties else None,
                }
                for name in contact
            ],
            "lists": [
                {"id": i, "name": name, "seen": seen.lists[i].at if i in seen.lists else None}
                for i, name in known.lists.items()
            ],
            "unknownLists": sorted(i for i, s in seen.lists.items() if i not in known.lists and s.first < read_at),
        }

    def create_property(self, name: str, kind: str) -> Request:
        return Request("POST", prepare.CREATE, {"name": name, "type": kind})


def near(name: str, defined: Iterable[str]) -> str | None:
    """The defined name that was probably meant."""
    plain = {other: "".join(c for c in other.lower() if c.isalnum()) for other in sorted(defined)}
    wanted = "".join(c for c in name.lower() if c.isalnum())
    for other, bare in plain.items():
        if bare == wanted:
            return other
    close = difflib.get_close_matches(wanted, list(plain.values()), 1, CLOSE) if wanted else []
    return next((other for other, bare in plain.items() if bare == close[0]), None) if close else None


def _event(name: str, seen: Seen, known: Known, read_at: int) -> dict[str, Any]:
    entry, defined = seen.events.get(name), known.events.get(name)
    sent = entry.properties if entry else {}
    properties = sorted(set(sent) | set(defined or {}), key=str.lower)
    return {
        "name": name,
        "seen": entry.at if entry else None,
        "defined": name in known.events,
        "checked": name in known.events or (entry is not None and entry.first < read_at),
        "near": near(name, known.events) if name not in known.events else None,
        "properties": [
            {"name": key, "type_seen": sent.get(key), "type_defined": (defined or {}).get(key)} for key in properties
        ],
    }


def _has(known: Known, name: str) -> bool:
    return name in known.properties or name in prepare.BUILT_IN


def _named(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:10])
    return shown + (f" and {len(names) - 10} more" if len(names) > 10 else "")


def _rows(body: Any) -> list[dict[str, Any]]:
    return [row for row in body if isinstance(row, dict)] if isinstance(body, list) else []


def _step(reading: Reading, what: str, known: Known) -> Reading:
    return msgspec.structs.replace(reading, known=known, done=reading.done | {what})


def _page(reading: Reading, body: Any) -> Reading:
    page = body if isinstance(body, dict) else {}
    rows = _rows(page.get("data"))
    names: dict[str, dict[str, str] | None] = {r["eventName"]: None for r in rows if isinstance(r.get("eventName"), str)}
    known = msgspec.structs.replace(reading.known, events=reading.known.events | names)
    pagination = page.get("pagination")
    cursor = pagination.get("nextCursor") if isinstance(pagination, dict) else None
    if isinstance(cursor, str) and cursor and rows and reading.pages + 1 < MOST_PAGES:
        return msgspec.structs.replace(reading, known=known, cursor=quote(cursor, safe=""), pages=reading.pages + 1)
    return _step(reading, "events", known)


def _details(reading: Reading, request: Request, answer: Answer, body: Any) -> Reading:
    """One event's properties. Whatever goes wrong here leaves only this one unread."""
    name = next(n for n in reading.asks if request.path.endswith("/by-name/" + quote(n, safe="")))
    rows = _rows(body.get("eventProperties")) if answer.status == 200 and isinstance(body, dict) else None
    asks = tuple(n for n in reading.asks if n != name)
    if rows is None:
        return msgspec.structs.replace(reading, asks=asks)
    found: dict[str, str] = {r["name"]: str(r.get("type") or "string") for r in rows if isinstance(r.get("name"), str)}
    known = msgspec.structs.replace(reading.known, events=reading.known.events | {name: found})
    return msgspec.structs.replace(reading, known=known, asks=asks)


def _problem(answer: Answer) -> str:
    if answer.status in (401, 403):
        return "Could not be checked: Loops does not let this key read its definitions."
    if answer.status == 404:
        return "Could not be checked: this address has no such list (404)."
    return f"Could not be checked: Loops answered {answer.status}."


CHECKER = LoopsChecker()
