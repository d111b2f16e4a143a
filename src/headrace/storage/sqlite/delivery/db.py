"""delivery.db: what routing decided and what delivery made of it, progress and fate in one transaction."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import apsw
import msgspec

from headrace.clock import Clock
from headrace.delivery.port import Claimed, DestinationHealth, Intent, Sent, Settlement
from headrace.delivery.retry import LANDS_LATE
from headrace.errors import Conflict
from headrace.fate import FINAL, Code, State
from headrace.routing.port import Batch
from headrace.storage.sqlite.delivery import care, claims, lanes, people, rollups, routed, sent
from headrace.storage.sqlite.delivery.claiming import Claims
from headrace.storage.sqlite.delivery.committer import Checkpointer, Checkpointing, Committer, Committing
from headrace.storage.sqlite.delivery.expiry import Queue
from headrace.storage.sqlite.delivery.forget_store import ForgetStore
from headrace.storage.sqlite.delivery.job_store import JobStore
from headrace.storage.sqlite.delivery.schema import (
    DEAD,
    NUMBER,
    OPEN,
    RETRYING,
    SENDING,
    connect,
    rows,
)
from headrace.storage.sqlite.delivery.words import Words, count_state


class DeliveryDb:
    """RoutingStore and DeliveryStore over one file. One process, one event loop; plain methods from any thread."""

    def __init__(
        self, path: Path, clock: Clock, committer: Committing = Committer, checkpointer: Checkpointing = Checkpointer
    ) -> None:
        self.path = path
        self._clock = clock
        self._writer = connect(path, write=True)
        self._reader = connect(path, write=False)
        self._turns = lanes.Turns(self._writer)
        self._reading = threading.Lock()
        self._words = Words(self._writer)
        self._commit = committer(self._writer, "delivery-writer", self._words.reload)
        self._checkpoint = checkpointer(str(path))
        self._claims = Claims(self._commit, self._words)
        claimed = self._claims.positions
        self.jobs = JobStore(self._commit, self._reader, self._reading, self._turns, self._words)
        self.forgetting = ForgetStore(self._commit, self._reader, self._reading, self._turns, self._words, claimed)
        self.queue = Queue(self._commit, self._read, self._turns, self._words, claimed)

    @classmethod
    def open(cls, path: Path, clock: Clock) -> DeliveryDb:
        """Raises DataTooNew or DataDamaged."""
        return cls(path, clock)

    def close(self) -> None:
        self._commit.close()
        self._checkpoint.close()
        self._reader.close()
        self._writer.close()

    def _read(self, sql: str, bindings: tuple[Any, ...] = ()) -> list[Any]:
        with self._reading:
            return rows(self._reader, sql, bindings)

    # --- RoutingStore ----------------------------------------------------------------------------------------------

    def cursor(self) -> int:
        found = self._read("select value from progress where name='cursor'")
        return int(found[0][0]) if found else 0

    def recall(self, keys: Iterable[str]) -> dict[str, bytes]:
        wanted = list(dict.fromkeys(keys))
        found: dict[str, bytes] = {}
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            marks = ",".join("?" * len(part))
            found |= dict(self._read(f"select key, value from note where key in ({marks})", tuple(part)))  # noqa: S608
        return found

    async def commit(self, batch: Batch) -> None:
        now = self._clock.now_ms()
        await self._commit.do(lambda c: routed.route(c, self._words, self._turns, batch, now))

    # --- DeliveryStore ---------------------------------------------------------------------------------------------

    async def claim(
        self, destination_id: str, limit: int, now: int, share: int = 0, most_behind: int | None = None
    ) -> list[Claimed]:
        def choose(c: apsw.Connection, destination: int, claimed: set[int]) -> list[int]:
            lanes.wake_due(c, self._turns, destination, now)
            return lanes.first_ready(c, destination, limit, claimed, share, most_behind)

        return await self._claims.take(destination_id, choose)

    async def followers(self, destination_id: str, position: int, limit: int) -> list[Claimed]:
        def choose(c: apsw.Connection, destination: int, claimed: set[int]) -> list[int]:
            return lanes.followers(c, destination, position, limit)

        return await self._claims.take(destination_id, choose)

    async def members(self, destination_id: str, positions: Sequence[int]) -> list[Claimed]:
        return await self._claims.take(destination_id, lambda c, destination, claimed: list(positions))

    async def intend(self, intents: Sequence[Intent]) -> None:
        await self._commit.do(lambda c: self._intend(c, intents))

    def _intend(self, c: apsw.Connection, intents: Sequence[Intent]) -> None:
        for intent in intents:
            destination = self._words.number(c, intent.destination_id)
            for member in intent.members:
                if self._move(c, member, destination, SENDING) is None:
                    raise Conflict(f"Event {member} no longer waits for this destination.")
            claims.write_down(c, destination, intent)
            if intent.carried is not None:
                sent.clear(c, intent.carried, destination, intent.position, intent.at)

    async def settle(self, settlements: Sequence[Settlement]) -> None:
        try:
            await self._commit.do(lambda c: self._settle(c, settlements))
        finally:  # if it could not be written down it is as after a crash: claimed once more, outcome unknown
            for settled in settlements:
                self._claims.give_back(settled.destination_id, [settled.position])

    def _settle(self, c: apsw.Connection, settlements: Sequence[Settlement]) -> None:
        for s in settlements:
            destination = self._words.number(c, s.destination_id)
            state = NUMBER[s.state]
            about = self._move(c, s.position, destination, state)
            if about is None:
                continue  # ended meanwhile: its destination was removed
            claims.settle(c, destination, state, s)
            if s.carried is not None:
                sent.remember(c, s.carried, destination, s.position, s.at)
            if s.state in FINAL:
                self._finish(c, s, destination, about)
            else:
                due = s.next_at or 0
                lanes.stay(c, self._turns, destination, s.position, due if due > s.at else 0)
            if s.state is not State.WAITING:
                rollups.settled(c, destination, s.position, state, s.at, s.state is State.DELIVERED)

    def _finish(self, c: apsw.Connection, s: Settlement, destination: int, about: tuple[str, str, str | None]) -> None:
        kind, name, written = about
        lanes.leave(c, self._turns, destination, s.position, json.loads(written) if written else ())
        if s.state is not State.DEAD:  # a dead letter keeps its lanes and facts: it may be replayed
            c.execute(
                "update delivery set lanes=null, facts=null where position=? and destination=?", (s.position, destination)
            )
            c.execute("delete from letter where position=? and destination=?", (s.position, destination))
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

    def _move(self, c: apsw.Connection, position: int, destination: int, state: int) -> tuple[str, str, str | None] | None:
        """Keeps the counters with a transition; (type, name, lanes) of the delivery, None when it is final already."""
        for before, kind, name, written in rows(
            c,
            "select state, type, name, lanes from delivery where position=? and destination=?",
            (position, destination),
        ):
            if before in OPEN:
                count_state(c, destination, before, state)
                return kind, name, written
        return None

    async def hand_back(self, destination_id: str, positions: Sequence[int]) -> None:
        self._claims.give_back(destination_id, positions)

    async def next_due(self, destination_id: str) -> int | None:
        def look(c: apsw.Connection) -> int | None:
            destination = self._words.number(c, destination_id)
            return lanes.next_due(c, destination, self._claims.positions[destination])

        return await self._commit.do(look)

    async def clear_retry_times(self, destination_id: str, now: int) -> None:
        late = int(LANDS_LATE * 1000)  # what got no answer in time may still land: nobody of its lane leaves sooner

        def clear(c: apsw.Connection) -> None:
            destination = self._words.number(c, destination_id)
            c.execute(
                "update delivery set next_at=case when code=?1 and at+?3>?2 then min(next_at, at+?3, ?2+?3) end"
                " where destination=?4 and state=?5 and next_at is not null",
                (Code.TIMEOUT, now, late, destination, RETRYING),
            )
            for position, due in rows(
                c,
                "select r.position, coalesce(d.next_at, 0) from ready r"
                " join delivery d on d.position=r.position and d.destination=r.destination"
                " where r.destination=? and r.due>0 order by r.position",
                (destination,),
            ):
                lanes.make_ready(c, self._turns, destination, position, due)

        await self._commit.do(clear)

    async def cap_retry_times(self, destination_id: str, latest: int) -> None:
        def cap(c: apsw.Connection) -> None:
            destination = self._words.number(c, destination_id)
            late = rows(
                c,
                "update delivery set next_at=?1 where destination=?2 and state=?3 and state in (1, 2, 3, 7) and next_at>?1"
                " returning position",
                (latest, destination, RETRYING),
            )
            for (position,) in sorted(late):
                if rows(c, "select 1 from ready where destination=? and position=?", (destination, position)):
                    lanes.make_ready(c, self._turns, destination, position, latest)

        await self._commit.do(cap)

    async def retry_now(self, destination_id: str, position: int) -> bool:
        """One that waits for its retry is due now; False when it does not."""

        def clear(c: apsw.Connection) -> bool:
            destination = self._words.number(c, destination_id)
            where = (position, destination)
            c.execute("update delivery set next_at=null where position=? and destination=? and state=3", where)
            waits = bool(c.changes())
            if rows(c, "select 1 from ready where position=? and destination=? and due>0", where):
                lanes.make_ready(c, self._turns, destination, position, 0)
            return waits

        return await self._commit.do(clear)

    # --- what was sent, and by whom one is known -------------------------------------------------------------------

    def sent(self, account: str, names: Sequence[str]) -> dict[str, Sent]:
        with self._reading:
            return sent.recall(self._reader, account, names)

    async def forget_sent(self, account: str) -> None:
        await self._commit.do(lambda c: sent.forget(c, account))

    def email_of(self, destination_id: str, lanes: Sequence[str]) -> str | None:
        with self._reading:
            return sent.email_of(self._reader, destination_id, lanes)

    def team(self, pace_key: str) -> str | None:
        found = self._read("select name from team where account=?", (sent.filed(pace_key),))
        return str(found[0][0]) if found else None

    async def remember_team(self, pace_key: str, team: str) -> None:
        row = (sent.filed(pace_key), team)
        await self._commit.do(lambda c: c.execute("insert or replace into team values(?,?)", row).fetchall())

    async def settings_changed(self, destination_id: str, fingerprint: str) -> bool:
        def compare(c: apsw.Connection) -> bool:
            destination = self._words.number(c, destination_id)
            before = rows(c, "select fingerprint from configured where destination=?", (destination,))
            c.execute("insert or replace into configured values(?,?)", (destination, fingerprint))
            return bool(before) and before[0][0] != fingerprint

        return await self._commit.do(compare)

    # --- health ----------------------------------------------------------------------------------------------------

    def health(self) -> dict[str, DestinationHealth]:
        found = self._read("select text, value from health join word on word.id=health.destination")
        return {text: msgspec.json.decode(value, type=DestinationHealth) for text, value in found}

    async def set_health(self, health: DestinationHealth) -> None:
        value = msgspec.json.encode(health)
        await self._commit.do(
            lambda c: c.execute(
                "insert or replace into health values(?,?)", (self._words.number(c, health.destination_id), value)
            ).fetchall()
        )

    # --- whether this file is the one that was written last ------------------------------------------------------

    def lineage(self) -> bytes | None:
        found = self._read("select value from note where key='lineage'")
        return bytes(found[0][0]) if found else None

    async def remember_lineage(self, value: bytes) -> None:
        await self._commit.do(
            lambda c: c.execute("insert or replace into note values('lineage', ?, 0)", (value,)).fetchall()
        )

    # --- care ------------------------------------------------------------------------------------------------------

    def low_water(self) -> int:
        """Everything up to here is final: the log may drop it."""
        with self._reading:
            return care.low_water(self._reader)

    async def drop_destination(self, destination_id: str) -> int:
        """The destination is gone: what waits for it becomes dead (`removed`); how many those were."""

        def drop(c: apsw.Connection) -> int:
            destination = self._words.number(c, destination_id)
            ended = care.drop_some(c, self._turns, destination, self._clock.now_ms())
            for _, before in ended:
                count_state(c, destination, before, DEAD)
            return len(ended)

        total = 0
        while ended := await self._commit.do(drop):
            total += ended
        return total

    async def forget_below(self, position: int, most: int = 20_000) -> None:
        """Fates of events that the log has dropped; dead letters stay. Call again until it is done."""
        await self._commit.do(lambda c: care.forget_below(c, position, most))

    async def forget_notes(self, prefix: str, before: int) -> None:
        """Notes under `prefix` that no event since `before` (ms) has written. For lanes.UNSEEN."""
        after: str | None = ""
        while after is not None:
            after = await self._commit.do(lambda c, behind=after: care.forget_notes(c, prefix, before, behind))  # type: ignore[misc]

    async def forget_sightings(self, before: int) -> None:
        """People whom no event since `before` (ms) has named: their time line is empty."""
        after: tuple[str, str] | None = ("", "")
        while after is not None:
            after = await self._commit.do(lambda c, behind=after: people.forget_old(c, before, behind))  # type: ignore[misc]

    def is_looked_at(self, position: int, destination_id: str) -> bool:
        """Whether a delivery is open or a dead letter: its attempts are kept beyond their day."""
        found = self._read(
            "select state from delivery join word on word.id=destination where position=? and text=?",
            (position, destination_id),
        )
        return bool(found) and found[0][0] in (*OPEN, DEAD)

    def letter(self, position: int, destination_id: str) -> dict[str, Any] | None:
        """The event that a dead letter keeps."""
        found = self._read(
            "select event from letter join word on word.id=letter.destination where position=? and text=?",
            (position, destination_id),
        )
        return msgspec.json.decode(found[0][0]) if found else None
