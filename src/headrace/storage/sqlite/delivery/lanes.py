"""Lanes and the ready queue, in SQL. Every cost is a few index look-ups, however long the backlog.

`blocked` counts the lanes in which an older delivery stands before this one; at 0 it enters `ready`, whose `turn` says
in which order: a lane that was served goes to the end, because its next delivery becomes ready only then. One that is
blocked is never in `ready`, even while it is on its way (an older one was put before it): it comes back when it may.

What a replay or a backfill puts in gives way to live events (`background`), except where a live delivery waits in one of its
lanes: a lane is as urgent as its most urgent delivery.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import apsw

from headrace.storage.sqlite.delivery.schema import WAITING, rows


class Turns:
    """The next turn; grows for good. Continues above what is stored."""

    def __init__(self, connection: apsw.Connection) -> None:
        ((highest,),) = rows(connection, "select coalesce(max(turn), 0) from ready")
        self._last: int = highest

    def next(self) -> int:
        self._last += 1
        return self._last


def enter(
    connection: apsw.Connection, turns: Turns, destination: int, position: int, lanes: Sequence[str], live: bool = True
) -> None:
    """Put a delivery into its lanes, at its own place by position; ready when it is first in all of them."""
    blocked = 0
    if not live:  # it may stand below what was copied out of the log, and then holds the log again
        connection.execute(
            "update progress set value=min(value, ?1 - 1) where name='copied'"
            " and not exists (select 1 from letter where position=?1 and destination=?2)",
            (position, destination),
        )
    for lane in lanes:
        older = rows(
            connection,
            "select 1 from lane where destination=? and identifier=? and position<? limit 1",
            (destination, lane, position),
        )
        if older:
            blocked += 1
            if live:
                _hurry(connection, destination, lane)
        else:
            _overtake(connection, destination, lane, position)
        connection.execute("insert or ignore into lane values(?,?,?,?)", (destination, lane, position, int(live)))
    connection.execute("update delivery set blocked=? where position=? and destination=?", (blocked, position, destination))
    if blocked == 0:
        make_ready(connection, turns, destination, position, 0)


def _overtake(connection: apsw.Connection, destination: int, lane: str, position: int) -> None:
    """The one that was first in this lane no longer is; if it is on its way, it will not leave once more before."""
    for (first,) in rows(
        connection,
        "select position from lane where destination=? and identifier=? and position>? order by position limit 1",
        (destination, lane, position),
    ):
        connection.execute("update delivery set blocked=blocked+1 where position=? and destination=?", (first, destination))
        connection.execute("delete from ready where destination=? and position=?", (destination, first))


def _hurry(connection: apsw.Connection, destination: int, lane: str) -> None:
    """A live delivery waits in this lane now: whoever is first in it no longer gives way."""
    connection.execute(
        "update ready set background=0 where destination=?1 and background=1 and position="
        "(select position from lane where destination=?1 and identifier=?2 order by position limit 1)",
        (destination, lane),
    )


def leave(connection: apsw.Connection, turns: Turns, destination: int, position: int, lanes: Sequence[str]) -> None:
    """A delivery is final: the next of each of its lanes moves up."""
    connection.execute("delete from ready where destination=? and position=?", (destination, position))
    for lane in lanes:
        connection.execute(
            "delete from lane where destination=? and identifier=? and position=?", (destination, lane, position)
        )
        for (following,) in rows(
            connection,
            "select position from lane where destination=? and identifier=? order by position limit 1",
            (destination, lane),
        ):
            if following < position:
                continue  # it had been overtaken while on its way; that one is first anyway
            ((blocked, due),) = rows(
                connection,
                "update delivery set blocked=blocked-1 where position=? and destination=?"
                " returning blocked, coalesce(next_at, 0)",
                (following, destination),
            )
            if blocked == 0:
                make_ready(connection, turns, destination, following, due)


def stay(connection: apsw.Connection, turns: Turns, destination: int, position: int, due: int) -> None:
    """A delivery that is not final goes back to where it stood; not before one that was put before it meanwhile."""
    ((blocked,),) = rows(
        connection, "select blocked from delivery where position=? and destination=?", (position, destination)
    )
    if blocked == 0:
        make_ready(connection, turns, destination, position, due)


def make_ready(connection: apsw.Connection, turns: Turns, destination: int, position: int, due: int) -> None:
    ((job, names),) = rows(
        connection, "select job, lanes from delivery where position=? and destination=?", (position, destination)
    )
    gives_way = int(bool(job) and not _has_live(connection, destination, json.loads(names) if names else ()))
    connection.execute("delete from ready where destination=? and position=?", (destination, position))
    connection.execute("insert into ready values(?,?,?,?,?)", (destination, gives_way, due, turns.next(), position))


def _has_live(connection: apsw.Connection, destination: int, lanes: Sequence[str]) -> bool:
    sql = "select 1 from lane where destination=? and identifier=? and live=1 limit 1"
    return any(rows(connection, sql, (destination, lane)) for lane in lanes)


def wake_due(connection: apsw.Connection, turns: Turns, destination: int, now: int, most: int = 200) -> None:
    """Those whose time has come go to the end of the queue of those that may leave now."""
    for background in (0, 1):
        for (position,) in rows(
            connection,
            "select position from ready where destination=? and background=? and due>0 and due<=?"
            " order by due, turn limit ?",
            (destination, background, now, most),
        ):
            make_ready(connection, turns, destination, position, 0)


def first_ready(
    connection: apsw.Connection,
    destination: int,
    limit: int,
    claimed: set[int],
    share: int = 0,
    most_behind: int | None = None,
) -> list[int]:
    """Up to `limit` that may leave now: `share` of them are kept for the background, live ones take the rest."""
    live = _in_turn(connection, destination, 0, limit, claimed)
    room = max(min(share, limit), limit - len(live))
    behind = _in_turn(connection, destination, 1, room if most_behind is None else min(room, most_behind), claimed)
    return [*live[: limit - len(behind)], *behind]


def _in_turn(connection: apsw.Connection, destination: int, background: int, limit: int, claimed: set[int]) -> list[int]:
    if limit <= 0:
        return []
    found = rows(
        connection,
        "select position from ready where destination=? and background=? and due=0 order by turn limit ?",
        (destination, background, limit + len(claimed)),
    )
    return [position for (position,) in found if position not in claimed][:limit]


def next_due(connection: apsw.Connection, destination: int, claimed: set[int]) -> int | None:
    """ms at which the next of those that are not claimed becomes due; 0: now; None: nothing waits that could."""
    times = []
    for background in (0, 1):
        found = rows(
            connection,
            "select due, position from ready where destination=? and background=? order by due, turn limit ?",
            (destination, background, len(claimed) + 1),
        )
        times += [due for due, position in found if position not in claimed][:1]
    return min(times, default=None)


def followers(connection: apsw.Connection, destination: int, position: int, limit: int) -> list[int]:
    """Who would be next in all their lanes if `position`, and then each of these, were final: in order, none that left."""
    members = [position]
    names = rows(connection, "select lanes from delivery where position=? and destination=?", (position, destination))
    own: list[str] = json.loads(names[0][0]) if names and names[0][0] else []
    behind: set[int] = set()
    for lane in own:
        found = rows(
            connection,
            "select position from lane where destination=? and identifier=? and position>? order by position limit ?",
            (destination, lane, position, limit),
        )
        behind |= {row[0] for row in found}
    for candidate in sorted(behind):
        if len(members) > limit or not _is_next(connection, destination, candidate, members):
            break
        members.append(candidate)
    return members[1:]


def _is_next(connection: apsw.Connection, destination: int, position: int, members: list[int]) -> bool:
    ((state, names),) = rows(
        connection, "select state, lanes from delivery where position=? and destination=?", (position, destination)
    )
    if state != WAITING:
        return False
    for lane in json.loads(names):
        older = rows(
            connection,
            "select position from lane where destination=? and identifier=? and position<? order by position limit ?",
            (destination, lane, position, len(members) + 1),
        )
        if any(row[0] not in members for row in older):
            return False
    return True
