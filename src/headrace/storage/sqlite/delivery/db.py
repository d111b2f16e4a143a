"""delivery.db: what routing decided and what delivery made of it, progress and fate in one transaction."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import apsw
import msgspec

from headrace.clock import Clock
from headrace.delivery.port import Claimed, DestinationHealth, Intent, Settlement
from headrace.event import Facts
from headrace.fate import FINAL, SENTENCES, Code, State
from headrace.routing.port import Batch, Passed, Routed
from headrace.storage.sqlite.delivery import lanes
from headrace.storage.sqlite.delivery.committer import Checkpointer, Committer
from headrace.storage.sqlite.delivery.schema import (
    DEAD,
    NUMBER,
    RETRYING,
    SENDING,
    STATES,
    WAITING,
    connect,
    rows,
)

_facts = msgspec.msgpack.Encoder()
_facts_decoder = msgspec.msgpack.Decoder(Facts)
PLAIN = Facts()
INSERT = (
    "insert into delivery(position, destination, state, code, at, received_at, facts, lanes, source, type, name,"
    " person, reason) values(?,?,?,?,?,?,?,?,?,?,?,?,?)"
)


class DeliveryDb:
    """RoutingStore and DeliveryStore over one file. One process, one event loop."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self._clock = clock
        self._writer = connect(path, write=True)
        self._reader = connect(path, write=False)
        self._turns = lanes.Turns(self._writer)
        self._words: dict[str, int] = dict(rows(self._writer, "select text, id from word"))
        self._claimed: dict[int, set[int]] = defaultdict(set)
        self._commit = Committer(self._writer, "delivery-writer")
        self._checkpoint = Checkpointer(str(path))

    @classmethod
    def open(cls, path: Path, clock: Clock) -> DeliveryDb:
        """Raises DataTooNew or DataDamaged."""
        return cls(path, clock)

    def close(self) -> None:
        self._commit.close()
        self._checkpoint.close()
        self._reader.close()
        self._writer.close()

    # --- RoutingStore ----------------------------------------------------------------------------------------------

    def cursor(self) -> int:
        found = rows(self._reader, "select value from progress where name='cursor'")
        return int(found[0][0]) if found else 0

    def recall(self, keys: Iterable[str]) -> dict[str, bytes]:
        wanted = list(dict.fromkeys(keys))
        found: dict[str, bytes] = {}
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            marks = ",".join("?" * len(part))
            found |= dict(rows(self._reader, f"select key, value from note where key in ({marks})", tuple(part)))  # noqa: S608
        return found

    async def commit(self, batch: Batch) -> None:
        await self._commit.do(lambda connection: self._route(connection, batch))

    def _route(self, c: apsw.Connection, batch: Batch) -> None:
        done = rows(c, "select value from progress where name='cursor'")
        if done and done[0][0] >= batch.cursor:
            return
        now = self._clock.now_ms()
        seen: dict[tuple[int, str, str], list[int]] = {}
        counted: set[int] = set()
        for passed in batch.passed:
            self._pass(c, passed, now)
            if passed.code is not Code.DUPLICATE:
                self._see(seen, counted, passed, c)
        for routed in batch.routed:
            self._insert(c, routed, now)
            self._see(seen, counted, routed, c)
        for (source, kind, name), (number, last) in seen.items():
            c.execute(
                "insert into count_source values(?,?,?,?,?) on conflict do update set number=number+excluded.number,"
                " last_seen=max(last_seen, excluded.last_seen)",
                (source, kind, name, number, last),
            )
        for key, value in batch.memory.items():
            if value is None:
                c.execute("delete from note where key=?", (key,))
            else:
                c.execute("insert or replace into note values(?,?,?)", (key, value, now))
        c.execute("insert or replace into progress values('cursor', ?)", (batch.cursor,))

    def _see(
        self,
        seen: dict[tuple[int, str, str], list[int]],
        counted: set[int],
        entry: Routed | Passed,
        c: apsw.Connection,
    ) -> None:
        if entry.position in counted:
            return
        counted.add(entry.position)
        key = (self._word(c, entry.about.source_id), entry.about.type, entry.about.name)
        tally = seen.setdefault(key, [0, 0])
        tally[0] += 1
        tally[1] = max(tally[1], entry.received_at)

    def _pass(self, c: apsw.Connection, passed: Passed, now: int) -> None:
        state = NUMBER["duplicate"] if passed.code is Code.DUPLICATE else NUMBER[State.FILTERED]
        about = passed.about
        c.execute(
            INSERT,
            (
                passed.position, 0, state, passed.code, now, passed.received_at, None, None,
                self._word(c, about.source_id), about.type, about.name, about.person, None,
            ),
        )  # fmt: skip

    def _insert(self, c: apsw.Connection, routed: Routed, now: int) -> None:
        destination = self._word(c, routed.destination_id)
        state = NUMBER[routed.state]
        about = routed.about
        c.execute(
            INSERT,
            (
                routed.position, destination, state, routed.code, now, routed.received_at,
                None if routed.facts == PLAIN else _facts.encode(routed.facts),
                json.dumps(routed.lanes, ensure_ascii=False) if routed.lanes else None,
                self._word(c, about.source_id), about.type, about.name, about.person,
                _unless_known(routed.code, routed.reason),
            ),
        )  # fmt: skip
        self._count(c, destination, None, state)
        if routed.state is State.WAITING:
            lanes.enter(c, self._turns, destination, routed.position, routed.lanes, self._claimed[destination])

    # --- DeliveryStore ---------------------------------------------------------------------------------------------

    async def claim(self, destination_id: str, limit: int, now: int) -> list[Claimed]:
        return await self._commit.do(lambda c: self._claim(c, destination_id, limit, now))

    def _claim(self, c: apsw.Connection, destination_id: str, limit: int, now: int) -> list[Claimed]:
        destination = self._word(c, destination_id)
        claimed = self._claimed[destination]
        lanes.wake_due(c, self._turns, destination, now)
        found = []
        for position in lanes.first_ready(c, destination, limit, claimed):
            claimed.add(position)
            ((state, names, facts, attempts, turn, open_since, left, patience, received),) = rows(
                c,
                "select state, lanes, facts, attempts, key_turn, key_open_since, first_left_at, patience, received_at"
                " from delivery where position=? and destination=?",
                (position, destination),
            )
            found.append(
                Claimed(
                    position, destination_id, State(STATES[state]), tuple(json.loads(names)) if names else (),
                    _facts_decoder.decode(facts) if facts else PLAIN, attempts, turn, open_since, left, patience, received,
                )
            )  # fmt: skip
        return found

    async def intend(self, intents: Sequence[Intent]) -> None:
        await self._commit.do(lambda c: self._intend(c, intents))

    def _intend(self, c: apsw.Connection, intents: Sequence[Intent]) -> None:
        for intent in intents:
            destination = self._word(c, intent.destination_id)
            self._move(c, intent.position, destination, SENDING)
            written = msgspec.json.encode({"key": intent.key, "hash": intent.body_hash, "members": intent.members}).decode()
            c.execute(
                "update delivery set state=?, at=?, first_left_at=coalesce(first_left_at, ?), intent=?"
                " where position=? and destination=?",
                (SENDING, intent.at, intent.at, written, intent.position, destination),
            )

    async def settle(self, settlements: Sequence[Settlement]) -> None:
        await self._commit.do(lambda c: self._settle(c, settlements))
        for settled in settlements:
            self._claimed[self._words[settled.destination_id]].discard(settled.position)

    def _settle(self, c: apsw.Connection, settlements: Sequence[Settlement]) -> None:
        for s in settlements:
            destination = self._word(c, s.destination_id)
            state = NUMBER[s.state]
            about = self._move(c, s.position, destination, state)
            c.execute(
                "update delivery set state=?, code=?, reason=?, attempts=?, key_turn=?, key_open_since=?, next_at=?,"
                " patience=?, at=?, warnings=?, intent=null where position=? and destination=?",
                (
                    state, s.code, _unless_known(s.code, s.reason), s.attempts, s.key_turn, s.key_open_since, s.next_at,
                    s.patience_used, s.at, json.dumps(s.warnings, ensure_ascii=False) if s.warnings else None,
                    s.position, destination,
                ),
            )  # fmt: skip
            if s.state in FINAL:
                self._finish(c, s, destination, about)
            else:
                due = s.next_at or 0
                lanes.make_ready(c, self._turns, destination, s.position, due if due > s.at else 0)

    def _finish(self, c: apsw.Connection, s: Settlement, destination: int, about: tuple[str, str, str | None]) -> None:
        kind, name, written = about
        lanes.leave(c, self._turns, destination, s.position, json.loads(written) if written else ())
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

    def _move(self, c: apsw.Connection, position: int, destination: int, state: int) -> tuple[str, str, str | None]:
        """Keeps the counters with a transition; (type, name, lanes) of the delivery."""
        ((before, kind, name, written),) = rows(
            c,
            "select state, type, name, lanes from delivery where position=? and destination=?",
            (position, destination),
        )
        self._count(c, destination, before, state)
        return kind, name, written

    def _count(self, c: apsw.Connection, destination: int, before: int | None, after: int | None) -> None:
        if before == after:
            return
        for state, step in ((before, -1), (after, 1)):
            if state is not None:
                c.execute(
                    "insert into count_state values(?,?,?) on conflict do update set number=number+excluded.number",
                    (destination, state, step),
                )

    async def hand_back(self, destination_id: str, positions: Sequence[int]) -> None:
        self._claimed[self._words[destination_id]].difference_update(positions)

    async def next_due(self, destination_id: str) -> int | None:
        def look(c: apsw.Connection) -> int | None:
            destination = self._word(c, destination_id)
            claimed = self._claimed[destination]
            found = rows(
                c,
                "select due, position from ready where destination=? order by due, turn limit ?",
                (destination, len(claimed) + 1),
            )
            return next((due for due, position in found if position not in claimed), None)

        return await self._commit.do(look)

    async def clear_retry_times(self, destination_id: str, now: int) -> None:
        def clear(c: apsw.Connection) -> None:
            destination = self._word(c, destination_id)
            c.execute("update delivery set next_at=null where destination=? and state=?", (destination, RETRYING))
            for (position,) in rows(
                c, "select position from ready where destination=? and due>0 order by position", (destination,)
            ):
                lanes.make_ready(c, self._turns, destination, position, 0)

        await self._commit.do(clear)

    def health(self) -> dict[str, DestinationHealth]:
        found = rows(self._reader, "select text, value from health join word on word.id=health.destination")
        return {text: msgspec.json.decode(value, type=DestinationHealth) for text, value in found}

    async def set_health(self, health: DestinationHealth) -> None:
        value = msgspec.json.encode(health)
        await self._commit.do(
            lambda c: c.execute(
                "insert or replace into health values(?,?)", (self._word(c, health.destination_id), value)
            ).fetchall()
        )

    # --- care ------------------------------------------------------------------------------------------------------

    def low_water(self) -> int:
        """Everything up to here is final: the log may drop it."""
        lowest = self.cursor() + 1
        for (destination,) in rows(self._reader, "select distinct destination from count_state"):
            for state in (WAITING, SENDING, RETRYING):
                for (position,) in rows(
                    self._reader,
                    "select position from delivery where destination=? and state=? and state in (1, 2, 3, 7)"
                    " order by position limit 1",
                    (destination, state),
                ):
                    lowest = min(lowest, position)
        return lowest - 1

    async def drop_destination(self, destination_id: str) -> int:
        """The destination is gone: what waits for it becomes dead; how many those were."""

        def drop(c: apsw.Connection) -> int:
            destination = self._word(c, destination_id)
            waiting = rows(
                c,
                "select position, state, lanes from delivery where destination=? and state in (1, 2, 3)",
                (destination,),
            )
            now = self._clock.now_ms()
            for position, state, _ in waiting:
                self._count(c, destination, state, DEAD)
                c.execute(
                    "update delivery set state=?, code=?, reason=null, at=? where position=? and destination=?",
                    (DEAD, Code.REMOVED, now, position, destination),
                )
            for table in ("ready", "lane", "health"):
                c.execute(f"delete from {table} where destination=?", (destination,))  # noqa: S608
            return len(waiting)

        return await self._commit.do(drop)

    async def forget_below(self, position: int, most: int = 20_000) -> None:
        """Fates of events that the log has dropped; dead letters stay. Call again until it is done."""

        def forget(c: apsw.Connection) -> None:
            c.execute(
                "delete from delivery where (position, destination) in (select position, destination from delivery"
                " where position<=? and state in (4, 5, 6, 8, 9) limit ?)",
                (position, most),
            )

        await self._commit.do(forget)

    def letter(self, position: int, destination_id: str) -> dict[str, Any] | None:
        """The event that a dead letter keeps."""
        found = rows(
            self._reader,
            "select event from letter join word on word.id=letter.destination where position=? and text=?",
            (position, destination_id),
        )
        return msgspec.json.decode(found[0][0]) if found else None

    def _word(self, c: apsw.Connection, text: str) -> int:
        """A small number for an id that repeats in every row."""
        number: int | None = self._words.get(text)
        if number is None:
            c.execute("insert or ignore into word(text) values(?)", (text,))
            number = int(rows(c, "select id from word where text=?", (text,))[0][0])
            self._words[text] = number
        return number


def _unless_known(code: str, reason: str) -> str | None:
    """The sentence, unless it is the code's own: rows stay small."""
    return None if reason == SENTENCES.get(Code(code)) else reason
