"""`compatibility: rudderstack`: the same method, URL and JSON value of the body as RudderStack's connector.

From the description of its behaviour, not from its code. A value is "there" when it is not null; an empty text, 0 and
false are there, and stop the search for another place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headrace.destinations.loops.identity import part, text
from headrace.destinations.loops.translate import SEND, UPDATE
from headrace.destinations.port import Filtered, Refused, Rendered, Request, Translation
from headrace.fate import SENTENCES, Code

USER_ID = (
    ("userId",),
    ("traits", "userId"),
    ("traits", "id"),
    ("context", "traits", "userId"),
    ("context", "traits", "id"),
)
EMAIL = (("traits", "email"), ("context", "traits", "email"), ("properties", "email"))


def translate(message: Mapping[str, Any]) -> Translation:
    kind = message.get("type")
    if kind not in ("identify", "track"):
        return Filtered(Code.TYPE_NOT_TAKEN, SENTENCES[Code.TYPE_NOT_TAKEN])
    user_id, email = _first(message, USER_ID), _first(message, EMAIL)
    own = message.get("traits")
    traits = own if own is not None else part(message, "context", "traits")
    body: dict[str, Any] = dict(traits) if isinstance(traits, Mapping) else {}
    body |= {"userId": user_id, "email": email}
    if kind == "identify":
        if not _given(email):
            return Refused(Code.INVALID_EVENT, "RudderStack's connector refuses an identify call without an email.")
        return _rendered(Request("PUT", UPDATE, _without_nulls(body)), "contact", user_id, email)
    if not _given(email) and not _given(user_id):
        return Refused(Code.INVALID_EVENT, "RudderStack's connector refuses a track call without email and userId.")
    if not _given(message.get("event")):
        return Refused(Code.INVALID_EVENT, "The track call has no event name. Look at `event` in the call.")
    body |= {"eventName": message["event"], "eventProperties": message.get("properties")}
    return _rendered(Request("POST", SEND, _without_nulls(body)), "event", user_id, email, message["event"])


def _first(message: Mapping[str, Any], places: tuple[tuple[str, ...], ...]) -> Any:
    return next((value for value in (part(message, *place) for place in places) if value is not None), None)


def _given(value: Any) -> bool:
    """Truth as JavaScript has it: empty lists and objects are something, an empty text and 0 are nothing."""
    return isinstance(value, list | Mapping) or bool(value)


def _without_nulls(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if value is not None}


def _rendered(request: Request, kind: Any, user_id: Any, email: Any, event: Any = None) -> Rendered:
    body = request.body
    contact = {key: value for key, value in body.items() if key not in ("userId", "email", "eventName", "eventProperties")}
    return Rendered(
        request,
        kind,
        text(user_id),
        text(email),
        contact,
        event_name=text(event),
        event_properties=body.get("eventProperties"),
    )
