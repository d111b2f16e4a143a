"""Taking a person out of delivery.db: what waits ends, what was keeps its count and loses its name. In SQL."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

import apsw
import msgspec

from headrace.fate import Code
from headrace.journal.forgetting import Course, Forgotten, Whom, deletion, place, places
from headrace.storage.sqlite.delivery import lanes, people
from headrace.storage.sqlite.delivery.schema import DEAD, NUMBER, SENDING, WAITING, rows
from headrace.storage.sqlite.delivery.words import Words, count_state

GONE = NUMBER["forgotten"]
LINKS = "l\0"
MEMORIES = ("t\0", "c\0", "b\0")
COLUMNS = "id, selection, counts, state, at, changed_at"


class _Link(msgspec.Struct, frozen=True, array_like=True):
    with_: tuple[str, ...]
    at: int


_link = msgspec.msgpack.Decoder(_Link)


# --- records ---------------------------------------------------------------------------------------------------------


def new(c: apsw.Connection, whom: Whom, now: int) -> int:
    c.execute(
        "insert into job(kind, destination, selection, counts, state, at, changed_at)"
        " values('forget', 0, ?, ?, 'running', ?, ?)",
        (_text(whom), _text(Course()), now, now),
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
    found = rows(c, "select value from note where key=?", (f"{LINKS}{destination_id}\0{name}",))
    return _link.decode(found[0][0]).with_ if found else ()


def letters(c: apsw.Connection) -> list[tuple[int, bytes]]:
    return [(position, event) for position, event in rows(c, "select position, event from letter where position>0")]


# --- what waits ------------------------------------------------------------------------------------------------------


def end_open(
    c: apsw.Connection, turns: lanes.Turns, positions: Sequence[int], claimed: dict[int, set[int]], now: int
) -> tuple[int, int, set[int]]:
    """(ended, still on their way, destinations where one may have been taken). What is on its way is left alone."""
    ended, busy = 0, 0
    late: set[int] = set()
    for position in sorted(positions, reverse=True):  # nobody behind has to be made ready only to be ended next
        for destination, state, written, open_since in rows(
            c,
            "select destination, state, lanes, key_open_since from delivery where position=? and destination>0"
            " and state in (1, 2, 3)",
            (position,),
        ):
            if position in claimed.get(destination, ()):
                busy += 1
                continue
            lanes.leave(c, turns, destination, position, json.loads(written) if written else ())
            c.execute(
                "update delivery set state=?, code=?, reason=null, at=?, next_at=null, intent=null, held=null"
                " where position=? and destination=?",
                (GONE, Code.FORGOTTEN, now, position, destination),
            )
            c.execute("update count_state set number=number-1 where destination=? and state=?", (destination, state))
            ended += 1
            if open_since is not None or state == SENDING:
                late.add(destination)
    return ended, busy, late


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


def asked(c: apsw.Connection, job_id: int) -> list[tuple[str, str, str, str]]:
    """(destination id, state, code, reason) of each request."""
    names = {number: name for name, number in NUMBER.items()}
    found = rows(
        c,
        "select text, state, code, coalesce(reason, ''), position from delivery join word on word.id=destination"
        " where position between ? and ?",
        places(job_id),
    )
    return [(text, names[state], code, reason) for text, state, code, reason, _ in found]


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
        for destination, _ in rows(c, "select destination, state from delivery where position=? and state=7", (position,)):
            c.execute(
                "update delivery set state=?, code=? where position=? and destination=?",
                (GONE, Code.FORGOTTEN, position, destination),
            )
            c.execute("update count_state set number=number-1 where destination=? and state=?", (destination, DEAD))
        c.execute("delete from letter where position=?", (position,))
    return changed


def drop_memory(c: apsw.Connection, names: Collection[str], browsers: Collection[str]) -> None:
    """Links, what was said and sent before, sightings. `browsers`: anonymousIds whose traits were remembered as theirs."""
    for name in names:
        c.execute("delete from sent where identifier=?", (name,))
    people.forget(c, names)
    for key, value in rows(c, "select key, value from note where key>=? and key<?", (LINKS, LINKS + "\U0010ffff")):
        filed = key.rpartition("\0")[2]
        if filed in names or set(names) & set(_link.decode(value).with_):
            c.execute("delete from note where key=?", (key,))
    shown = {("user:" if n.startswith("u:") else "email:") + n[2:] for n in names}
    ends = {*browsers, *shown, *(n[2:] for n in names)}
    for prefix in MEMORIES:
        for (key,) in rows(c, "select key from note where key>=? and key<?", (prefix, prefix + "\U0010ffff")):
            if key.rpartition("\0")[2] in ends:
                c.execute("delete from note where key=?", (key,))
    for job_id, selection in rows(c, "select id, selection from job where kind<>'forget'"):
        said = json.loads(selection)
        if said.get("person") in ends:
            said["person"] = "(forgotten)"
            c.execute("update job set selection=?, state='done' where id=?", (json.dumps(said), job_id))


def sweep(c: apsw.Connection, job_id: int, names: Collection[str]) -> None:
    """What the requests themselves left behind."""
    first, last = places(job_id)
    c.execute("update delivery set lanes=null, reason=null where position between ? and ?", (first, last))
    c.execute("delete from letter where position between ? and ?", (first, last))
    for name in names:
        c.execute("delete from sent where identifier=?", (name,))
    people.forget(c, names)


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
