"""People who were forgotten: whom an event names, and whether that is one of them. Only salted hashes are known. Pure."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote_plus

import msgspec

from headrace.event import AcceptedEvent, LoggedEvent, identifier_name

_any = msgspec.json.Decoder()


class Suppression(msgspec.Struct, frozen=True):
    salt: str = ""
    hashes: frozenset[str] = frozenset()

    def hides(self, event: AcceptedEvent | LoggedEvent) -> bool:
        """Whether the event names one of them. Looks into it only when anybody was forgotten."""
        return bool(self.hashes) and any(hashed(self.salt, name) in self.hashes for name in names(event))

    def stands_in(self, text: str) -> bool:
        """Whether a text that is no event, or only the beginning of one, names one of them anywhere."""
        return bool(self.hashes) and any(hashed(self.salt, name) in self.hashes for name in loose_names(text))


def hashed(salt: str, name: str) -> str:
    text = f"{salt}\0{name}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=16).hexdigest()


class _Who(msgspec.Struct, rename="camel"):
    """Where identifiers may stand; everything else is passed over, which takes a quarter of the time."""

    email: Any = None
    user_id: Any = None
    id: Any = None


class _Context(msgspec.Struct):
    traits: _Who | None = None


class _Call(msgspec.Struct, rename="camel"):
    user_id: Any = None
    previous_id: Any = None
    traits: _Who | None = None
    context: _Context | None = None
    properties: _Who | None = None


_call = msgspec.json.Decoder(_Call)
NOBODY = _Who()


def names(event: AcceptedEvent | LoggedEvent) -> set[str]:
    """`u:<userId>` and `e:<email>` of an event: the email may stand in traits, context.traits and properties."""
    if not event.payload:
        return _named(event.user_id, None, None, NOBODY, NOBODY, NOBODY)
    try:
        call = _call.decode(event.payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # traits that are a text, say
        return named(event.user_id, read(event.payload))
    inner = (call.context.traits if call.context is not None else None) or NOBODY
    return _named(event.user_id, call.user_id, call.previous_id, call.traits or NOBODY, inner, call.properties or NOBODY)


def named(user_id: str, message: Mapping[str, Any]) -> set[str]:
    """The same of a message that was read whole."""
    traits, inner = _who(_part(message, "traits")), _who(_part(_part(message, "context"), "traits"))
    properties = _who(_part(message, "properties"))
    return _named(user_id, message.get("userId"), message.get("previousId"), traits, inner, properties)


def _who(value: Mapping[str, Any]) -> _Who:
    return _Who(value.get("email"), value.get("userId"), value.get("id"))


def _named(user_id: str, said: Any, previous: Any, traits: _Who, inner: _Who, properties: _Who) -> set[str]:
    """Also whom an alias speaks of. An identifier inside the traits counts where the call has no userId of its own."""
    users = {user_id, _text(said)}
    if not any(users):
        users = {_text(text) for place in (traits, inner) for text in (place.user_id, place.id)}
    users.add(_text(previous))
    emails = {_text(place.email).strip().lower() for place in (traits, inner, properties) if place.email is not None}
    found = {identifier_name("u", user) for user in users if user}
    return found | {identifier_name("e", email) for email in emails if email}


WORDS = re.compile(r"""[^\s"'<>,;:=&?()\[\]{}\\]+""")
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


def loose_names(text: str) -> Iterator[str]:
    """Each word and each quoted text, as if it were a userId and, with an @, an email."""
    found = {word for form in {text, unquote_plus(text)} for word in (*WORDS.findall(form), *QUOTED.findall(form))}
    for word in found:
        yield identifier_name("u", word)
        if "@" in word:
            yield identifier_name("e", word.strip().lower())


def blank(event: AcceptedEvent) -> AcceptedEvent:
    """What is written instead: that there was one, and nothing of it."""
    return AcceptedEvent(event.source_id, "", event.received_at, "", "", None, "", "", b"", forgotten=True)


def unnamed(events: Sequence[AcceptedEvent], suppression: Suppression) -> Sequence[AcceptedEvent]:
    if not suppression.hashes:
        return events
    return [blank(event) if suppression.hides(event) else event for event in events]


def read(payload: bytes) -> Mapping[str, Any]:
    """{} for what is no JSON object."""
    try:
        found = _any.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            found = json.loads(payload.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            return {}
    return found if isinstance(found, Mapping) else {}


def _part(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = value.get(key)
    return found if isinstance(found, Mapping) else {}


def _text(value: Any) -> str:
    """As destinations read an identifier: numbers count as texts."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""
