"""Taking a person out of delivery.db: what waits ends, what was keeps its count and loses its name. In SQL."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

import apsw
import msgspec

from headrace.delivery.retry import LANDS_LATE
from headrace.fate import Code
from headrace.journal.forgetting import ONCE_MORE, Course, Deletion, Forgotten, Whom, deletion, place, places
from headrace.routing.lanes import LINKS, link_key, read_link
from headrace.storage.sqlite.delivery import lanes, people
from headrace.storage.sqlite.delivery.schema import DEAD, NUMBER, SENDING, WAITING, rows
from headrace.storage.sqlite.delivery.words import Words, count_state

GONE = NUMBER["forgotten"]
MEMORIES = ("t\0", "c\0", "b\0")
NOTES = 1_000  # of one work, so that deliveries get their turn in between
COLUMNS = "id, selection, counts, state, at, changed_at"


# --- records ---------------------------------------------------------------------------------------------------------


def new(c: apsw.Connection, whom: Whom, by: str, now: int) -> int:
    c.execute(
        "insert into job(kind, destination, selection, counts, state, at, changed_at)"
        " values('forget', 0, ?, ?, 'running', ?, ?)",
        (_text(whom), _text(Course(by=by)), now, now),
    )
    return int(c.last_insert_rowid())


def keep(c: apsw.Connection, job_id: int, whom: Whom, course: Course, now: int) -> None:
    state = "done" if course.phase == "done" else "running"
    c.execute(
        "update job set selection=?, counts=?, state=?, changed_at=? where id=?",
        (_text(whom), _text(course), state, now, job_id),
    )


def read(c: apsw.Connection) -> list[Forgotten]:
    """Newest first."""
    found = rows(c, f"select {COLUMNS} from job where kind='forget' order by id desc")  # noqa: S608
    return [
        Forgotten(i, msgspec.json.decode(whom, type=Whom), msgspec.json.decode(course, type=Course), state, at, changed)
        for i, whom, course, state, at, changed in found
    ]


# --- who is meant ----------------------------------------------------------------------------------------------------


def seen_with(c: apsw.Connection, destination_id: str, name: str) -> tuple[str, ...]:
    """The identifiers last seen with this one at a destination."""
    found = rows(c, "select value from note where key=?", (link_key(destination_id, name),))
    return read_link(found[0][0]).with_ if found else ()


def letters(c: apsw.Connection, after: tuple[int, int], most: int) -> list[tuple[int, int, bytes]]:
    """(position, destination, event) of the next copies behind `after`."""
    return rows(
        c,
        "select position, destination, event from letter where position>0 and (position, destination)>(?,?)"
        " order by position, destination limit ?",
        (*after, most),
    )


def shown_as(c: apsw.Connection, names: Collection[str]) -> list[int]:
    """Positions whose fates say that they are of these people."""
    shown = persons(names)
    marks = ", ".join("?" * len(shown))
    return [p for (p,) in rows(c, f"select distinct position from delivery where person in ({marks})", tuple(shown))]  # noqa: S608


def known(c: apsw.Connection, names: Collection[str], destinations: Sequence[str]) -> bool:
    """Whether anything besides events tells that one of them was ever here."""
    for name in names:
        for table, column in (("sent", "identifier"), ("sighting", "identifier")):
            if rows(c, f"select 1 from {table} where {column}=? limit 1", (name,)):  # noqa: S608
                return True
        if any(rows(c, "select 1 from note where key=?", (link_key(d, name),)) for d in destinations):
            return True
    return False


def persons(names: Collection[str]) -> set[str]:
    """As lists show them."""
    return {("user:" if n.startswith("u:") else "email:") + n[2:] for n in names}


# --- what waits ------------------------------------------------------------------------------------------------------

END = (
    "update delivery set state=?, code=?, reason=null, at=?, next_at=null, intent=null, held=null, lanes=null, facts=null,"
    " warnings=null, name='', person='' where position=? and destination=?"
)


def end_open(
    c: apsw.Connection, turns: lanes.Turns, job_id: int, positions: Sequence[int], claimed: dict[int, set[int]], now: int
) -> tuple[int, Course]:
    """(still on their way, the course with what was ended here and which destinations may have taken one after all).

    Failed ones end too: nobody can replay them any more. What is on its way this very moment is left alone. What nobody
    could tell afterwards is written down with it.
    """
    busy = 0
    ((counts,),) = rows(c, "select counts from job where id=?", (job_id,))
    course = msgspec.json.decode(counts, type=Course)
    late: set[int] = set()
    for position in sorted(positions, reverse=True):  # nobody behind has to be made ready only to be ended next
        for destination, state, written, open_since, at in rows(
            c,
            "select destination, state, lanes, key_open_since, at from delivery where position=? and destination>0"
            " and state in (1, 2, 3, 7)",
            (position,),
        ):
            if position in claimed.get(destination, ()):
                busy += 1
                continue
            if state != DEAD:
                lanes.leave(c, turns, destination, position, json.loads(written) if written else ())
            c.execute(END, (GONE, Code.FORGOTTEN, now, position, destination))
            c.execute("delete from letter where position=? and destination=?", (position, destination))
            c.execute("update count_state set number=number-1 where destination=? and state=?", (destination, state))
            course.ended += 1
            if (open_since is not None or state == SENDING) and now - at < ONCE_MORE:
                late.add(destination)
    doubtful = {text for number in late for (text,) in rows(c, "select text from word where id=?", (number,))}
    course.late = tuple(sorted({*course.late, *doubtful}))
    if busy or doubtful:
        course.quiet_at = now + int(LANDS_LATE * 1000)
    c.execute("update job set counts=? where id=?", (_text(course), job_id))
    return busy, course


# --- asking destinations ---------------------------------------------------------------------------------------------


def ask(c: apsw.Connection, words: Words, turns: lanes.Turns, job_id: int, turn: int, whom: Whom, now: int) -> int:
    """One delivery for each name and destination, before everything else in its lane; how many."""
    asked, numbers = 0, {name: number for number, name in enumerate(whom.names)}
    for destination_id, wanted in whom.at.items():
        destination = words.number(c, destination_id)
        for name in wanted:
            position = place(job_id, turn, numbers[name])
            if rows(c, "select 1 from delivery where position=? and destination=?", (position, destination)):
                continue
            c.execute(
                "insert into delivery(position, destination, state, code, at, received_at, lanes, source, type, name,"
                " person)"
                " values(?,?,?,?,?,?,?,?,'delete','','')",
                (position, destination, WAITING, Code.ROUTED, now, now, json.dumps([name]), words.number(c, "headrace")),
            )
            c.execute("insert into letter values(?,?,?)", (position, destination, msgspec.json.encode(deletion(name))))
            count_state(c, destination, None, WAITING)
            lanes.enter(c, turns, destination, position, [name])
            asked += 1
    return asked


def asked(c: apsw.Connection, job_id: int) -> list[Deletion]:
    """What has become of each request."""
    states = {number: name for name, number in NUMBER.items()}
    found = rows(
        c,
        "select text, state, code, coalesce(reason, ''), at from delivery join word on word.id=destination"
        " where position between ? and ? order by position desc, destination",
        places(job_id),
    )
    return [Deletion(text, states[state], code, reason, at) for text, state, code, reason, at in found]


def ask_again(c: apsw.Connection, turns: lanes.Turns, job_id: int, now: int) -> int:
    """Those that were refused, once more."""
    found = rows(
        c, "select position, destination, lanes from delivery where position between ? and ? and state=7", places(job_id)
    )
    for position, destination, written in found:
        c.execute(
            "update delivery set state=?, code=?, reason=null, at=?, next_at=null, patience=0, blocked=0"
            " where position=? and destination=?",
            (WAITING, Code.ROUTED, now, position, destination),
        )
        count_state(c, destination, DEAD, WAITING)
        lanes.enter(c, turns, destination, position, json.loads(written) if written else ())
    return len(found)


# --- names go --------------------------------------------------------------------------------------------------------


def blank(c: apsw.Connection, positions: Sequence[int]) -> int:
    """The fates of these events stay, counted, and say nothing of anybody; how many."""
    changed = 0
    for position in positions:
        c.execute(
            "update delivery set person='', name='', reason=null, warnings=null, facts=null, lanes=null, held=null,"
            " intent=null where position=? and state not in (1, 2, 3)",
            (position,),
        )
        changed += c.changes()
        c.execute("delete from letter where position=?", (position,))
    return changed


def drop_memory(c: apsw.Connection, names: Collection[str]) -> None:
    """What was sent, sightings, names of events that are one of theirs, and replays of them alone."""
    for name in names:
        c.execute("delete from sent where identifier=?", (name,))
        for table in ("count_source", "count_destination"):
            c.execute(f"delete from {table} where name=?", (name[2:],))  # noqa: S608
            if name.startswith("e:"):
                c.execute(f"delete from {table} where instr(lower(name), ?)", (name[2:],))  # noqa: S608
    people.forget(c, names)
    theirs = {text.lower() for text in persons(names) | {name[2:] for name in names}}
    for job_id, selection in rows(c, "select id, selection from job where kind<>'forget'"):
        said = json.loads(selection)
        if str(said.get("person")).lower() in theirs:
            said["person"] = "(forgotten)"
            c.execute("update job set selection=?, state='done' where id=?", (json.dumps(said), job_id))


def drop_notes(c: apsw.Connection, names: Collection[str], browsers: Collection[str], after: str) -> str | None:
    """Links that name them, and what was said before, among the next notes; the key to go on behind, None at the end."""
    ends = {*browsers, *(f"anon:{b}" for b in browsers), *persons(names), *(n[2:] for n in names)}
    looked = rows(c, "select key, value from note where key>? order by key limit ?", (after, NOTES))
    for key, value in looked:
        filed = key.rpartition("\0")[2]
        theirs = filed in ends if key.startswith(MEMORIES) else key.startswith(LINKS) and filed in names
        if theirs or (key.startswith(LINKS) and set(names) & set(read_link(value).with_)):
            c.execute("delete from note where key=?", (key,))
    return looked[-1][0] if len(looked) == NOTES else None


def sweep(c: apsw.Connection, job_id: int, names: Collection[str]) -> None:
    """What the requests themselves left behind: their answers stand in the record."""
    first, last = places(job_id)
    for destination, state, number in rows(
        c, "select destination, state, count(*) from delivery where position between ? and ? group by 1, 2", (first, last)
    ):
        c.execute("update count_state set number=number-? where destination=? and state=?", (number, destination, state))
    for table in ("delivery", "letter", "recent"):
        c.execute(f"delete from {table} where position between ? and ?", (first, last))  # noqa: S608
    for name in names:
        c.execute("delete from sent where identifier=?", (name,))
    people.forget(c, names)


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
