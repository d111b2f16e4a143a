"""Looking a contact up in Loops; for a person who asks: whom to ask for, and what differs from what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote

from headrace.destinations.loops import identity
from headrace.destinations.port import Message, Request

NEVER_EQUAL = ("eventName", "eventProperties", "mailingLists")  # no properties of a contact


def find(by: Literal["email", "userId"], value: str) -> Request:
    return Request("GET", f"/v1/contacts/find?{by}={quote(value, safe='')}")


def question(message: Message) -> tuple[Request, str] | None:
    """The request that finds the event's contact, and whom it asks for in words; None: the event names nobody."""
    who = identity.identifiers(message)
    if who.emails:
        return find("email", who.emails[0]), f"email {who.emails[0]}"
    if who.user_ids:
        return find("userId", who.user_ids[0]), f"user ID {who.user_ids[0]}"
    return None


def contact_in(body: Any) -> dict[str, Any] | None:
    """Loops answers with a list of none or one."""
    first = body[0] if isinstance(body, list) and body else None
    return first if isinstance(first, dict) else None


def differences(sent: Mapping[str, Any], there: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Properties and lists that were sent and are not so in Loops now."""
    found = [
        {"name": name, "sent": value, "there": there.get(name)}
        for name, value in sent.items()
        if name not in NEVER_EQUAL and not _same(value, there.get(name))
    ]
    lists, known = sent.get("mailingLists"), there.get("mailingLists")
    if isinstance(lists, Mapping):
        on = known if isinstance(known, Mapping) else {}
        found += [
            {"name": f"mailingLists.{name}", "sent": value, "there": bool(on.get(name, False))}
            for name, value in lists.items()
            if bool(on.get(name, False)) != value
        ]
    return found


def _same(sent: Any, there: Any) -> bool:
    if isinstance(sent, str) and isinstance(there, str):
        return sent.strip().lower() == there.strip().lower()
    return bool(sent == there) or str(sent) == str(there)
