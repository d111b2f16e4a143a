"""A delivery's story in words for people who do not write software, and the buttons that help. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from headrace.clock import rfc3339
from headrace.fate import SENTENCES, Code, State
from headrace.journal.port import Attempt, Delivery

TYPES = {
    "identify": "An identify call: it creates or updates the contact.",
    "track": "A track call: it sends the event",
    "page": "A page call.",
    "screen": "A screen call.",
    "group": "A group call.",
    "alias": "An alias call.",
}
MENDING: dict[str, str] = {
    Code.NEW_CONTACT_NEEDS_EMAIL: "Call identify once with an email for this person; then replay this call.",
    Code.CONTACT_UNKNOWN: "Call identify with an email for this person; then replay this call.",
    Code.INVALID_EVENT: "Correct the call in your product. This one cannot be turned into a request as it is.",
    Code.OUTCOME_UNKNOWN: "Look in Loops whether it arrived. If not, send it again: it may send another email.",
    Code.REMOVED: "Its destination was deleted. Make a new one and replay it there.",
}
KINDS = {"question": "Headrace asked back", "preparation": "Headrace prepared the destination"}
STATUSES = {
    400: "something in the request does not suit it",
    401: "it does not accept the API Key",
    403: "the API Key may not do this",
    404: "it found nothing at this address",
    405: "there is no such address",
    408: "it took too long",
    409: "it has seen this request before",
    413: "the request is too big",
    422: "something in the request does not suit it",
    429: "it asks to slow down",
}


class Where(msgspec.Struct, frozen=True):
    """The destination as it stands now."""

    label: str  # of its type: "Loops"
    name: str
    state: str
    reason: str
    can_look_up: bool
    cloud: bool  # the real Loops
    filtering: bool  # its type has the setting Event filtering


class Told(msgspec.Struct, frozen=True):
    sentence: str
    chapters: list[dict[str, Any]]
    next: dict[str, Any]
    actions: list[dict[str, Any]]
    links: list[dict[str, str]]


def tell(found: Delivery, attempts: Sequence[Attempt], where: Where) -> Told:
    chapters = [_received(found), *(_attempt(a, where) for a in attempts)]
    state = found.fate.state
    if not attempts and found.fate.attempts:
        text = "The requests themselves are no longer kept."
        chapters.append(_chapter(found.fate.at, "idle", f"{found.fate.attempts} requests were made", text))
    if state in (State.FILTERED, State.UNCHANGED, State.DEAD, State.DELIVERED):
        chapters.append(_end(found, where))
    return Told(sentence(found, where), chapters, following(found, where), actions(found, where), links(found, where))


def sentence(found: Delivery, where: Where) -> str:
    """The whole in one line."""
    match found.fate.state:
        case State.DELIVERED:
            tries = found.fate.attempts
            return f"{where.label} accepted it" + (f", at attempt {tries}." if tries > 1 else ".")
        case State.UNCHANGED:
            return f"It was not sent: {where.label} has exactly this already."
        case State.FILTERED:
            return f"It was not sent to {where.name}. {found.fate.reason}"
        case State.DEAD:
            return f"It was not delivered, and is kept. {found.fate.reason}"
        case State.RETRYING:
            return f"{where.label} has not taken it yet. Headrace tries again by itself."
        case State.SENDING:
            return f"It is on its way to {where.label}."
    if where.state in ("paused", "down", "disabled"):
        return f"It waits, because {where.name} is {where.state}. Nothing is lost."
    return "It waits for its turn: deliveries of one person leave in order, inside the rate limit."


def following(found: Delivery, where: Where) -> dict[str, Any]:
    state = found.fate.state
    if state is State.DELIVERED and where.cloud:
        text = "Loops accepted it. Loops has no API for what happened next: open its Event Log."
        return {"text": text, "at": None}
    if state in (State.DELIVERED, State.UNCHANGED, State.FILTERED):
        return {"text": "Nothing more happens.", "at": None}
    if state is State.DEAD:
        return {
            "text": MENDING.get(found.fate.code, "It is not retried by itself. Mend the cause, then replay it."),
            "at": None,
        }
    if where.state in ("paused", "down", "disabled"):
        text = {
            "paused": f"It leaves when {where.name} runs again. {where.reason}",
            "down": f"Headrace looks again and again whether {where.name} is back; then it leaves.",
            "disabled": f"It leaves when {where.name} is enabled again.",
        }[where.state]
        return {"text": text.strip(), "at": None}
    if state is State.RETRYING and found.next_at:
        return {"text": "It is sent again.", "at": rfc3339(found.next_at)}
    return {"text": "It leaves as soon as it is first in line.", "at": None}


def actions(found: Delivery, where: Where) -> list[dict[str, Any]]:
    """The buttons that help here, the most helpful first."""
    state, code = found.fate.state, found.fate.code
    offered: list[dict[str, Any]] = []
    if code in (Code.KEY_REFUSED, Code.WRONG_ADDRESS) or where.state == "paused":
        offered.append(_action("open_settings", "Open the configuration", "editor"))
    if where.state in ("paused", "down") and state in (State.WAITING, State.RETRYING):
        offered.append(_action("resume", "Look now whether it is well", "editor"))
    elif state is State.RETRYING:
        offered.append(_action("retry_now", "Retry now", "editor"))
    if code == Code.EVENT_NOT_ALLOWED and where.filtering:
        offered.append(_action("open_filtering", "Open Event filtering", "editor"))
    if code in (Code.REFUSED, Code.INVALID_EVENT) and where.filtering:
        offered.append(_action("open_mapping", "Open Mapping", "editor"))
    if where.can_look_up and found.about.person and not found.about.person.startswith("anon:"):
        offered.append(_action("look_up", f"Look up in {where.label}", "editor"))
    if found.about.person:
        offered.append(_action("person", "Everything of this person", "viewer"))
    return offered


def links(found: Delivery, where: Where) -> list[dict[str, str]]:
    if not where.cloud or found.fate.state is State.FILTERED:
        return []
    return [
        {"label": "Audience in Loops", "url": "https://app.loops.so/audience"},
        {"label": "Events in Loops", "url": "https://app.loops.so/settings?page=events"},
    ]


def _received(found: Delivery) -> dict[str, Any]:
    kind = found.about.type
    text = TYPES.get(kind, "A call.")
    if kind == "track":
        text = f"{text} “{found.about.name}”." if found.about.name else "A track call without an event name."
    whom = found.about.person.partition(":")[2]
    about = f" It is about {whom}." if whom and not found.about.person.startswith("anon:") else ""
    return _chapter(found.received_at, "good", "The call came in", text + about)


def _attempt(a: Attempt, where: Where) -> dict[str, Any]:
    title = KINDS.get(a.kind, f"It was sent to {where.label}")
    if a.status is None:
        return _chapter(a.at, "wait", title, f"There was no answer: {a.error or 'unknown'}. Then: {a.outcome}.", a.number)
    meaning = STATUSES.get(a.status, "it has trouble of its own" if a.status >= 500 else "")
    if 200 <= a.status < 300:
        text, tone = f"{where.label} answered {a.status}: fine.", "good" if a.outcome.startswith("delivered") else "idle"
    else:
        text = f"{where.label} answered {a.status}" + (f": {meaning}." if meaning else ".")
        tone = "wait" if a.status >= 500 or a.status in (408, 429) else "bad"
    return _chapter(a.at, tone, title, f"{text} Then: {a.outcome}.", a.number)


def _end(found: Delivery, where: Where) -> dict[str, Any]:
    fate = found.fate
    title, tone = {
        State.DELIVERED: ("Delivered", "good"),
        State.UNCHANGED: ("Skipped", "idle"),
        State.FILTERED: ("Filtered", "idle"),
    }.get(State(fate.state), ("Failed", "bad"))
    text = fate.reason or SENTENCES.get(Code(fate.code), "")
    if fate.state is State.DELIVERED:
        text = text.replace("The destination", where.label)
        took = (fate.at - found.received_at) / 1000
        text += f" That was {took:.1f} s after the call came in." if took < 120 else ""
    return _chapter(fate.at, tone, title, text)


def _chapter(at: int, tone: str, title: str, text: str, attempt: int | None = None) -> dict[str, Any]:
    return {"at": rfc3339(at), "tone": tone, "title": title, "text": text, "attempt": attempt}


def _action(name: str, label: str, role: str, warning: str | None = None) -> dict[str, Any]:
    return {"id": name, "label": label, "warning": warning, "role": role}
