"""What waits too long, and ending it: with a copy of its event, so that it can be looked at and replayed. In SQL.

Also copies of events whose segment of the log is to go although a few of them still wait.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Collection, Sequence

import apsw
import msgspec

from headrace.fate import Code
from headrace.storage.sqlite.delivery import lanes
from headrace.storage.sqlite.delivery.open_file import OpenFile
from headrace.storage.sqlite.delivery.schema import DEAD, OPEN, SENDING, rows
from headrace.storage.sqlite.delivery.words import count_state, unless_known

BEGAN = "max(received_at, coalesce((select at from job where id=d.job), 0))"  # a replayed one waits since it was replayed
STEP = 500  # deliveries of one work


class Waiting(msgspec.Struct, frozen=True):
    """A delivery that waits, is retried, or was on its way."""

    position: int
    destination_id: str
    began: int  # ms since when it waits


class Queue:
    """The part of delivery.db that keeps its queue within limits. Made by DeliveryDb."""

    def __init__(self, file: OpenFile) -> None:
        self._file, self._turns, self._words, self._claimed = file, file.turns, file.words, file.claims.positions

    def oldest(self) -> dict[str, int]:
        """For each destination with a queue: ms since when its oldest event waits."""
        found: dict[str, int] = {}
        for text, destination in self._destinations():
            for state in OPEN:
                for (began,) in self._file.rows(
                    f"select {BEGAN} from delivery d where destination=? and state=? and state in (1, 2, 3, 7)"  # noqa: S608
                    " order by position limit 1",
                    (destination, state),
                ):
                    found[text] = min(began, found.get(text, began))
        return found

    def next_waiting(self, destination_id: str, after: int, limit: int = STEP) -> list[Waiting]:
        """The next that wait for it, by position above `after`."""
        destination = self._words.known(destination_id)
        if destination is None:
            return []
        found: list[Waiting] = []
        for state in OPEN:  # each state by itself is a walk along the index; together they would be sorted first
            rows_of_state = self._file.rows(
                f"select position, {BEGAN} from delivery d where destination=? and state=? and state in (1, 2, 3, 7)"  # noqa: S608
                " and position>? order by position limit ?",
                (destination, state, after, limit),
            )
            found += [Waiting(position, destination_id, began) for position, began in rows_of_state]
        return sorted(found, key=lambda w: w.position)[:limit]

    def within(self, spans: Sequence[tuple[int, int]]) -> list[int]:
        """Of each span of positions: deliveries that wait, over all destinations; an event with two counts twice.

        Goes from one that waits to the next span that has any: it costs what waits in them, not how many spans there are.
        """
        found = [0] * len(spans)
        lasts = [last for _, last in spans]
        for _, destination in self._destinations():
            for state in OPEN:
                where = "from delivery where destination=? and state=? and state in (1, 2, 3, 7) and position"
                number = 0
                while number < len(spans):
                    from_here = (destination, state, spans[number][0])
                    following = self._file.rows(f"select position {where}>=? order by position limit 1", from_here)
                    number = bisect_left(lasts, following[0][0]) if following else len(spans)
                    if number < len(spans):
                        here = (destination, state, *spans[number])
                        found[number] += self._file.rows(f"select count(*) {where} between ? and ?", here)[0][0]
                        number += 1
        return found

    def of(
        self, first: int, last: int, limit: int = STEP, destinations: Collection[str] | None = None
    ) -> list[tuple[int, str]]:
        """(position, destination id) of the first that wait among these positions, for any destination or for these."""
        found: list[tuple[int, str]] = []
        for text, destination in self._destinations():
            for state in OPEN if destinations is None or text in destinations else ():
                found += [
                    (position, text)
                    for (position,) in self._file.rows(
                        "select position from delivery where destination=? and state=? and state in (1, 2, 3, 7)"
                        " and position between ? and ? order by position limit ?",
                        (destination, state, first, last, limit),
                    )
                ]
        return sorted(found)[:limit]

    def uncopied(self, first: int, last: int, limit: int = STEP) -> list[tuple[int, str]]:
        """(position, destination id) of those of `within` that have no copy of their event yet."""
        found: list[tuple[int, str]] = []
        for text, destination in self._destinations():
            found += [
                (position, text)
                for (position,) in self._file.rows(
                    "select position from delivery d where destination=? and state in (1, 2, 3) and state in (1, 2, 3, 7)"
                    " and position between ? and ? and not exists (select 1 from letter l where l.position=d.position"
                    " and l.destination=d.destination) order by position limit ?",
                    (destination, first, last, limit - len(found)),
                )
            ]
            if len(found) >= limit:
                break
        return found

    async def end(self, ends: Sequence[tuple[int, str, bytes | None]], code: Code, reason: str, now: int) -> int:
        """(position, destination id, copy of the event): they become dead letters; how many did.

        What is on its way this very moment is left alone. The newest go first: nobody behind them has to be made ready
        only to be ended next.
        """

        def run(c: apsw.Connection) -> int:
            done = 0
            for position, destination_id, copy in sorted(ends, reverse=True):
                destination = self._words.number(c, destination_id)
                if position not in self._claimed.get(destination, ()):
                    done += _end(c, self._turns, position, destination, copy, code, unless_known(code, reason), now)
            return done

        return await self._file.do(run)

    async def copy(self, copies: Sequence[tuple[int, str, bytes]]) -> None:
        """(position, destination id, event): kept here, so that the log may drop it. Of somebody forgotten, nothing."""

        def run(c: apsw.Connection) -> None:
            for position, destination_id, event in copies:
                row = (position, self._words.number(c, destination_id), event)
                c.execute(
                    "insert or ignore into letter select ?1, ?2, ?3 where not exists"
                    " (select 1 from delivery where position=?1 and destination=?2 and state=9)",
                    row,
                )

        await self._file.do(run)

    def copied_to(self) -> int:
        """Whatever waits up to here has a copy of its event."""
        found = self._file.rows("select value from progress where name='copied'", ())
        return int(found[0][0]) if found else 0

    async def all_copied(self, until: int) -> None:
        """Whatever waits up to this position has its copy: the log may drop it. Durable when it returns."""
        await self._file.do(
            lambda c: c.execute(
                "insert into progress values('copied', ?) on conflict do update set value=max(value, excluded.value)",
                (until,),
            ).fetchall()
        )

    def _destinations(self) -> list[tuple[str, int]]:
        found = self._file.rows(
            "select distinct text, destination from count_state join word on word.id=destination"
            " where state in (1, 2, 3) and number>0",
            (),
        )
        return [(text, destination) for text, destination in found]


def copied_to(connection: apsw.Connection) -> int:
    found = rows(connection, "select value from progress where name='copied'")
    return int(found[0][0]) if found else 0


def _end(
    c: apsw.Connection,
    turns: lanes.Turns,
    position: int,
    destination: int,
    copy: bytes | None,
    code: Code,
    reason: str | None,
    now: int,
) -> int:
    found = rows(
        c, "select state, lanes, type, name from delivery where position=? and destination=?", (position, destination)
    )
    if not found or found[0][0] not in OPEN:
        return 0
    ((state, written, kind, name),) = found
    lanes.leave(c, turns, destination, position, json.loads(written) if written else ())
    c.execute(
        # one that was on its way when the process died may have been taken: its key stays open, so a replay asks first
        "update delivery set key_open_since=case when state=? then coalesce(key_open_since, at)"
        " else key_open_since end, state=?, code=?, reason=?, at=?, next_at=null, intent=null, held=null"
        " where position=? and destination=?",
        (SENDING, DEAD, code, reason, now, position, destination),
    )
    count_state(c, destination, state, DEAD)
    if copy is not None:
        c.execute("insert or ignore into letter values(?,?,?)", (position, destination, copy))
    c.execute(
        "insert into count_destination values(?,?,?,0,null,1,?) on conflict do update set failed=failed+1,"
        " last_failed=excluded.last_failed",
        (destination, kind, name, now),
    )
    return 1
