"""delivery.db: what routing decided and what delivery made of it, progress and fate in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import apsw
import msgspec

from headrace.clock import Clock
from headrace.delivery.port import Claimed, DestinationHealth, Intent, Sent, Settlement
from headrace.routing.port import Batch
from headrace.storage.sqlite.delivery import care, lanes, people, retries, routed, sent, settling
from headrace.storage.sqlite.delivery.committer import Checkpointer, Checkpointing, Committer, Committing
from headrace.storage.sqlite.delivery.expiry import Queue
from headrace.storage.sqlite.delivery.forget_store import ForgetStore
from headrace.storage.sqlite.delivery.job_store import JobStore
from headrace.storage.sqlite.delivery.open_file import OpenFile
from headrace.storage.sqlite.delivery.schema import (
    DEAD,
    OPEN,
    rows,
)
from headrace.storage.sqlite.delivery.words import count_state


class DeliveryDb:
    """RoutingStore and DeliveryStore over one file. One process, one event loop; plain methods from any thread."""

    def __init__(
        self, path: Path, clock: Clock, committer: Committing = Committer, checkpointer: Checkpointing = Checkpointer
    ) -> None:
        self.path = path
        self._clock = clock
        self.file = file = OpenFile(path, committer, checkpointer)
        self._claims, self._words, self._turns = file.claims, file.words, file.turns
        self.jobs = JobStore(file)
        self.forgetting = ForgetStore(file)
        self.queue = Queue(file)

    @classmethod
    def open(cls, path: Path, clock: Clock) -> DeliveryDb:
        """Raises DataTooNew or DataDamaged."""
        return cls(path, clock)

    def close(self) -> None:
        self.file.close()

    # --- RoutingStore ----------------------------------------------------------------------------------------------

    def cursor(self) -> int:
        found = self.file.rows("select value from progress where name='cursor'")
        return int(found[0][0]) if found else 0

    def recall(self, keys: Iterable[str]) -> dict[str, bytes]:
        wanted = list(dict.fromkeys(keys))
        found: dict[str, bytes] = {}
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            marks = ",".join("?" * len(part))
            found |= dict(self.file.rows(f"select key, value from note where key in ({marks})", tuple(part)))  # noqa: S608
        return found

    async def commit(self, batch: Batch) -> None:
        now = self._clock.now_ms()
        await self.file.do(lambda c: routed.route(c, self._words, self._turns, batch, now))

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
        await self.file.do(lambda c: settling.intend(c, self._words, intents))

    async def settle(self, settlements: Sequence[Settlement]) -> None:
        try:
            await self.file.do(lambda c: settling.settle(c, self._words, self._turns, settlements))
        finally:  # if it could not be written down it is as after a crash: claimed once more, outcome unknown
            for settled in settlements:
                self._claims.give_back(settled.destination_id, [settled.position])

    async def hand_back(self, destination_id: str, positions: Sequence[int]) -> None:
        self._claims.give_back(destination_id, positions)

    async def next_due(self, destination_id: str) -> int | None:
        def look(c: apsw.Connection) -> int | None:
            destination = self._words.number(c, destination_id)
            return lanes.next_due(c, destination, self._claims.positions[destination])

        return await self.file.do(look)

    async def clear_retry_times(self, destination_id: str, now: int) -> None:
        await self.file.do(lambda c: retries.clear(c, self._turns, self._words.number(c, destination_id), now))

    async def cap_retry_times(self, destination_id: str, latest: int) -> None:
        await self.file.do(lambda c: retries.cap(c, self._turns, self._words.number(c, destination_id), latest))

    async def retry_now(self, destination_id: str, position: int) -> bool:
        """One that waits for its retry is due now; False when it does not."""
        return await self.file.do(lambda c: retries.now(c, self._turns, self._words.number(c, destination_id), position))

    # --- what was sent, and by whom one is known -------------------------------------------------------------------

    def sent(self, account: str, names: Sequence[str]) -> dict[str, Sent]:
        return self.file.read(lambda c: sent.recall(c, account, names))

    async def forget_sent(self, account: str) -> None:
        await self.file.do(lambda c: sent.forget(c, account))

    def email_of(self, destination_id: str, lanes: Sequence[str]) -> str | None:
        return self.file.read(lambda c: sent.email_of(c, destination_id, lanes))

    def team(self, pace_key: str) -> str | None:
        found = self.file.rows("select name from team where account=?", (sent.filed(pace_key),))
        return str(found[0][0]) if found else None

    async def remember_team(self, pace_key: str, team: str) -> None:
        row = (sent.filed(pace_key), team)
        await self.file.do(lambda c: c.execute("insert or replace into team values(?,?)", row).fetchall())

    async def settings_changed(self, destination_id: str, fingerprint: str) -> bool:
        def compare(c: apsw.Connection) -> bool:
            destination = self._words.number(c, destination_id)
            before = rows(c, "select fingerprint from configured where destination=?", (destination,))
            c.execute("insert or replace into configured values(?,?)", (destination, fingerprint))
            return bool(before) and before[0][0] != fingerprint

        return await self.file.do(compare)

    # --- health ----------------------------------------------------------------------------------------------------

    def health(self) -> dict[str, DestinationHealth]:
        found = self.file.rows("select text, value from health join word on word.id=health.destination")
        return {text: msgspec.json.decode(value, type=DestinationHealth) for text, value in found}

    async def set_health(self, health: DestinationHealth) -> None:
        value = msgspec.json.encode(health)
        await self.file.do(
            lambda c: c.execute(
                "insert or replace into health values(?,?)", (self._words.number(c, health.destination_id), value)
            ).fetchall()
        )

    # --- whether this file is the one that was written last ------------------------------------------------------

    def lineage(self) -> bytes | None:
        found = self.file.rows("select value from note where key='lineage'")
        return bytes(found[0][0]) if found else None

    async def remember_lineage(self, value: bytes) -> None:
        await self.file.do(lambda c: c.execute("insert or replace into note values('lineage', ?, 0)", (value,)).fetchall())

    # --- care ------------------------------------------------------------------------------------------------------

    def low_water(self) -> int:
        """Everything up to here is final: the log may drop it."""
        return self.file.read(care.low_water)

    async def drop_destination(self, destination_id: str) -> int:
        """The destination is gone: what waits for it becomes dead (`removed`); how many those were."""

        def drop(c: apsw.Connection) -> int:
            destination = self._words.number(c, destination_id)
            ended = care.drop_some(c, self._turns, destination, self._clock.now_ms())
            for _, before in ended:
                count_state(c, destination, before, DEAD)
            return len(ended)

        total = 0
        while ended := await self.file.do(drop):
            total += ended
        return total

    async def forget_below(self, position: int, most: int = 20_000) -> None:
        """Fates of events that the log has dropped; dead letters stay. Call again until it is done."""
        await self.file.do(lambda c: care.forget_below(c, position, most))

    async def forget_notes(self, prefix: str, before: int) -> None:
        """Notes under `prefix` that no event since `before` (ms) has written. For lanes.UNSEEN."""
        after: str | None = ""
        while after is not None:
            after = await self.file.do(lambda c, behind=after: care.forget_notes(c, prefix, before, behind))  # type: ignore[misc]

    async def forget_sightings(self, before: int) -> None:
        """People whom no event since `before` (ms) has named: their time line is empty."""
        after: tuple[str, str] | None = ("", "")
        while after is not None:
            after = await self.file.do(lambda c, behind=after: people.forget_old(c, before, behind))  # type: ignore[misc]

    def is_looked_at(self, position: int, destination_id: str) -> bool:
        """Whether a delivery is open or a dead letter: its attempts are kept beyond their day."""
        found = self.file.rows(
            "select state from delivery join word on word.id=destination where position=? and text=?",
            (position, destination_id),
        )
        return bool(found) and found[0][0] in (*OPEN, DEAD)

    def letter(self, position: int, destination_id: str) -> dict[str, Any] | None:
        """The event that a dead letter keeps."""
        found = self.file.rows(
            "select event from letter join word on word.id=letter.destination where position=? and text=?",
            (position, destination_id),
        )
        return msgspec.json.decode(found[0][0]) if found else None
