"""The words for what became of an event: states, codes and their sentences."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class State(StrEnum):
    """State of a delivery. Routing makes `waiting` or `filtered`; delivery moves it on."""

    WAITING = "waiting"  # stands in its lanes, has not left yet
    SENDING = "sending"  # written down and on its way
    RETRYING = "retrying"  # left at least once, will leave again by itself
    DELIVERED = "delivered"  # final
    UNCHANGED = "unchanged"  # final: the same contact was sent already
    FILTERED = "filtered"  # final: by a setting, consent or type
    DEAD = "dead"  # final until replayed


OPEN = (State.WAITING, State.SENDING, State.RETRYING)
FINAL = (State.DELIVERED, State.UNCHANGED, State.FILTERED, State.DEAD)


class Code(StrEnum):
    """Stable reasons. `SENTENCES` has the words; `docs/reference/codes.md` is generated from both."""

    DELIVERED = "delivered"
    DELIVERED_409 = "delivered_409"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"
    DUPLICATE = "duplicate"
    FORGOTTEN = "forgotten"
    NO_DESTINATION = "no_destination"
    NOT_BACKFILLED = "not_backfilled"
    ROUTED = "routed"
    TYPE_NOT_TAKEN = "type_not_taken"
    INTEGRATIONS = "integrations"
    CONSENT = "consent"
    EVENT_NOT_ALLOWED = "event_not_allowed"
    IDENTIFY_OFF = "identify_off"
    NOT_IDENTIFIED = "not_identified"
    NOT_ON_TEST_LIST = "not_on_test_list"
    STALE = "stale"
    INVALID_EVENT = "invalid_event"
    NEW_CONTACT_NEEDS_EMAIL = "new_contact_needs_email"
    CONTACT_UNKNOWN = "contact_unknown"
    REFUSED = "refused"
    KEY_USED = "key_used"
    KEY_REFUSED = "key_refused"
    WRONG_ADDRESS = "wrong_address"
    PATIENCE = "patience"
    OUTCOME_UNKNOWN = "outcome_unknown"
    EXPIRED = "expired"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    INTERRUPTED = "interrupted"
    MAY_ARRIVE = "may_arrive"
    PAUSED_BY_HAND = "paused_by_hand"
    MANY_REFUSALS = "many_refusals"
    DISABLED = "disabled"
    REMOVED = "removed"
    LEFT_OUT = "left_out"
    RESTORED = "restored"


SENTENCES: dict[Code, str] = {
    Code.DELIVERED: "The destination accepted it.",
    Code.DELIVERED_409: "An earlier attempt whose answer never came had already been accepted (409).",
    Code.UNCHANGED: "The same contact, with the same properties and lists, was sent a short while ago; nothing would change.",
    Code.SUPERSEDED: "Newer values of this contact have been delivered since; sending these would undo them.",
    Code.DUPLICATE: "The same messageId was accepted from this source before.",
    Code.FORGOTTEN: "The person was forgotten on request.",
    Code.NO_DESTINATION: "The source was connected to no destination when it arrived.",
    Code.NOT_BACKFILLED: "The backfill of this destination sent contacts only; this event was left out.",
    Code.ROUTED: "It waits for its turn.",
    Code.TYPE_NOT_TAKEN: "This destination does not take this type of call.",
    Code.INTEGRATIONS: "The call's own `integrations` object excludes this destination.",
    Code.CONSENT: "The person did not consent to the categories this destination needs.",
    Code.EVENT_NOT_ALLOWED: "Event filtering on this destination leaves this event name out.",
    Code.IDENTIFY_OFF: "This destination is set not to send identify calls.",
    Code.NOT_IDENTIFIED: "This visitor is not identified. Call identify before track, so that the event belongs to a contact.",
    Code.NOT_ON_TEST_LIST: "While `only_to` is set, only the people it names are sent.",
    Code.STALE: "It is older than `stale_after` allows.",
    Code.INVALID_EVENT: "The call cannot be turned into a request.",
    Code.NEW_CONTACT_NEEDS_EMAIL: "Loops has no contact with this user ID, and this call has no email. A new contact needs one: "
    "call identify once with `email` (best: always). The call is kept; replay it afterwards.",
    Code.CONTACT_UNKNOWN: "Loops has no contact with this user ID yet. Call identify with an email before track. The event is kept.",
    Code.REFUSED: "The destination refused it.",
    Code.KEY_USED: "The destination had seen this request's idempotency key before, and no attempt of ours was left open.",
    Code.KEY_REFUSED: "Loops does not accept this key. Was it deleted, or copied in part? Paste a valid one in the destination's "
    "configuration; nothing was lost, the queue is kept.",
    Code.WRONG_ADDRESS: "There is no Loops API at this address. Check the destination's base URL; the queue is kept.",
    Code.PATIENCE: "It was retried for as long as `patience` allows while the destination answered others.",
    Code.OUTCOME_UNKNOWN: "It may have been taken: no answer came, and its idempotency key has expired. Send it again by hand.",
    Code.EXPIRED: "It waited longer than events are kept waiting. It is kept and can be replayed.",
    Code.RATE_LIMITED: "The destination asked to slow down (429).",
    Code.SERVER_ERROR: "The destination answered with a server error.",
    Code.TIMEOUT: "No answer came in time.",
    Code.CONNECTION: "The destination could not be reached.",
    Code.MAY_ARRIVE: "Loops has no contact with this user ID, and an earlier request that got no answer may still arrive. It is sent "
    "with the email last seen once that cannot be any more, in a quarter of an hour; sooner, the event might count twice.",
    Code.INTERRUPTED: "Headrace stopped while the request was on its way.",
    Code.PAUSED_BY_HAND: "A person paused this destination.",
    Code.MANY_REFUSALS: "Twenty deliveries of different people were refused in a row, with none accepted between.",
    Code.DISABLED: "This destination is disabled. Its queue is kept.",
    Code.REMOVED: "The destination was removed.",
    Code.LEFT_OUT: "A person chose not to send what had been waiting. It is kept and can be replayed.",
    Code.RESTORED: "This data directory was restored from a backup, or copied: what waits may have been sent before.",
}


class Fate(msgspec.Struct, frozen=True):
    """What became of one event at one destination (or at all: `destination_id` None)."""

    position: int
    destination_id: str | None
    state: State | str  # a State, or "duplicate"/"forgotten" where no delivery was made
    code: Code | str
    reason: str  # one sentence for a person
    attempts: int
    at: int  # ms since 1970 UTC of the last change
    carried_by: int | None = None  # position of the event whose delivery's request carried this one
    warnings: tuple[str, ...] = ()
