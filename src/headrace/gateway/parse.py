"""A body becomes accepted events, or the refusal that RudderStack's gateway would give. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from headrace.event import AcceptedEvent
from headrace.gateway.identity import as_text, json_string, rudder_id, sanitised
from headrace.gateway.json_text import InvalidJsonError, repaired, too_deep, utf8


class Refusal(msgspec.Struct, frozen=True):
    status: int
    text: str
    sample: bytes = b""  # the beginning of what was refused


INVALID_JSON = Refusal(400, "invalid json")
NOT_AN_EVENT = Refusal(400, "event is not a valid rudder event")
NOBODY = Refusal(400, "request neither has anonymousId nor userId")
EMPTY = Refusal(400, "empty batch payload")
TOO_LARGE = Refusal(413, "request size exceeds max limit")


ABSENT = msgspec.Raw(b"null")


class Envelope(msgspec.Struct, frozen=True):
    """The few fields of an event that the gateway looks at; its bytes are kept as they are."""

    user_id: msgspec.Raw = msgspec.field(name="userId", default=ABSENT)
    anonymous_id: msgspec.Raw = msgspec.field(name="anonymousId", default=ABSENT)
    message_id: msgspec.Raw = msgspec.field(name="messageId", default=ABSENT)
    request_ip: msgspec.Raw = ABSENT


class Batch(msgspec.Struct, frozen=True):
    batch: msgspec.Raw = ABSENT


class KeyedBatch(msgspec.Struct, frozen=True):
    batch: msgspec.Raw = ABSENT
    write_key: str | None = msgspec.field(name="writeKey", default=None)


class Context(msgspec.Struct, frozen=True):
    """What does not come from the body."""

    source_id: str
    received_at: int
    ip: str
    new_id: Callable[[], str]


_envelope = msgspec.json.Decoder(Envelope)
_batch = msgspec.json.Decoder(Batch)
_keyed = msgspec.json.Decoder(KeyedBatch)
_list = msgspec.json.Decoder(list[msgspec.Raw])
_any = msgspec.json.Decoder()

Parsed = list[AcceptedEvent] | Refusal


def single(body: bytes, kind: str, context: Context) -> Parsed:
    """One event whose type the route says."""
    return _with_repair(body, lambda clean: _single(clean, kind, context))


def batch(body: bytes, context: Context, empty_is_fine: bool = False) -> Parsed:
    """`{"batch": […]}`; each event has its own type. All or nothing."""
    return _with_repair(body, lambda clean: _batched(_batch.decode(clean).batch, context, empty_is_fine))


def bare(body: bytes, context: Context) -> Parsed:
    """One event, or a list of them, each with its own type: RudderStack's Webhook destination sends so."""

    def read(clean: bytes) -> Parsed:
        return _events(_list.decode(clean), context) if clean.lstrip()[:1] == b"[" else _single(clean, None, context)

    return _with_repair(body, read)


def key_in_body(body: bytes) -> str | None:
    """Segment's mobile SDKs put the write key into the body."""
    try:
        return _keyed.decode(utf8(body)).write_key
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError):
        return None


def _with_repair(body: bytes, read: Callable[[bytes], Parsed]) -> Parsed:
    """The fast way for what is well formed; the slow one for what can be repaired; all else is `invalid json`."""
    if not body or body[:3] == b"\xef\xbb\xbf" or too_deep(body):
        return _refused(INVALID_JSON, body)
    clean = utf8(body)
    try:
        found = read(clean)
        if not isinstance(found, Refusal):
            return found if _decodes(found) else read(repaired(clean))
        return _refused(found, body) if _is_json(clean) else _refused(INVALID_JSON, body)
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError, ValueError):
        pass  # mended below, or refused with its reason
    except InvalidJsonError:
        return _refused(INVALID_JSON, body)
    try:
        mended = repaired(clean)
    except InvalidJsonError:
        return _refused(INVALID_JSON, body)
    try:
        found = read(mended)
    except msgspec.ValidationError:
        return _refused(NOT_AN_EVENT, body)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return _refused(INVALID_JSON, body)
    return _refused(found, body) if isinstance(found, Refusal) else found


def _refused(refusal: Refusal, body: bytes) -> Refusal:
    return Refusal(refusal.status, refusal.text, body[:2048])


def _decodes(events: Sequence[AcceptedEvent]) -> bool:
    """Raw bytes let a little through that does not decode later (1e999, a lone surrogate). Decoding costs 3 µs."""
    try:
        for event in events:
            _any.decode(event.payload)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _is_json(body: bytes) -> bool:
    try:
        _any.decode(body)
    except (msgspec.DecodeError, RecursionError):
        try:
            repaired(body)
        except InvalidJsonError:
            return False
    return True


def _single(body: bytes, kind: str | None, context: Context) -> Parsed:
    first = body.lstrip()[:1]
    if first == b"[":
        return NOT_AN_EVENT
    if first != b"{":
        return NOBODY if kind is not None else NOT_AN_EVENT
    event = _event(body, kind, context)
    return event if isinstance(event, Refusal) else [event]


def _batched(raw: msgspec.Raw, context: Context, empty_is_fine: bool) -> Parsed:
    value = bytes(raw).strip()
    if value == b"null":
        return [] if empty_is_fine else EMPTY
    if value[:1] == b"{":  # one event where a list of one was meant
        event = _event(value, None, context)
        return event if isinstance(event, Refusal) else [event]
    if value[:1] != b"[":
        return NOT_AN_EVENT
    found = _events(_list.decode(value), context)
    return EMPTY if found == [] and not empty_is_fine else found


def _events(raws: Sequence[msgspec.Raw], context: Context) -> Parsed:
    events = []
    for raw in raws:
        event = _event(bytes(raw), None, context)
        if isinstance(event, Refusal):
            return event
        events.append(event)
    return events


def _event(payload: bytes, kind: str | None, context: Context) -> AcceptedEvent | Refusal:
    if payload[:1] != b"{" and payload.lstrip()[:1] != b"{":
        return NOT_AN_EVENT
    envelope = _envelope.decode(payload)
    user_id, anonymous_id = as_text(envelope.user_id), as_text(envelope.anonymous_id)
    if not user_id and not anonymous_id:
        return NOBODY
    return AcceptedEvent(
        context.source_id,
        _text(envelope.message_id) or context.new_id(),
        context.received_at,
        _text(envelope.request_ip) or context.ip,
        rudder_id(user_id, anonymous_id),
        kind,
        user_id,
        anonymous_id,
        payload,
    )


def _text(raw: msgspec.Raw) -> str:
    """A JSON text, sanitised; anything else counts as absent."""
    value = bytes(raw)
    if value[:1] != b'"':
        return ""
    return sanitised(json_string(value))
