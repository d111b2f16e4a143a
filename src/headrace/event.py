"""The words for an event: as accepted by the gateway, as it stands in the event log, and as it is read."""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec


class AcceptedEvent(msgspec.Struct, frozen=True):
    """One event the gateway has checked, before it is written. `payload` holds the sender's own bytes."""

    source_id: str
    message_id: str
    received_at: int  # ms since 1970 UTC, the gateway's clock
    request_ip: str
    rudder_id: str
    type: str | None  # the route's type on single-event routes; None: the payload's own
    user_id: str  # sanitised text, "" when absent; for indexes and persons, the payload keeps its own
    anonymous_id: str
    payload: bytes  # UTF-8 JSON object
    forgotten: bool = False  # of a person who was forgotten: nothing else of it is kept


class LoggedEvent(msgspec.Struct, frozen=True):
    """One entry of the event log. A duplicate is a marker: no payload, `duplicate_of` says of which position."""

    position: int  # 1, 2, 3 … in one total order
    source_id: str
    message_id: str
    received_at: int
    request_ip: str
    rudder_id: str
    type: str | None
    user_id: str
    anonymous_id: str
    duplicate_of: int | None
    payload: bytes
    forgotten: bool = False  # a marker: its person was forgotten


TYPES = ("identify", "track", "page", "screen", "group", "alias", "merge")


class About(msgspec.Struct, frozen=True):
    """What a list says of an event without opening it. Texts are cut to 200 characters."""

    source_id: str
    type: str  # lower case; "" when the event has none
    name: str  # the event's name on track, the page's on page and screen, else ""
    person: str  # "user:<userId>", else "email:<email>", else "anon:<anonymousId>", else ""


class Facts(msgspec.Struct, frozen=True):
    """What the order of the log says about an event; fixed at routing, stored with the delivery."""

    new_traits: tuple[str, ...] | None = None  # on track: names of traits that differ from those last seen; None: all
    repeated_choices: tuple[str, ...] = ()  # "subscribed", "mailingLists.<id>": context.traits repeats what was said before


LONGEST_NAME = 120  # characters of an identifier that its name keeps as they are


def identifier_name(kind: Literal["u", "e"], identifier: str) -> str:
    """`u:<userId>` or `e:<email>`, as lanes and what was sent are filed; a very long identifier is kept as its hash."""
    if len(identifier) > LONGEST_NAME:
        identifier = "#" + hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{kind}:{identifier}"
