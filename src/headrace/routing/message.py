"""An event of the log as destinations read it, and what lists say of it. Never fails for what the gateway accepted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from headrace.event import About, LoggedEvent
from headrace.routing import times

SHOWN = 200  # characters of a name or person that lists keep


def decode(event: LoggedEvent) -> dict[str, Any]:
    """The sender's JSON with our fields laid over it.

    Laid over: messageId, receivedAt, request_ip and rudderId as the gateway noted them, `type` where the route said
    it, and originalTimestamp, sentAt and timestamp as RFC 3339 with milliseconds (gateway.md §2.5). A payload that is
    no JSON object, which the gateway lets through nowhere, gives these fields alone.
    """
    message = _object(event.payload)
    received = times.from_ms(event.received_at)
    original = times.parse(message.get("originalTimestamp")) or received
    sent = times.parse(message.get("sentAt")) or received
    stamp = times.parse(message.get("timestamp")) or _skew_corrected(received, sent, original)
    message |= {
        "messageId": event.message_id,
        "receivedAt": times.show(received),
        "request_ip": event.request_ip,
        "rudderId": event.rudder_id,
        "originalTimestamp": times.show(original),
        "sentAt": times.show(sent),
        "timestamp": times.show(stamp),
    }
    if event.type is not None:
        message["type"] = event.type
    return message


def about(event: LoggedEvent, message: Mapping[str, Any] | None = None) -> About:
    """What lists show. `message` is what `decode` gave; without it (a duplicate's marker) the log's entry must do."""
    message = {} if message is None else message
    kind = type_of(message) or type_of({"type": event.type})
    return About(event.source_id, kind[:SHOWN], _name(kind, message)[:SHOWN], person(event, message)[:SHOWN])


def type_of(message: Mapping[str, Any]) -> str:
    """The type in lower case without blanks around it; "" when there is none."""
    kind = message.get("type")
    return kind.strip().lower() if isinstance(kind, str) else ""


def person(event: LoggedEvent, message: Mapping[str, Any]) -> str:
    """Whom it is about: "user:<userId>", else "email:<email>", else "anon:<anonymousId>", else ""."""
    if event.user_id:
        return f"user:{event.user_id}"
    email = _email(message)
    if email:
        return f"email:{email}"
    return f"anon:{event.anonymous_id}" if event.anonymous_id else ""


def named_together(event: LoggedEvent, message: Mapping[str, Any]) -> tuple[str, ...]:
    """Every identifier of the person, for the People page: "u:<userId>", "e:<email>", "a:<anonymousId>"."""
    named = (("u", event.user_id), ("e", _email(message)), ("a", event.anonymous_id))
    return tuple(f"{kind}:{value[:SHOWN]}" for kind, value in named if value)


def part(value: object, key: str) -> Mapping[str, Any]:
    """The object under `key`, an empty one when there is none."""
    found = value.get(key) if isinstance(value, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _email(message: Mapping[str, Any]) -> str:
    for holder in (part(message, "traits"), part(part(message, "context"), "traits"), part(message, "properties")):
        email = holder.get("email")
        if isinstance(email, str) and email.strip():
            return email.strip().lower()
    return ""


def _name(kind: str, message: Mapping[str, Any]) -> str:
    if kind == "track":
        name = message.get("event")
    elif kind in ("page", "screen"):
        name = message.get("name") or part(message, "properties").get("name")
    else:
        return ""
    return name if isinstance(name, str) else "" if name is None else str(name)


def _skew_corrected(received: datetime, sent: datetime, original: datetime) -> datetime:
    try:
        return received - (sent - original)
    except OverflowError:  # clocks thousands of years apart
        return received


def _object(payload: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        found = _repaired(payload)
    return found if isinstance(found, dict) else {}


def _repaired(payload: bytes) -> object:
    """What the strict parser refuses: broken UTF-8 and lone surrogates become U+FFFD."""
    try:
        loose = json.dumps(json.loads(payload.decode("utf-8", "replace")), ensure_ascii=False, allow_nan=False)
        clean = loose.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        found: object = msgspec.json.decode(clean)
    except (ValueError, RecursionError):  # no JSON at all, beyond a double, or deeper than anything can read
        return None
    return found
