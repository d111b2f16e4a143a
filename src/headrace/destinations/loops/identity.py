"""Who an event is about, at Loops: user ID and email, and every place they may stand in."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from headrace.destinations.port import Identifiers

Message = Mapping[str, Any]


def part(message: Mapping[str, Any], *path: str) -> Any:
    """The value at `path`, None when it or a part of the way is missing or not an object."""
    value: Any = message
    for key in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def user_id_places(message: Message) -> Iterator[Any]:
    yield part(message, "userId")
    for place in (("traits",), ("context", "traits")):
        for key in ("userId", "id"):
            yield part(message, *place, key)


def email_places(message: Message) -> tuple[Any, Any, Any]:
    return (
        part(message, "traits", "email"),
        part(message, "context", "traits", "email"),
        part(message, "properties", "email"),
    )


def text(value: Any) -> str | None:
    """A usable identifier: texts that are not blank, and numbers as texts. Anything else is no identifier."""
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return str(int(value)) if value.is_integer() else repr(value)
    return None


def user_id(message: Message) -> str | None:
    return next((found for found in map(text, user_id_places(message)) if found), None)


def email(message: Message, from_properties: str, with_user_id: bool) -> str | None:
    """The contact's email, trimmed. `properties.email` counts as `email_from_properties` says."""
    in_traits, in_context, in_properties = map(text, email_places(message))
    found = in_traits or in_context
    if not found and (from_properties == "always" or (from_properties == "if_alone" and not with_user_id)):
        found = in_properties
    return found.strip() if found else None


def identifiers(message: Message) -> Identifiers:
    """Whatever any setting may make a request name."""
    users = tuple(dict.fromkeys(found for found in map(text, user_id_places(message)) if found))
    emails = tuple(dict.fromkeys(found.strip().lower() for found in map(text, email_places(message)) if found))
    return Identifiers(users, emails)
