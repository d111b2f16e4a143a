"""What a person is asked before a change is saved: what shall become of waiting events, and whether twice is meant. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from headrace.errors import Conflict, WorkspaceError
from headrace.settings import seconds
from headrace.workspace.model import Destination

OFF_FOR = 3_600_000  # ms; what a destination missed in an hour is sent without a question
LOOPBACK = ("127.0.0.1", "::1", "localhost")
HOW = "Answer with --waiting send, drop, or since:TIME (in the API: the field `waiting`)."


class Question(Conflict):
    """The change needs an answer first. `more` goes to programs."""

    def __init__(self, message: str, **more: Any) -> None:
        super().__init__(message)
        self.more = more


class Answers(msgspec.Struct, frozen=True):
    """`waiting`: `send`, `drop` or `since:TIME`; None: not answered. `twice`: sending everything twice is meant."""

    waiting: str | None = None
    twice: bool = False


class Account(msgspec.Struct, frozen=True):
    """Where a destination's requests go, as far as one knows. `team` is None while nobody has asked."""

    base_url: str
    team: str | None
    pace_key: str

    def is_also(self, other: Account) -> bool:
        if self.base_url != other.base_url:
            return False
        if self.team is not None and other.team is not None:
            return self.team == other.team
        return self.pace_key == other.pace_key


class Side(msgspec.Struct, frozen=True):
    """A destination as it is, or as it will be."""

    destination: Destination
    account: Account | None
    sources: frozenset[str] = frozenset()  # their names


def dropped_before(answer: str, now: int) -> int | None:
    """ms; what was received before is not sent. None: everything is sent. Raises WorkspaceError."""
    if answer == "send":
        return None
    if answer == "drop":
        return now + 1
    text = answer.removeprefix("since:")
    if text != answer:
        try:
            return now - int(seconds(text) * 1000)
        except ValueError:
            pass
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            at = None
        if at is not None and at.tzinfo is not None:
            return int(at.timestamp() * 1000)
    raise WorkspaceError(f"waiting: {answer!r} cannot be used. Use send, drop, since:2026-11-24T10:00:00Z or since:24h.")


def same_place(address: str, others: Sequence[str]) -> bool:
    """Whether it is one of them, by any of the names that this machine has for itself."""
    return _place(address) in {_place(other) for other in others}


def _place(address: str) -> tuple[str, int | None, str]:
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return "", None, address
    port = port or {"http": 80, "https": 443}.get(parts.scheme)
    return "localhost" if host in LOOPBACK else host, port, parts.path.rstrip("/")


def why_asked(before: Side | None, after: Side, off_since: int | None, now: int) -> str | None:
    """Why somebody has to say what becomes of waiting events, as the beginning of a sentence; None: nobody has to."""
    if before is None or not after.destination.enabled:
        return None
    name = after.destination.name
    if before.account is not None and after.account is not None:
        if before.account.base_url != after.account.base_url:
            return f"{name} gets another address"
        teams = (before.account.team, after.account.team)
        if None not in teams and teams[0] != teams[1]:
            return f"{name} gets another team ({teams[1]} instead of {teams[0]})"
    if not before.destination.enabled and off_since is not None and now - off_since > OFF_FOR:
        return f"{name} was off for {(now - off_since) / 3_600_000:.0f} h"
    return None


def about_waiting(why: str, name: str, waiting: int, oldest: int | None) -> Question:
    return Question(
        f"{why}, and {waiting} events wait for it. Send all, only what comes from now on, or what came since a time? {HOW}",
        question="waiting", why=why, destination=name, waiting=waiting, oldest=oldest,
    )  # fmt: skip


def reached_already(before: Side | None, after: Side, others: Sequence[Side]) -> dict[str, list[str]]:
    """Other destinations that reach the same account from the same sources, and did not a moment ago: name → sources."""
    found: dict[str, list[str]] = {}
    if after.account is None or not after.destination.enabled:
        return found
    for other in others:
        if not other.destination.enabled or other.account is None or not other.account.is_also(after.account):
            continue
        shared = after.sources & other.sources
        if before is not None and before.account is not None and before.destination.enabled:
            known = before.account.is_also(other.account)
            shared = shared - (before.sources if known else frozenset())
        if shared:
            found[other.destination.name] = sorted(shared)
    return found


def about_twice(name: str, found: Mapping[str, Sequence[str]]) -> Question:
    other, sources = next(iter(found.items()))
    return Question(
        f"{', '.join(sources)} reaches this team already, over {other}: every event would arrive twice. "
        f"Save {name} all the same with --twice (in the API: the field `twice`), or connect another source.",
        question="twice", destination=name, others={key: list(value) for key, value in found.items()},
    )  # fmt: skip
