"""The calls that fill a store: the stream of a real product, hour after hour, as the gateway would have accepted them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import msgspec

from benchmarks.stream import Stream
from headrace.event import About, LoggedEvent

HOUR = 3_600_000  # ms
OF_AN_HOUR = 0.02  # share of all people who come in one hour
PAGES = ("Home", "Pricing", "Docs", "Settings", "Projects", "Project", "Billing", "Team")
LIBRARY = {"name": "RudderLabs JavaScript SDK", "version": "3.11.0"}
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"


class Shape(msgspec.Struct, frozen=True):
    """How much, of whom, and until when. `share` of the people use the source that is connected."""

    events: int
    hours: int
    end: int  # ms
    people: int
    share: float
    connected: str  # source ids
    other: str


class Said(msgspec.Struct):
    """One accepted call. `size` of the block it was committed in stands at the block's first."""

    event: LoggedEvent
    body: dict[str, Any]
    size: int = 0

    def about(self) -> About:
        kind = self.body.get("type", "")
        name = self.body.get("event") or self.body.get("name") or ""
        return About(self.event.source_id, kind, name, f"user:{self.event.user_id}")


def hours(shape: Shape, first: int = 0, until: int | None = None) -> Iterator[list[Said]]:
    """The same each time, whichever process asks for which hours."""
    for hour in range(first, shape.hours if until is None else until):
        before = shape.events * hour // shape.hours
        wanted = shape.events * (hour + 1) // shape.hours - before
        said = _hour(shape, hour, wanted, before + 1)
        assert len(said) == wanted, "the stream gave too few calls"
        yield said


def _hour(shape: Shape, hour: int, wanted: int, position: int) -> list[Said]:
    dice = random.Random(hour)
    people = max(20, int(shape.people * OF_AN_HOUR))
    first = dice.randrange(max(1, shape.people - people))
    enough = max(wanted * 1.1, wanted + 10 * wanted**0.5)  # of few calls chance takes more than a tenth
    stream = Stream(f"hour {hour}", 3600.0, enough / 3600, people, first)
    chosen = sorted(dice.sample(range(len(stream.calls)), min(wanted, len(stream.calls))))
    began = shape.end - (shape.hours - hour) * HOUR
    found: list[Said] = []
    left = 0
    for number in chosen:
        call = stream.calls[number]
        body = _dressed(call.body, call.user, dice)
        at = began + int(min(stream.times[number], 3599.0) * 1000)
        said = _said(shape, position + len(found), at, call.user, body, dice, found)
        if not left:
            left = said.size = 1 if dice.random() < 0.6 else dice.randint(2, 8)
        left -= 1
        found.append(said)
    return found


def _dressed(body: dict[str, Any], user: str, dice: random.Random) -> dict[str, Any]:
    """As a browser's SDK sends it; three tracks in ten are page views instead."""
    page = dice.choice(PAGES)
    body["anonymousId"] = f"browser-{user}-{dice.randrange(3)}"
    context = {"path": f"/{page.lower()}", "url": f"https://app.example.com/{page.lower()}", "title": page}
    body["context"] = body["context"] | {"library": LIBRARY, "page": context, "userAgent": AGENT, "locale": "en-GB"}
    if body["type"] == "track" and dice.random() < 0.3:
        del body["event"]
        body |= {"type": "page", "name": page, "properties": context}
    return body


def _said(
    shape: Shape, position: int, at: int, user: str, body: dict[str, Any], dice: random.Random, before: list[Said]
) -> Said:
    source = shape.connected if is_connected(user, shape.share) else shape.other
    identifier, repeated = f"{position:08x}-{dice.getrandbits(64):016x}", None
    if before and dice.random() < 0.005:  # an SDK that heard no answer
        same = dice.choice(before[-200:]).event
        if same.duplicate_of is None:
            source, identifier, repeated, user = same.source_id, same.message_id, same.position, same.user_id
    payload = msgspec.json.encode(body | {"messageId": identifier}) if repeated is None else b""
    event = LoggedEvent(
        position, source, identifier, at, "203.0.113.7", user, None, user, body["anonymousId"], repeated, payload
    )
    return Said(event, body)


def is_connected(user: str, share: float) -> bool:
    return int(user.removeprefix("user")) * 2_654_435_761 % 2**32 < share * 2**32
