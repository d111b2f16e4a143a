"""A delivery's states in delivery.db: on its way, settled, final, each with its counters and lanes, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence

import apsw

from headrace.delivery.port import Intent, Settlement
from headrace.errors import Conflict
from headrace.fate import FINAL, State
from headrace.storage.sqlite.delivery import claims, lanes, rollups, sent
from headrace.storage.sqlite.delivery.schema import NUMBER, OPEN, SENDING, rows
from headrace.storage.sqlite.delivery.words import Words, count_state


def intend(c: apsw.Connection, words: Words, intents: Sequence[Intent]) -> None:
    """Raises Conflict when somebody whom a request was to carry is final by now."""
    for intent in intents:
        destination = words.number(c, intent.destination_id)
        for member in intent.members:
            if _move(c, member, destination, SENDING) is None:
                raise Conflict(f"Event {member} no longer waits for this destination.")
        claims.write_down(c, destination, intent)
        if intent.carried is not None:
            sent.clear(c, intent.carried, destination, intent.position, intent.at)


def settle(c: apsw.Connection, words: Words, turns: lanes.Turns, settlements: Sequence[Settlement]) -> None:
    for s in settlements:
        destination = words.number(c, s.destination_id)
        state = NUMBER[s.state]
        about = _move(c, s.position, destination, state)
        if about is None:
            continue  # ended meanwhile: its destination was removed
        claims.settle(c, destination, state, s)
        if s.carried is not None:
            sent.remember(c, s.carried, destination, s.position, s.at)
        if s.state in FINAL:
            _finish(c, turns, s, destination, about)
        else:
            due = s.next_at or 0
            lanes.stay(c, turns, destination, s.position, due if due > s.at else 0)
        if s.state is not State.WAITING:
            rollups.settled(c, destination, s.position, state, s.at, s.state is State.DELIVERED)


def _finish(
    c: apsw.Connection, turns: lanes.Turns, s: Settlement, destination: int, about: tuple[str, str, str | None]
) -> None:
    kind, name, written = about
    lanes.leave(c, turns, destination, s.position, json.loads(written) if written else ())
    if s.state is not State.DEAD:  # a dead letter keeps its lanes and facts: it may be replayed
        c.execute("update delivery set lanes=null, facts=null where position=? and destination=?", (s.position, destination))
        c.execute("delete from letter where position=? and destination=?", (s.position, destination))
    if s.copy is not None:
        c.execute("insert or replace into letter values(?,?,?)", (s.position, destination, s.copy))
    good, bad = s.state in (State.DELIVERED, State.UNCHANGED), s.state is State.DEAD
    if good or bad:
        c.execute(
            "insert into count_destination values(?,?,?,?,?,?,?) on conflict do update set"
            " delivered=delivered+excluded.delivered, failed=failed+excluded.failed,"
            " last_delivered=coalesce(excluded.last_delivered, last_delivered),"
            " last_failed=coalesce(excluded.last_failed, last_failed)",
            (destination, kind, name, int(good), s.at if good else None, int(bad), s.at if bad else None),
        )


def _move(c: apsw.Connection, position: int, destination: int, state: int) -> tuple[str, str, str | None] | None:
    """Keeps the counters with a transition; (type, name, lanes) of the delivery, None when it is final already."""
    for before, kind, name, written in rows(
        c,
        "select state, type, name, lanes from delivery where position=? and destination=?",
        (position, destination),
    ):
        if before in OPEN:
            count_state(c, destination, before, state)
            return kind, name, written
    return None
