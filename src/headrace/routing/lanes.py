"""Which lanes a delivery stands in: every identifier its request could name, and whoever was last seen with each."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from headrace.destinations.port import Identifiers
from headrace.event import identifier_name as lane

UNSEEN = 400 * 86_400_000  # ms after which a link is forgotten
REFRESH = 86_400_000  # ms; how exactly a link's age is known
LINKS = "l\0"  # what the keys of links begin with


class Link(msgspec.Struct, frozen=True, array_like=True):
    """Who an identifier was last seen with: the other kind's identifiers in the last event that named both."""

    with_: tuple[str, ...]
    at: int  # ms, when it was last seen, to the day


read_link = msgspec.msgpack.Decoder(Link).decode


def link_key(destination_id: str, lane: str) -> str:
    """The note under which a lane's link is kept."""
    return f"{LINKS}{destination_id}\0{lane}"


def own_lanes(identifiers: Identifiers) -> tuple[str, ...]:
    users = [lane("u", user) for user in identifiers.user_ids]
    emails = [lane("e", email) for email in identifiers.emails]
    return tuple(dict.fromkeys(users + emails))


def lanes(identifiers: Identifiers, links: Mapping[str, Link], now: int) -> tuple[str, ...]:
    """Own lanes and, one hop, those linked to them. `links` by lane; `now` is the event's time of receipt."""
    own = own_lanes(identifiers)
    linked = [
        other for mine in own if (link := links.get(mine)) is not None and now - link.at < UNSEEN for other in link.with_
    ]
    return tuple(dict.fromkeys((*own, *linked)))


def new_links(identifiers: Identifiers, links: Mapping[str, Link], now: int) -> dict[str, Link]:
    """The links this event changes: each userId with its emails and each email with its userIds.

    An identifier that comes alone keeps its link and counts as seen. A link that says the same already is written
    again only once a day, for its age.
    """
    users = tuple(lane("u", user) for user in identifiers.user_ids)
    emails = tuple(lane("e", email) for email in identifiers.emails)
    said = dict.fromkeys(users, emails) | dict.fromkeys(emails, users)
    changed: dict[str, Link] = {}
    for name, others in said.items():
        before = links.get(name)
        kept = others or (before.with_ if before is not None and now - before.at < UNSEEN else ())
        if kept and (before is None or before.with_ != kept or now - before.at >= REFRESH):
            changed[name] = Link(kept, now)
    return changed
