"""When those that wait for a retry are due, as changed from outside: all is well, a person asks, a clock was set back."""

from __future__ import annotations

import apsw

from headrace.delivery.retry import LANDS_LATE
from headrace.fate import Code
from headrace.storage.sqlite.delivery import lanes
from headrace.storage.sqlite.delivery.schema import RETRYING, rows

LATE = int(LANDS_LATE * 1000)  # ms in which what got no answer may still land: nobody of its lane leaves sooner


def clear(c: apsw.Connection, turns: lanes.Turns, destination: int, now: int) -> None:
    """All are due now, but for what timed out a moment ago."""
    c.execute(
        "update delivery set next_at=case when code=?1 and at+?3>?2 then min(next_at, at+?3, ?2+?3) end"
        " where destination=?4 and state=?5 and next_at is not null",
        (Code.TIMEOUT, now, LATE, destination, RETRYING),
    )
    for position, due in rows(
        c,
        "select r.position, coalesce(d.next_at, 0) from ready r"
        " join delivery d on d.position=r.position and d.destination=r.destination"
        " where r.destination=? and r.due>0 order by r.position",
        (destination,),
    ):
        lanes.make_ready(c, turns, destination, position, due)


def cap(c: apsw.Connection, turns: lanes.Turns, destination: int, latest: int) -> None:
    late = rows(
        c,
        "update delivery set next_at=?1 where destination=?2 and state=?3 and state in (1, 2, 3, 7) and next_at>?1"
        " returning position",
        (latest, destination, RETRYING),
    )
    for (position,) in sorted(late):
        if rows(c, "select 1 from ready where destination=? and position=?", (destination, position)):
            lanes.make_ready(c, turns, destination, position, latest)


def now(c: apsw.Connection, turns: lanes.Turns, destination: int, position: int) -> bool:
    """Whether it waited for its retry."""
    where = (position, destination)
    c.execute("update delivery set next_at=null where position=? and destination=? and state=3", where)
    waits = bool(c.changes())
    if rows(c, "select 1 from ready where position=? and destination=? and due>0", where):
        lanes.make_ready(c, turns, destination, position, 0)
    return waits
