"""Forgetting a person, as values: whom, how far it has come, and what is left to be said afterwards. Pure."""

from __future__ import annotations

from typing import Literal

import msgspec

Phase = Literal["suppress", "end", "ask", "clean", "erase", "wait", "sweep", "done"]
TAKING_OUT: tuple[Phase, ...] = ("suppress", "end", "ask", "clean", "erase")  # nothing is put back meanwhile
ONCE_MORE = 900_000  # ms after which those who may have got something late are asked again
LONGEST = 120  # characters of an identifier that lanes keep as it is


class Whom(msgspec.Struct, frozen=True):
    """`names`: "u:<userId>", "e:<email>", while it is under way; afterwards only the salted hashes are left."""

    hashes: tuple[str, ...]
    names: tuple[str, ...] = ()
    at: dict[str, tuple[str, ...]] = {}  # destination id -> the names it is asked to delete


class Deletion(msgspec.Struct, frozen=True):
    """A request to delete, and what the destination said."""

    destination_id: str
    state: str
    code: str
    reason: str
    at: int  # ms


class Course(msgspec.Struct):
    """How far it has come; counted as it goes."""

    by: str = ""  # who asked for it
    phase: Phase = "suppress"
    events: int = 0  # entries of the log that became markers
    deliveries: int = 0  # fates that no longer say whose they are
    ended: int = 0  # that waited
    late: tuple[str, ...] = ()  # destinations where a request may have been taken after all
    quiet_at: int = 0  # ms; what may land late has landed
    round: int = 1  # of asking destinations
    again_at: int = 0  # ms of the second round
    lifted: bool = False
    answers: tuple[Deletion, ...] = ()  # in the end; before, they are read where they stand
    waits_for: str = ""  # a sentence


class Seen(msgspec.Struct, frozen=True):
    """Whom forgetting somebody would concern."""

    whom: Whom
    events: int
    known: bool  # whether anything here tells of them
    record: int | None  # of the same person, who was forgotten before


class Forgotten(msgspec.Struct, frozen=True):
    id: int
    whom: Whom
    course: Course
    state: str  # running, done
    at: int
    changed_at: int


def name_of(user_id: str | None, email: str | None) -> str | None:
    """As it is filed; None when neither or both are given, or it is unusable."""
    if bool(user_id) == bool(email):
        return None
    name = f"u:{user_id}" if user_id else f"e:{(email or '').strip().lower()}"
    return name if 2 < len(name) <= LONGEST + 2 else None


def deletion(name: str) -> dict[str, str]:
    """The event that stands for a deletion request; no SDK can send one, its place in the log is below zero."""
    key = "userId" if name.startswith("u:") else "email"
    return {"type": "delete", key: name[2:], "messageId": "", "sourceId": ""}


def place(job_id: int, turn: int, number: int) -> int:
    """Where the request for the `number`-th name stands: before everything, and never where an event is."""
    return -(job_id * 10_000 + turn * 1_000 + number)


def places(job_id: int) -> tuple[int, int]:
    return place(job_id, 9, 999), place(job_id, 0, 0)
