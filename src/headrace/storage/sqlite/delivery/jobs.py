"""Replays and backfills in delivery.db: what a selection holds, and putting it back into its lanes. In SQL.

Each step is one transaction with the job's cursor: after a kill it goes on behind the last one, and repeats nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import apsw
import msgspec

from headrace.delivery import keys
from headrace.event import identifier_name
from headrace.fate import Code, State
from headrace.journal.jobs import UNCERTAIN, Job, Preview, Progress, Returned, Row, Selection
from headrace.storage.sqlite.delivery import lanes
from headrace.storage.sqlite.delivery.schema import DEAD, NUMBER, WAITING, rows
from headrace.storage.sqlite.delivery.words import Words, count_state

COLUMNS = "job.id, kind, selection, cursor, counts, state, at, changed_at"
_doubtful = ", ".join(f"'{code}'" for code in UNCERTAIN)
# a contact leaves the same values however often it is sent: only events are in doubt
DOUBTFUL = f"(state=7 and type<>'identify' and (code in ({_doubtful}) or coalesce(key_open_since, ?) < ?))"


def new(c: apsw.Connection, kind: str, selection: Selection, progress: Progress, now: int) -> int:
    c.execute(
        "insert into job(kind, destination, selection, force, counts, state, at, changed_at)"
        " values(?, coalesce((select id from word where text=?), 0), ?, ?, ?, 'running', ?, ?)",
        (kind, selection.destination_id, _text(selection), int(selection.force), _text(progress), now, now),
    )
    return int(c.last_insert_rowid())


def same(c: apsw.Connection, kind: str, selection: Selection) -> Job | None:
    """The newest job with this very selection."""
    sql = f"select {COLUMNS} from job where kind=? and selection=? order by id desc limit 1"  # noqa: S608
    found = rows(c, sql, (kind, _text(selection)))
    return _job(found[0]) if found else None


def take_up(c: apsw.Connection, job: Job, progress: Progress, now: int) -> None:
    """From the start: what was put back is no longer selected, what failed again or came since is."""
    c.execute("update job set state='running', cursor=0, counts=?, changed_at=? where id=?", (_text(progress), now, job.id))


def go_on(c: apsw.Connection, job_id: int, now: int) -> None:
    c.execute("update job set state='running', changed_at=? where id=?", (now, job_id))


def end(c: apsw.Connection, job_id: int, state: str, now: int) -> None:
    c.execute("update job set state=?, changed_at=? where id=? and state='running'", (state, now, job_id))


def read(c: apsw.Connection, job_id: int | None = None, running: bool = False) -> list[Job]:
    """Newest first."""
    where = "kind in ('replay', 'backfill')"
    where += " and id=?" if job_id is not None else " and state='running'" if running else ""
    bindings = (job_id,) if job_id is not None else ()
    return [_job(row) for row in rows(c, f"select {COLUMNS} from job where {where} order by id desc limit 200", bindings)]  # noqa: S608


def backfills(c: apsw.Connection) -> list[Job]:
    return [_job(row) for row in rows(c, f"select {COLUMNS} from job where kind='backfill'")]  # noqa: S608


def outcomes(c: apsw.Connection, job_id: int) -> dict[str, int]:
    """What has become of what it put back, by state."""
    found = rows(c, "select state, count(*) from delivery where job=? and job>0 group by state", (job_id,))
    names = {number: name for name, number in NUMBER.items()}
    return {names[state]: number for state, number in found}


def letters_of(c: apsw.Connection, message_id: str) -> list[int]:
    found = rows(
        c, "select distinct position from letter where json_extract(cast(event as text), '$.messageId')=?", (message_id,)
    )
    return [row[0] for row in found]


# --- what is selected ------------------------------------------------------------------------------------------------


def selected(s: Selection, destinations: Sequence[int], positions: Sequence[int] | None) -> tuple[str, list[Any]]:
    """Condition and its bindings. `destinations`: those that exist; `positions`: of the message that is asked for."""
    where = ["position>0", f"destination in ({_marks(destinations)})"]
    bindings: list[Any] = list(destinations)
    numbers = [NUMBER[state] for state in s.states]
    where.append(f"state in ({', '.join(map(str, numbers))})")
    if numbers == [DEAD]:
        where.append("state in (1, 2, 3, 7)")  # lets the small index serve it
    if s.codes:
        where.append(f"code in ({_marks(s.codes)})")
        bindings += s.codes
    for condition, value in (("received_at>=?", s.since), ("received_at<?", s.until)):
        if value is not None:
            where.append(condition)
            bindings.append(value)
    if positions is not None:
        where.append(f"position in ({_marks(positions)})")
        bindings += positions
    if s.person:
        shown, named = names_of(s.person)
        where.append(
            f"(person in ({_marks(shown)}) or exists (select 1 from json_each(coalesce(delivery.lanes, '[]'))"  # noqa: S608
            f" where value in ({_marks(named)})))"
        )
        bindings += [*shown, *named]
    return " and ".join(where), bindings


def names_of(person: str) -> tuple[list[str], list[str]]:
    """(as lists show the person, as its lanes are named)"""
    kind, _, value = person.partition(":")
    if kind not in ("user", "email", "anon") or not value:
        kind, value = "", person
    shown = [f"{k}:{value.strip().lower() if k == 'email' else value}"[:200] for k in ("user", "email", "anon")]
    named = [identifier_name("u", value), identifier_name("e", value.strip().lower())]
    keep = {"user": 0, "email": 1}.get(kind)
    if kind == "":
        return shown, named
    return [s for s in shown if s.startswith(kind)], [named[keep]] if keep is not None else []


def preview(
    c: apsw.Connection, s: Selection, destinations: dict[str, int], positions: Sequence[int] | None,
    teams: dict[int, str], now: int,
) -> Preview:  # fmt: skip
    """`teams`: as what was sent is filed, by destination."""
    where, bindings = selected(s, list(destinations.values()), positions)
    names = {number: text for text, number in destinations.items()}
    states = {number: name for name, number in NUMBER.items()}
    found = rows(
        c,
        f"select destination, state, code, count(*) from delivery where {where} group by 1, 2, 3 order by 4 desc",  # noqa: S608
        tuple(bindings),
    )
    table = tuple(Row(names[d], states[state], code, number) for d, state, code, number in found)
    ((contacts, people, doubtful),) = rows(
        c,
        "select count(*) filter (where type='identify'), count(distinct person) filter (where type<>'identify'),"  # noqa: S608
        f" count(*) filter (where {DOUBTFUL}) from delivery where {where}",
        (now, now - keys.EXPIRES_AFTER, *bindings),
    )
    total = sum(row.number for row in table)
    return Preview(
        rows=table, total=total, contacts=contacts, events=total - contacts, people=people, uncertain=doubtful,
        superseded=_superseded(c, where, bindings, teams),
        delivered=sum(row.number for row in table if row.state == State.DELIVERED),
    )  # fmt: skip


def _superseded(c: apsw.Connection, where: str, bindings: Sequence[Any], teams: dict[int, str]) -> int:
    """Contacts of which newer values were delivered since, under any identifier of their lanes."""
    total = 0
    for destination, team in teams.items():
        ((number,),) = rows(
            c,
            f"select count(*) from delivery where {where} and destination=? and type='identify' and exists"  # noqa: S608
            " (select 1 from json_each(coalesce(delivery.lanes, '[]')) j join sent on sent.identifier=j.value"
            " and sent.team=? where sent.position>delivery.position)",
            (*bindings, destination, team),
        )
        total += number
    return total


class Candidate(msgspec.Struct, frozen=True):
    position: int
    destination: int
    state: int
    placed: bool  # whether it still has its lanes and facts
    new_key: bool


def next_candidates(
    c: apsw.Connection, job: Job, destinations: Sequence[int], positions: Sequence[int] | None, now: int, most: int
) -> list[Candidate]:
    """The next ones behind the job's cursor, by log position; all destinations of a position together."""
    where, bindings = selected(job.selection, destinations, positions)
    found = rows(
        c,
        f"select position, destination, state, {DOUBTFUL} from delivery where {where} and position>?"  # noqa: S608
        " order by position, destination limit ?",
        (now, now - keys.EXPIRES_AFTER, *bindings, job.cursor, most + len(destinations)),
    )
    if len(found) > most:  # the last position may be cut in two
        last = found[-1][0]
        found = [row for row in found if row[0] < last]
    return [
        Candidate(position, d, state, state == DEAD, bool(doubtful) or state == NUMBER[State.DELIVERED])
        for position, d, state, doubtful in found
    ]


# --- putting back ----------------------------------------------------------------------------------------------------


def put_back(
    c: apsw.Connection, words: Words, turns: lanes.Turns, job: Job, back: Sequence[Returned], cursor: int, passed: int,
    done: bool, now: int,
) -> bool:  # fmt: skip
    """One step; False when somebody else has moved the job on, or cancelled it."""
    found = rows(c, "select cursor, counts, state from job where id=?", (job.id,))
    if not found or found[0][0] != job.cursor or found[0][2] != "running":
        return False
    progress = msgspec.json.decode(found[0][1], type=Progress)
    allowed = {NUMBER[state] for state in job.selection.states}
    for returned in back:
        if _return(c, words.number(c, returned.destination_id), turns, job.id, returned, allowed, now):
            progress.put_back += 1
        else:
            progress.passed += 1
    progress.passed += passed
    advance(c, job.id, cursor, progress, done, now)
    return True


def advance(c: apsw.Connection, job_id: int, cursor: int, progress: Progress, done: bool, now: int) -> None:
    c.execute(
        "update job set cursor=max(cursor, ?), counts=?, state=?, changed_at=? where id=?",
        (cursor, _text(progress), "done" if done else "running", now, job_id),
    )


def _return(
    c: apsw.Connection, destination: int, turns: lanes.Turns, job: int, returned: Returned, allowed: set[int], now: int
) -> bool:
    key = (returned.position, destination)
    found = rows(c, "select state, lanes from delivery where position=? and destination=?", key)
    if not found or found[0][0] not in allowed:
        return False
    state, written = found[0]
    if returned.lanes is not None:
        written = json.dumps(returned.lanes, ensure_ascii=False) if returned.lanes else None
        c.execute("update delivery set facts=? where position=? and destination=?", (returned.facts, *key))
    c.execute(
        "update delivery set state=?, code=?, reason=null, at=?, next_at=null, patience=0, warnings=null, job=?, lanes=?,"
        " held=null, intent=null, carried_by=null, blocked=0, key_turn=key_turn+?,"
        " key_open_since=case when ? then null else key_open_since end,"
        " first_left_at=case when ? then null else key_open_since end where position=? and destination=?",
        (WAITING, Code.ROUTED, now, job, written, int(returned.new_key), returned.new_key, returned.new_key, *key),
    )
    count_state(c, destination, state, WAITING)
    lanes.enter(c, turns, destination, returned.position, json.loads(written) if written else (), live=False)
    return True


def _job(row: tuple[Any, ...]) -> Job:
    number, kind, selection, cursor, counts, state, at, changed = row
    wanted = msgspec.json.decode(selection, type=Selection)
    return Job(number, kind, wanted, cursor, msgspec.json.decode(counts, type=Progress), state, at, changed)


def _text(value: Selection | Progress) -> str:
    return msgspec.json.encode(value).decode()


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))
