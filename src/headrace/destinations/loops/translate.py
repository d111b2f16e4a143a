"""An event as the request that Loops gets: the headrace way of mapping, every deviation from RudderStack's marked Δ."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from headrace.destinations.loops import choices, identity
from headrace.destinations.loops.identity import part
from headrace.destinations.loops.properties import LONGEST, RESERVED, TooLongError, mapped
from headrace.destinations.loops.settings import LoopsSettings
from headrace.destinations.port import Filtered, Refused, Rendered, Request, Translation
from headrace.event import Facts
from headrace.fate import SENTENCES, Code

UPDATE = "/v1/contacts/update"
SEND = "/v1/events/send"
IDENTITY = ("userId", "email", "eventName", "eventProperties")


def kind_of(message: Mapping[str, Any]) -> str:
    value = part(message, "type")
    return value.strip().lower() if isinstance(value, str) else ""


def translate(message: Mapping[str, Any], settings: LoopsSettings, facts: Facts) -> Translation:
    """`message` has passed the filters. Never raises, whatever the message holds."""
    kind = kind_of(message)
    user_id = identity.user_id(message)
    email = identity.email(message, settings.email_from_properties, user_id is not None)
    warnings: list[str] = []
    if user_id is None and email is None:
        return Filtered(Code.NOT_IDENTIFIED, SENTENCES[Code.NOT_IDENTIFIED])
    if email is not None and "@" not in email:
        return Refused(Code.INVALID_EVENT, f'The email "{email[:80]}" has no @. Look at `traits.email` in the call.')
    for what, value in (("user ID", user_id), ("email", email)):
        if value is not None and len(value) + 2 > LONGEST:
            return Refused(Code.INVALID_EVENT, f"The {what} has {len(value)} characters; Loops takes {LONGEST - 2}.")
    try:
        contact = _contact(message, kind, settings, facts, warnings)
        lists = choices.chosen(message, kind, facts.repeated_choices, warnings)
        if kind == "identify":
            return _identify(user_id, email, contact, lists, warnings)
        return _track(message, settings, user_id, email, contact, lists, warnings)
    except TooLongError as error:
        return Refused(Code.INVALID_EVENT, str(error))


def _identify(
    user_id: str | None, email: str | None, contact: dict[str, Any], lists: dict[str, bool], warnings: list[str]
) -> Rendered:
    body = contact | _who(user_id, email) | ({"mailingLists": lists} if lists else {})
    return Rendered(
        Request("PUT", UPDATE, body), "contact", user_id, email, contact, lists, warnings=tuple(warnings)
    )  # fmt: skip


def _track(
    message: Mapping[str, Any],
    settings: LoopsSettings,
    user_id: str | None,
    email: str | None,
    contact: dict[str, Any],
    lists: dict[str, bool],
    warnings: list[str],
) -> Translation:
    raw = part(message, "event")
    if not isinstance(raw, str) or not raw.strip():
        return Refused(Code.INVALID_EVENT, "The track call has no event name. Look at `event` in the call.")
    name = settings.events.renamed(raw)
    if ":" in name:
        warnings.append(f"`{name}`: Loops takes no colon in event names; sent as `{name.replace(':', '_')}`.")
        name = name.replace(":", "_")
    if len(name) + 2 > LONGEST:
        return Refused(Code.INVALID_EVENT, f"The event name has {len(name)} characters; Loops takes {LONGEST - 2}.")
    properties = part(message, "properties")
    body = contact | _who(user_id, email) | {"eventName": name}
    sent: Any = None
    if isinstance(properties, Mapping):
        sent = mapped(properties, settings.event_properties, settings, warnings)
        body["eventProperties"] = sent
    elif properties is not None:
        warnings.append("`properties` is not an object and was left out.")
    if lists:
        body["mailingLists"] = lists
    return Rendered(Request("POST", SEND, body), "event", user_id, email, contact, lists, name, sent, tuple(warnings))


def _who(user_id: str | None, email: str | None) -> dict[str, str]:
    return ({"userId": user_id} if user_id else {}) | ({"email": email} if email else {})


def _contact(
    message: Mapping[str, Any], kind: str, settings: LoopsSettings, facts: Facts, warnings: list[str]
) -> dict[str, Any]:
    """Contact properties that ride on the call, `subscribed` included, lists and identity not."""
    in_context, own = part(message, "context", "traits"), part(message, "traits")
    in_context = dict(in_context) if isinstance(in_context, Mapping) else {}
    own = dict(own) if isinstance(own, Mapping) else {}
    if kind == "track" or "subscribed" in facts.repeated_choices:
        in_context.pop("subscribed", None)
    if kind == "track":
        in_context, own = _on_track(in_context, own, settings, facts)
    traits = in_context | own
    for key in (*RESERVED, *choices.SPELLINGS, "userId", "email"):
        traits.pop(key, None)
    for key in ("eventName", "eventProperties"):
        if key in traits:
            warnings.append(f"The trait `{key}` is a word of Loops' own API and was left out.")
            del traits[key]
    kept = {key: value for key, value in traits.items() if value is not None}
    cleared = [key for key, value in traits.items() if value is None and settings.nulls == "clear"]
    contact = mapped(kept, settings.contact_properties, settings, warnings)
    for name in [*RESERVED, *IDENTITY, *choices.SPELLINGS]:
        if name in contact:
            warnings.append(f"A property may not be called `{name}` and was left out.")
            del contact[name]
    contact = {key: value for key, value in contact.items() if value is not None or settings.nulls == "clear"}
    for key in cleared:
        if settings.contact_properties.passes(key):
            contact[settings.contact_properties.renamed(key)] = None
    return contact


def _on_track(
    in_context: dict[str, Any], own: dict[str, Any], settings: LoopsSettings, facts: Facts
) -> tuple[dict[str, Any], dict[str, Any]]:
    if settings.traits_on_track == "none":
        return {}, {}
    if settings.traits_on_track == "new" and facts.new_traits is not None:
        fresh = set(facts.new_traits)
        return (
            {key: value for key, value in in_context.items() if key in fresh},
            {key: value for key, value in own.items() if key in fresh},
        )
    return in_context, own


def event_time(message: Mapping[str, Any]) -> int | None:
    """ms since 1970 of the event's `timestamp`, None when it has none that can be read."""
    stamp = part(message, "timestamp")
    if not isinstance(stamp, str):
        return None
    try:
        return int(datetime.fromisoformat(stamp).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
