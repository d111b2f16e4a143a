"""What was sent of a contact, and whether sending it again would change anything. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from headrace.delivery.port import Carried, Claimed, Sent
from headrace.destinations.port import Rendered
from headrace.event import identifier_name


def names(rendered: Rendered) -> tuple[str, ...]:
    """The identifiers a request names, as they are filed; () for what is no contact."""
    if rendered.kind not in ("contact", "event", "delete"):
        return ()
    user = (identifier_name("u", rendered.user_id),) if rendered.user_id else ()
    return user + ((identifier_name("e", rendered.email.strip().lower()),) if rendered.email else ())


def carried(account: str, rendered: Rendered, position: int, known: Mapping[str, Sent]) -> Carried | None:
    """What the request says of a contact; None when it says nothing that could change one.

    One identifier and nothing else says nothing. Two of them and nothing else only say that they belong together, which
    is nothing new where the last request that named them said so too.
    """
    named = names(rendered)
    if not named:
        return None
    whole = fingerprint(rendered)
    says_more = bool(rendered.contact or rendered.lists)
    if rendered.kind != "delete" and not says_more:
        together = _who(whole)
        if len(named) == 1 or all(name in known and _who(known[name].hash or "") == together for name in named):
            return None
    return Carried(account, named, whole, position, everything=rendered.kind == "delete")


def unchanged(rendered: Rendered, known: Mapping[str, Sent], window: float, now: int) -> int | None:
    """Position of the delivery that carried the very same contact within `window` seconds; None: it has to be sent."""
    named = names(rendered)
    if rendered.kind != "contact" or len(named) != 2 or window <= 0:
        return None
    whole = fingerprint(rendered)
    for name in named:
        last = known.get(name)
        if last is None or last.hash != whole or not 0 <= now - last.at < window * 1000:
            return None
    return known[named[0]].carrier


def superseded(claimed: Claimed, rendered: Rendered, known: Mapping[str, Sent]) -> bool:
    """Whether a replayed contact is older than one that was delivered for the same identifiers since."""
    if not claimed.job or claimed.force or rendered.kind != "contact":
        return False
    return any(known[name].position > claimed.position for name in names(rendered) if name in known)


def fingerprint(rendered: Rendered) -> str:
    """`<who>.<what>`: hashes of the identity, and of properties and lists."""
    who = _hash([rendered.user_id, rendered.email])
    return f"{who}.{_hash([rendered.contact, rendered.lists])}"


def _who(whole: str) -> str:
    return whole.partition(".")[0]


def _hash(value: Sequence[Any]) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:24]
