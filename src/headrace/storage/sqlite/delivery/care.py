"""Keeping delivery.db small and true: removed destinations, what the log has dropped, notes nobody was seen for."""

from __future__ import annotations

import json

import apsw

from headrace.fate import Code
from headrace.storage.sqlite.delivery import expiry, lanes
from headrace.storage.sqlite.delivery.schema import DEAD, OPEN, rows

STEP = 1_000  # rows of one work, so that deliveries get their turn in between


def low_water(connection: apsw.Connection) -> int:
    """The highest position up to which everything is routed, and final or copied here.

    The cursor is read first: what is routed meanwhile lies above it, and what is final stays so.
    """
    found = rows(connection, "select value from progress where name='cursor'")
    lowest: int = found[0][0] + 1 if found else 1
    copied = expiry.copied_to(connection)
    for (destination,) in rows(connection, "select distinct destination from count_state where number>0"):
        for state in OPEN:
            for (position,) in rows(
                connection,
                "select position from delivery where destination=? and state=? and state in (1, 2, 3, 7) and position>?"
                " order by position limit 1",
                (destination, state, copied),
            ):
                lowest = min(lowest, position)
    return lowest - 1


def drop_some(connection: apsw.Connection, turns: lanes.Turns, destination: int, now: int) -> list[tuple[int, int]]:
    """Ends the next deliveries that wait for a removed destination; (position, state before) of each, [] when done.

    The newest go first: nobody behind them has to be made ready only to be ended next.
    """
    ended = rows(
        connection,
        "select position, state, lanes from delivery where destination=? and state in (1, 2, 3, 7) and state<>?"
        " order by position desc limit ?",
        (destination, DEAD, STEP),
    )
    for position, _, written in ended:
        lanes.leave(connection, turns, destination, position, json.loads(written) if written else ())
        connection.execute(
            "update delivery set state=?, code=?, reason=null, at=?, next_at=null, intent=null"
            " where position=? and destination=?",
            (DEAD, Code.REMOVED, now, position, destination),
        )
    if not ended:
        connection.execute("delete from health where destination=?", (destination,))
    return [(position, state) for position, state, _ in ended]


def forget_below(connection: apsw.Connection, position: int, most: int) -> int:
    """Removes fates of events that the log has dropped; how many. Dead letters and what is open stay."""
    connection.execute(
        "delete from delivery where (position, destination) in (select position, destination from delivery"
        " where position between 1 and ? and state in (4, 5, 6, 8, 9) limit ?)",
        (position, most),
    )
    return connection.changes()


def forget_notes(connection: apsw.Connection, prefix: str, before: int, after: str) -> str | None:
    """Removes old notes among the next STEP ones behind `after`; the key to go on behind, None at the end."""
    looked = rows(
        connection,
        "select key, at from note where key>? and key>=? and key<? order by key limit ?",
        (after, prefix, prefix + "\U0010ffff", STEP),
    )
    connection.executemany("delete from note where key=?", [(key,) for key, at in looked if at < before])
    return looked[-1][0] if len(looked) == STEP else None
