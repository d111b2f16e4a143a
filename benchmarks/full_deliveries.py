"""What routing and delivery would have made of the calls that fill a store, by the storage's own functions."""

from __future__ import annotations

import random

import apsw
import msgspec

from benchmarks.full_stream import Said, Shape
from headrace.app.paths import DataDirectory
from headrace.delivery.port import Claimed, DestinationHealth, Intent, Settlement
from headrace.destinations.port import Identifiers
from headrace.event import Facts
from headrace.fate import SENTENCES, Code, State
from headrace.journal.port import Attempt
from headrace.routing import lanes
from headrace.routing.message import decode, named_together
from headrace.routing.port import Batch, Passed, Routed
from headrace.storage.sqlite.delivery.attempts import AttemptLog
from headrace.storage.sqlite.delivery.committer import Checkpointer
from headrace.storage.sqlite.delivery.db import DeliveryDb

STEP = 5_000  # events of one commit
LEFT = 0.3  # share of the newest day's deliveries that still wait
WHAT = (  # of a hundred
    (82, State.DELIVERED, Code.DELIVERED, 200),
    (10, State.UNCHANGED, Code.UNCHANGED, None),
    (4, State.DEAD, Code.REFUSED, 400),
    (2, State.DEAD, Code.CONTACT_UNKNOWN, 404),
    (1, State.DEAD, Code.PATIENCE, 500),
    (1, State.RETRYING, Code.SERVER_ERROR, 500),
)


class ShownClock:
    """The stream's time."""

    at = 0

    def now_ms(self) -> int:
        return self.at

    def monotonic(self) -> float:
        return self.at / 1000

    async def sleep(self, seconds: float) -> None:
        """Nothing waits here."""


class Never(Checkpointer):
    """One commit follows the other here: what moves the WAL is called between two of them."""

    EVERY = 10.0**6


class Deliveries:
    def __init__(self, data: DataDirectory, loops: str, shape: Shape, dice: random.Random) -> None:
        self._clock, self._loops, self._shape, self._dice = ShownClock(), loops, shape, dice
        self._db = DeliveryDb(data.delivery_db, self._clock, checkpointer=Never)
        self._db.file.writer.execute("pragma synchronous=off")  # made anew when the machine dies
        self._attempts = AttemptLog(data.attempts, self._clock)
        self._by_position: dict[int, Said] = {}

    async def hour(self, said: list[Said], newest: bool) -> None:
        for start in range(0, len(said), STEP):
            part = said[start : start + STEP]
            self._clock.at = part[-1].event.received_at
            await self._route(part)
        await self._settle(len([s for s in said if s.event.source_id == self._shape.connected]), newest)
        self._db.file.writer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_RESTART)

    async def close(self) -> None:
        claims = await self._db.claim(self._loops, 5, self._clock.at)
        for c in claims:
            await self._db.intend([Intent(c.position, self._loops, self._clock.at, None, "", (c.position,))])
        reason = SENTENCES[Code.PAUSED_BY_HAND]
        health = DestinationHealth(self._loops, "paused", Code.PAUSED_BY_HAND, reason, self._clock.at)
        await self._db.set_health(health)
        self._attempts.close()
        self._db.close()

    # --- routing ---------------------------------------------------------------------------------------------------

    async def _route(self, part: list[Said]) -> None:
        routed: list[Routed] = []
        passed: list[Passed] = []
        memory: dict[str, bytes | None] = {}
        for said in part:
            event = said.event
            if event.duplicate_of is not None:
                passed.append(Passed(event.position, Code.DUPLICATE, said.about(), event.received_at))
            elif event.source_id != self._shape.connected:
                passed.append(Passed(event.position, Code.NO_DESTINATION, said.about(), event.received_at))
            else:
                routed.append(self._routed(said, memory))
        sightings = {named_together(s.event, s.body) for s in part if s.event.duplicate_of is None}
        await self._db.commit(Batch(part[-1].event.position, routed, passed, memory, tuple(sightings)))

    def _routed(self, said: Said, memory: dict[str, bytes | None]) -> Routed:
        event = said.event
        if said.body["type"] == "page":
            return self._row(said, State.FILTERED, Code.TYPE_NOT_TAKEN, ())
        self._by_position[event.position] = said
        traits = said.body["context"].get("traits", {})
        named = Identifiers((event.user_id,), (traits["email"],) if traits else ())
        for name, link in lanes.new_links(named, {}, event.received_at).items():
            memory[lanes.link_key(self._loops, name)] = msgspec.msgpack.encode(link)
        return self._row(said, State.WAITING, Code.ROUTED, lanes.own_lanes(named))

    def _row(self, said: Said, state: State, code: Code, names: tuple[str, ...]) -> Routed:
        event = said.event
        return Routed(
            event.position, self._loops, state, code, SENTENCES[code], names, Facts(), said.about(), event.received_at
        )

    # --- delivery --------------------------------------------------------------------------------------------------

    async def _settle(self, number: int, newest: bool) -> None:
        left = int(number * (1 - LEFT)) if newest else 2**31
        while left > 0 and (claims := await self._db.claim(self._loops, min(left, 2_000), self._clock.at)):
            left -= len(claims)
            await self._db.settle([self._judged(c, newest) for c in claims])
        self._attempts.flush()

    def _judged(self, c: Claimed, newest: bool) -> Settlement:
        roll, at = self._dice.random() * 100, c.received_at + int(self._dice.lognormvariate(4.5, 1.0))
        for share, state, code, status in WHAT:  # noqa: B007
            roll -= share
            if roll < 0:
                break
        if state is State.RETRYING and not newest:
            state, code, status = State.DELIVERED, Code.DELIVERED, 200
        said = self._by_position.get(c.position)
        if status is not None:
            self._attempts.record([self._attempt(c, at, status, said)])
        copy = msgspec.json.encode(decode(said.event)) if said and state is State.DEAD else None
        if state is not State.RETRYING:
            self._by_position.pop(c.position, None)
        due = at + 30 * 86_400_000 if state is State.RETRYING else None
        return Settlement(
            c.position, self._loops, state, code, SENTENCES[code], at, c.attempts + 1, c.key_turn, None, due, copy=copy
        )

    def _attempt(self, c: Claimed, at: int, status: int, said: Said | None) -> Attempt:
        body = said.body if said else {}
        answer = '{"success":true}' if status == 200 else '{"success":false,"message":"It was refused."}'
        return Attempt(
            c.position, self._loops, c.attempts + 1, "delivery", at, "POST", "https://app.loops.so/api/v1/events/send",
            {"Authorization": "Bearer ••••cdef", "Content-Type": "application/json"}, body, status, answer, None, 120,
            "delivered" if status == 200 else "failed",
        )  # fmt: skip
