"""Writing down what routing decided: deliveries with their lanes, fates without a delivery, notes and the cursor."""

from __future__ import annotations

import json
from collections.abc import Mapping

import apsw
import msgspec

from headrace.event import Facts
from headrace.fate import Code, State
from headrace.routing.port import Batch, Passed, Routed
from headrace.storage.sqlite.delivery import lanes, people, rollups
from headrace.storage.sqlite.delivery.schema import NUMBER, rows
from headrace.storage.sqlite.delivery.words import Words, count_state, unless_known

INSERT = (
    "insert into delivery(position, destination, state, code, at, received_at, facts, lanes, source, type, name,"
    " person, reason) values(?,?,?,?,?,?,?,?,?,?,?,?,?)"
)
MANY_NAMES = 10_000  # names counted of one source; a public write key must not make the table grow without end
OTHER = "(other names)"
PLAIN = Facts()
WITHOUT_DELIVERY = {Code.DUPLICATE: NUMBER["duplicate"], Code.FORGOTTEN: NUMBER["forgotten"]}
_facts = msgspec.msgpack.Encoder()


def route(c: apsw.Connection, words: Words, turns: lanes.Turns, batch: Batch, now: int) -> None:
    """Write the whole batch. One that was written before changes nothing."""
    done = rows(c, "select value from progress where name='cursor'")
    if done and done[0][0] >= batch.cursor:
        return
    for passed in batch.passed:
        pass_by(c, words, passed, now)
    for routed in batch.routed:
        insert(c, words, turns, routed, now)
    _count_events(c, words, batch)
    left_out = [(words.number(c, r.destination_id), r.position) for r in batch.routed if r.state is State.FILTERED]
    rollups.outcomes(c, NUMBER[State.FILTERED], now, left_out)
    newest = max((*(p.received_at for p in batch.passed), *(r.received_at for r in batch.routed)), default=now)
    people.see(c, batch.sightings, newest)
    remember(c, batch.memory, newest)
    c.execute("insert or replace into progress values('cursor', ?)", (batch.cursor,))


def pass_by(c: apsw.Connection, words: Words, passed: Passed, now: int) -> None:
    state = WITHOUT_DELIVERY.get(passed.code, NUMBER[State.FILTERED])
    destination = words.number(c, passed.destination_id) if passed.destination_id else 0
    about = passed.about
    c.execute(
        INSERT,
        (
            passed.position, destination, state, passed.code, now, passed.received_at, None, None,
            words.number(c, about.source_id), about.type, about.name, about.person, None,
        ),
    )  # fmt: skip


def insert(c: apsw.Connection, words: Words, turns: lanes.Turns, routed: Routed, now: int, job: int = 0) -> None:
    """`job`: the backfill it belongs to; 0: it is live."""
    destination, state, about = words.number(c, routed.destination_id), NUMBER[routed.state], routed.about
    waits = routed.state is State.WAITING
    c.execute(
        INSERT,
        (
            routed.position, destination, state, routed.code, now, routed.received_at,
            written_facts(routed) if waits else None,
            written_lanes(routed) if waits else None,
            words.number(c, about.source_id), about.type, about.name, about.person,
            unless_known(routed.code, routed.reason),
        ),
    )  # fmt: skip
    count_state(c, destination, None, state)
    if job:
        c.execute("update delivery set job=? where position=? and destination=?", (job, routed.position, destination))
    if waits:
        lanes.enter(c, turns, destination, routed.position, routed.lanes, live=job == 0)


def written_facts(routed: Routed) -> bytes | None:
    return _facts.encode(routed.facts) if routed.facts != PLAIN else None


def written_lanes(routed: Routed) -> str | None:
    return json.dumps(routed.lanes, ensure_ascii=False) if routed.lanes else None


def remember(c: apsw.Connection, memory: Mapping[str, bytes | None], at: int) -> None:
    """Notes by their keys; None forgets one."""
    for key, value in memory.items():
        if value is None:
            c.execute("delete from note where key=?", (key,))
        else:
            c.execute("insert or replace into note values(?,?,?)", (key, value, at))


def _count_events(c: apsw.Connection, words: Words, batch: Batch) -> None:
    """Each event once, however many destinations it has; duplicates not at all."""
    events = {entry.position: entry for entry in batch.passed if entry.code not in WITHOUT_DELIVERY}
    shown = {p: (e.about, e.received_at) for p, e in events.items()} | {
        e.position: (e.about, e.received_at) for e in batch.routed
    }
    rollups.events(c, [(words.number(c, a.source_id), a.type, at) for a, at in shown.values()])
    seen: dict[tuple[int, str, str], tuple[int, int]] = {}
    for about, received_at in shown.values():
        key = (words.number(c, about.source_id), about.type, about.name)
        number, last = seen.get(key, (0, 0))
        seen[key] = (number + 1, max(last, received_at))
    for (source, kind, name), (number, last) in seen.items():
        _count_name(c, source, kind, name, number, last)


def _count_name(c: apsw.Connection, source: int, kind: str, name: str, number: int, last: int) -> None:
    c.execute(
        "update count_source set number=number+?, last_seen=max(last_seen, ?) where source=? and type=? and name=?",
        (number, last, source, kind, name),
    )
    if c.changes():
        return
    ((known,),) = rows(c, "select count(*) from (select 1 from count_source where source=? limit ?)", (source, MANY_NAMES))
    kind, name = (kind, name) if known < MANY_NAMES else ("", OTHER)
    c.execute(
        "insert into count_source values(?,?,?,?,?) on conflict do update set number=number+excluded.number,"
        " last_seen=max(last_seen, excluded.last_seen)",
        (source, kind, name, number, last),
    )
