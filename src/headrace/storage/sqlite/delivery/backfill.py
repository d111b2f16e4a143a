"""A backfill in delivery.db: every event it passes gets its fate at the destination, as if it had been connected. In SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import apsw
import msgspec

from headrace.fate import Code, State
from headrace.journal.jobs import Job, Preview, Progress
from headrace.routing.port import Passed, Routed
from headrace.storage.sqlite.delivery import jobs, lanes, routed
from headrace.storage.sqlite.delivery.schema import NUMBER, WAITING, rows
from headrace.storage.sqlite.delivery.words import Words, count_state

MISSED = (
    "received_at>=? and received_at<? and not exists (select 1 from delivery x where x.position=delivery.position and"
    " x.destination=? and x.code<>?) and state<>8"
)


def preview(
    c: apsw.Connection, words: Words, destination_id: str, until: Mapping[str, int], span: tuple[int, int], events: bool,
    anonymous: bool,
) -> Preview:  # fmt: skip
    """Counted from the fates of the events: at most so many. `anonymous`: it takes calls of nobody, too."""
    destination, totals, people = words.known(destination_id) or -1, [0, 0], 0
    named = "" if anonymous else " and person like '%:_%' and person not like 'anon:%'"
    for source_id, last in until.items():
        bound = (words.known(source_id), last, *span, destination, Code.NOT_BACKFILLED)
        ((contacts, others, who),) = rows(
            c,
            "select count(distinct position) filter (where type='identify'),"  # noqa: S608
            " count(distinct position) filter (where type not in ('identify', '')),"
            " count(distinct person) filter (where type not in ('identify', ''))"
            f" from delivery where source=? and position>0 and position<=? and {MISSED}{named}",
            bound,
        )
        totals = [totals[0] + contacts, totals[1] + others]
        people += who
    sent = totals[1] if events else 0
    return Preview(
        total=totals[0] + sent, contacts=totals[0], events=sent, people=people if events else 0,
        left_out=0 if events else totals[1],
    )  # fmt: skip


def step(
    c: apsw.Connection, words: Words, turns: lanes.Turns, job: Job, decided: Sequence[Routed], gone: Sequence[Passed],
    memory: Mapping[str, bytes | None], cursor: int, done: bool, now: int,
) -> bool:  # fmt: skip
    """One step; False when the job was cancelled or moved on by somebody else. Nothing that has a fate gets another."""
    found = rows(c, "select cursor, counts, state from job where id=?", (job.id,))
    if not found or found[0][0] != job.cursor or found[0][2] != "running":
        return False
    progress = msgspec.json.decode(found[0][1], type=Progress)
    for one in decided:
        waits = one.state is State.WAITING
        if _enter(c, words, turns, job.id, one, now):
            progress.put_back += int(waits)
            progress.passed += int(not waits)
    for passed in gone:
        if not _has(c, passed.position, words.number(c, passed.destination_id or "")):
            routed.pass_by(c, words, passed, now)
    routed.remember(c, memory, now)
    jobs.advance(c, job.id, cursor, progress, done, now)
    return True


def _has(c: apsw.Connection, position: int, destination: int) -> bool:
    return bool(rows(c, "select 1 from delivery where position=? and destination=?", (position, destination)))


def _enter(c: apsw.Connection, words: Words, turns: lanes.Turns, job: int, one: Routed, now: int) -> bool:
    destination = words.number(c, one.destination_id)
    key = (one.position, destination)
    before = rows(c, "select code from delivery where position=? and destination=?", key)
    if before and before[0][0] != Code.NOT_BACKFILLED:
        return False
    if before and one.state is not State.WAITING:
        return False
    if before:  # left out by a backfill of contacts only; now it is wanted
        c.execute(
            "update delivery set state=?, code=?, reason=null, at=?, facts=?, lanes=?, job=?"
            " where position=? and destination=?",
            (WAITING, one.code, now, routed.written_facts(one), routed.written_lanes(one), job, *key),
        )
        count_state(c, destination, NUMBER[State.FILTERED], WAITING)
        lanes.enter(c, turns, destination, one.position, one.lanes, live=False)
        return True
    c.execute("delete from delivery where position=? and destination=0 and code=?", (one.position, Code.NO_DESTINATION))
    routed.insert(c, words, turns, one, now, job)
    return True
