"""Replays and backfills as values: what is sent again, what that would do, and how far it has come. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from headrace.fate import FINAL, Code, State

Kind = Literal["replay", "backfill"]
Going = Literal["running", "done", "cancelled"]
UNCERTAIN = (Code.OUTCOME_UNKNOWN, Code.KEY_USED)  # dead letters that the destination may have taken
NEEDS_CONTACT = (Code.NEW_CONTACT_NEEDS_EMAIL, Code.CONTACT_UNKNOWN)  # what an email mends


class Selection(msgspec.Struct, frozen=True):
    """Which deliveries. Two equal ones are the same job, unless `again` asks for a new one."""

    destination_id: str | None = None  # None: all
    states: tuple[str, ...] = (State.DEAD,)
    codes: tuple[str, ...] = ()
    since: int | None = None  # ms of receipt, inclusive
    until: int | None = None  # exclusive
    message_id: str | None = None
    person: str | None = None  # userId, email or anonymousId, or "user:…", "email:…", "anon:…"
    force: bool = False  # also what is older than values that were delivered since, or would change nothing
    events: bool = False  # of a backfill: everything, not only contacts

    def wrong(self) -> str | None:
        """A sentence for a person when nothing could be meant by this."""
        for state in self.states:
            if state not in FINAL:
                return f"Only what is final can be replayed: {', '.join(FINAL)}. {state!r} is not."
        known = [str(code) for code in Code]
        return next((f"There is no reason {code!r}." for code in self.codes if code not in known), None)


class Row(msgspec.Struct, frozen=True):
    """Selected deliveries of one destination, state and code."""

    destination_id: str
    state: str
    code: str
    number: int


class Preview(msgspec.Struct, frozen=True):
    """What a replay or backfill would do; nothing was changed."""

    rows: tuple[Row, ...] = ()
    total: int = 0
    contacts: int = 0  # identify calls
    events: int = 0  # calls that may start workflows
    people: int = 0  # whom those events are about
    superseded: int = 0  # older than values delivered since: not sent unless forced
    uncertain: int = 0  # the destination may have taken them
    delivered: int = 0  # it did take them
    left_out: int = 0  # of a backfill: events, when contacts only are asked for

    @property
    def doubtful(self) -> int:
        return self.uncertain + self.delivered


class Progress(msgspec.Struct):
    """How far a job has come: counted with each step, in the same transaction."""

    total: int = 0  # selected when it began
    put_back: int = 0
    passed: int = 0  # changed meanwhile, no longer kept, or not for the destination
    from_position: int = 1
    until: dict[str, int] = {}  # of a backfill: source id -> last position that was not routed live


class Job(msgspec.Struct, frozen=True):
    id: int
    kind: Kind
    selection: Selection
    cursor: int
    progress: Progress
    state: Going
    at: int
    changed_at: int


class Returned(msgspec.Struct, frozen=True):
    """A delivery that stands in its lanes again. `lanes` None: those it had."""

    position: int
    destination_id: str
    lanes: tuple[str, ...] | None = None
    facts: bytes | None = None
    new_key: bool = False


def warnings(kind: Kind, seen: Preview, forced: bool) -> list[str]:
    """What a person should know before saying yes."""
    said = []
    if seen.events:
        people = "1 person" if seen.people == 1 else f"{seen.people:,} people"
        events = "1 event" if seen.events == 1 else f"{seen.events:,} events"
        said.append(f"{events} may send emails to {people}.")
    if seen.uncertain:
        said.append(f"{seen.uncertain:,} may have been taken already: sending them again may send a second email.")
    if seen.delivered:
        said.append(f"{seen.delivered:,} were delivered already: sending them again may send a second email.")
    if seen.superseded and not forced:
        said.append(f"{seen.superseded:,} are older than values delivered since and will not be sent (--force sends them).")
    if kind == "backfill" and seen.left_out:
        said.append(f"{seen.left_out:,} events are left out; --events sends them too.")
    return said


def covered(jobs: Iterable[Job], source_id: str, destination_id: str, live_since: int, last: int) -> list[tuple[int, int]]:
    """Positions, as (first, last), that this connection has had: since it began, or by a backfill. Without overlap."""
    spans = [(live_since + 1, last)]
    for job in jobs:
        if job.kind == "backfill" and job.selection.destination_id == destination_id:
            end = min(job.cursor, job.progress.until.get(source_id, 0), last)
            spans.append((job.progress.from_position, end))
    joined: list[tuple[int, int]] = []
    for first, end in sorted(span for span in spans if span[0] <= span[1]):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((first, end))
    return joined
