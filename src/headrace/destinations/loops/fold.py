"""Which requests of one lane may be one: only where contact, lists and event end as they would, one after the other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from headrace.destinations.loops.translate import SEND, UPDATE
from headrace.destinations.port import Rendered, Request

NOT_ON_EVENTS = ("eventName", "eventProperties")


def joins(so_far: Rendered, following: Rendered, may_overwrite: frozenset[str] = frozenset()) -> bool:
    """`may_overwrite`: contact properties of which the newest value is enough."""
    if so_far.kind != "contact" or following.kind not in ("contact", "event"):
        return False
    if not _same_or_absent(so_far, following):
        return False
    if any(not _equal(so_far.contact[key], following.contact[key]) for key in _shared(so_far, following, may_overwrite)):
        return False
    if any(so_far.lists[key] is not value for key, value in following.lists.items() if key in so_far.lists):
        return False
    if _choices_clash(so_far, following):
        return False
    return following.kind == "contact" or _may_ride_on_an_event({**so_far.contact, **following.contact})


def _same_or_absent(so_far: Rendered, following: Rendered) -> bool:
    """A userId or email that is not there already would change what the earlier request names."""
    same_user = following.user_id is None or following.user_id == so_far.user_id
    return same_user and (following.email is None or following.email == so_far.email)


def _shared(so_far: Rendered, following: Rendered, may_overwrite: frozenset[str]) -> set[str]:
    return (so_far.contact.keys() & following.contact.keys()) - may_overwrite


def _equal(one: Any, other: Any) -> bool:
    """As JSON: 1 and true are not the same value."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _choices_clash(so_far: Rendered, following: Rendered) -> bool:
    """Who is unsubscribed cannot be added to a list, so `subscribed` and lists are only joined where they say the same."""
    before, after = _choices(so_far), _choices(following)
    both = ("subscribed" in before or "subscribed" in after) and bool(so_far.lists or following.lists)
    return both and bool(before) and bool(after) and not _equal(before, after)


def _choices(rendered: Rendered) -> dict[str, Any]:
    chosen: dict[str, Any] = {f"list {list_id}": value for list_id, value in rendered.lists.items()}
    if "subscribed" in rendered.contact:
        chosen["subscribed"] = rendered.contact["subscribed"]
    return chosen


def _may_ride_on_an_event(contact: Mapping[str, Any]) -> bool:
    return not any(value is None or name in NOT_ON_EVENTS for name, value in contact.items())


def merged(so_far: Rendered, following: Rendered) -> Rendered:
    """Both in one request; `joins` has said yes."""
    return _built(
        following if following.kind == "event" else so_far,
        user_id=so_far.user_id,
        email=so_far.email,
        contact={**so_far.contact, **following.contact},
        lists={**so_far.lists, **following.lists},
    )


def without_event(rendered: Rendered) -> Rendered:
    plain = Rendered(Request("PUT", UPDATE), "contact")
    return _built(plain, rendered.user_id, rendered.email, rendered.contact, rendered.lists)


def _built(
    base: Rendered, user_id: str | None, email: str | None, contact: dict[str, Any], lists: dict[str, bool]
) -> Rendered:
    """`base` says of which kind it is, and which event it is."""
    body: dict[str, Any] = dict(contact)
    body |= ({"userId": user_id} if user_id else {}) | ({"email": email} if email else {})
    if base.kind == "event":
        body["eventName"] = base.event_name
        if base.event_properties is not None:
            body["eventProperties"] = base.event_properties
    if lists:
        body["mailingLists"] = lists
    request = Request("POST", SEND, body) if base.kind == "event" else Request("PUT", UPDATE, body)
    return msgspec.structs.replace(
        base, request=request, user_id=user_id, email=email, contact=contact, lists=lists, warnings=()
    )
