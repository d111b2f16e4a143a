"""What an answer of Loops means. By the status alone: its texts were reworded before."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from headrace.destinations.answers import retry_after
from headrace.destinations.loops import lookup
from headrace.destinations.port import (
    Answer,
    Ask,
    Delivered,
    KeyUsed,
    Pause,
    Refusal,
    Rendered,
    Request,
    Throttled,
    Unknown,
    Verdict,
)
from headrace.fate import SENTENCES, Code

PROBE = Request("GET", "/v1/api-key")
LISTS = Request("GET", "/v1/lists")
DETAILS = (LISTS, Request("GET", "/v1/event-patterns?perPage=10"))


def body_of(answer: Answer) -> Any:
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def said(answer: Answer) -> str:
    """Loops' own words, for a person; never used to decide."""
    body = body_of(answer)
    if isinstance(body, dict):
        for key in ("message", "error"):
            value = body.get(key)
            if isinstance(value, str):
                return value[:300]
    return answer.body[:200].decode(errors="replace").strip()


def wrong_address(base_url: str, answer: Answer) -> Pause:
    where = answer.headers.get("location")
    hint = f" It points to {where[:200]}." if where else ""
    return Pause(
        Code.WRONG_ADDRESS,
        f"There is no Loops API at {base_url}: it answered {answer.status}.{hint} Correct the address in the "
        "destination's configuration; nothing was lost, the queue is kept.",
    )


def not_now(answer: Answer) -> Throttled | Unknown | None:
    """Loops was too busy, or broken, to say anything."""
    if answer.status == 429:
        return Throttled(retry_after(answer))
    if answer.status == 408 or answer.status >= 500:
        return Unknown(Code.TIMEOUT if answer.status == 408 else Code.SERVER_ERROR, retry_after(answer))
    return None


def read(rendered: Rendered, answer: Answer, base_url: str) -> Verdict:
    status = answer.status
    if 200 <= status < 300:
        body = body_of(answer)
        good = isinstance(body, dict) and body.get("success") is True
        return Delivered() if good else wrong_address(base_url, answer)
    if (later := not_now(answer)) is not None:
        return later
    if status == 404 and rendered.kind == "delete":
        return Delivered()
    if status < 400 or status in (404, 405):
        return wrong_address(base_url, answer)
    words = said(answer)
    refusal = Refusal(Code.REFUSED, f"Loops refused it ({status}): {words}" if words else f"Loops refused it ({status}).")
    if status in (401, 403):
        return Ask(PROBE, "key", Refusal(refusal.code, refusal.reason, at_the_door=True))
    if status == 409:
        return KeyUsed() if rendered.kind == "event" else refusal
    if status == 400 and rendered.user_id and not rendered.email:
        return Ask(lookup.find("userId", rendered.user_id), "user", refusal)
    return refusal


def answered(ask: Ask, rendered: Rendered, answer: Answer, base_url: str) -> Verdict:
    """The verdict once Loops has told whether the key, or the person, is known to it."""
    if (later := not_now(answer)) is not None:
        return later
    if ask.purpose == "key":
        if answer.status in (401, 403):
            return Pause(Code.KEY_REFUSED, SENTENCES[Code.KEY_REFUSED])
        return ask.refusal if 200 <= answer.status < 300 else wrong_address(base_url, answer)
    if answer.status in (401, 403):
        return Pause(Code.KEY_REFUSED, SENTENCES[Code.KEY_REFUSED])
    found = body_of(answer)
    if answer.status != 200 or not isinstance(found, list):
        return ask.refusal
    if found:
        return ask.refusal
    who = f'user ID "{rendered.user_id}"'
    if rendered.kind == "contact":
        return Refusal(Code.NEW_CONTACT_NEEDS_EMAIL, SENTENCES[Code.NEW_CONTACT_NEEDS_EMAIL].replace("this user ID", who))
    return Refusal(Code.CONTACT_UNKNOWN, SENTENCES[Code.CONTACT_UNKNOWN].replace("this user ID", who))


def welcome(sentence: str, told: Sequence[Answer | None]) -> str:
    """ "Connected to team Acme: 3 mailing lists, 12 events." What was not told is left out."""
    lists, patterns = (body_of(answer) if answer is not None and answer.status == 200 else None for answer in told)
    found = []
    if isinstance(lists, list):
        found.append(_counted(len(lists), "mailing list"))
    paging = patterns.get("pagination") if isinstance(patterns, dict) else None
    total = paging.get("totalResults") if isinstance(paging, dict) else None
    if isinstance(total, int):
        found.append(_counted(total, "event"))
    return f"{sentence.rstrip('.')}: {', '.join(found)}." if found else sentence


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def team(answer: Answer) -> str | None:
    body = body_of(answer)
    name = body.get("teamName") if answer.status == 200 and isinstance(body, dict) else None
    return name if isinstance(name, str) and name else None


def connected(answer: Answer, base_url: str) -> Pause | Unknown | Throttled | str:
    if (later := not_now(answer)) is not None:
        return later
    if answer.status in (401, 403):
        return Pause(Code.KEY_REFUSED, SENTENCES[Code.KEY_REFUSED])
    body = body_of(answer)
    if answer.status == 200 and isinstance(body, dict) and body.get("success") is True:
        team = body.get("teamName")
        return f"Connected to team {team}." if isinstance(team, str) and team else "Connected."
    return wrong_address(base_url, answer)
