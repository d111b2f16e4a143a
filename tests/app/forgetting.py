"""Ada's life in a data directory, and a whole instance beside it that forgets her: router, destination, gateway."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import zstandard

from headrace.delivery.port import Settlement
from headrace.destinations.register import CATALOG
from headrace.event import AcceptedEvent
from headrace.fate import SENTENCES, Code, State
from headrace.gateway.rejected import RejectedLog
from headrace.gateway.rejected import erase as erase_rejected
from headrace.journal.forgetting import Forgotten
from headrace.journal.jobs import Selection
from headrace.journal.port import Attempt
from headrace.routing.router import Router
from headrace.storage.sqlite.delivery.attempts import AttemptLog
from headrace.storage.sqlite.eventlog import segment
from headrace.storage.sqlite.eventlog.writer import SqliteEventLog
from tests.app.house import House
from tests.storage.queue import intent, settled

EMAIL, USER, BROWSER = "ada.lovelace@example.com", "user-of-ada-lovelace", "browser-of-ada"
TRACES = (EMAIL, USER, BROWSER, "Analytical", "secret-plan")
PATIENCE = 30.0  # s


def call(house: House, message_id: str, **message: Any) -> AcceptedEvent:
    user, anonymous = str(message.get("userId", "")), str(message.get("anonymousId", ""))
    body = json.dumps(message).encode()
    return AcceptedEvent(house.source, message_id, house.clock.at, "10.1.2.3", "r", None, user, anonymous, body)


def identify(house: House, message_id: str, user: str = USER, email: str = EMAIL, **more: Any) -> AcceptedEvent:
    traits = {"email": email, "company": "Analytical" if user == USER else "Bobs"}
    return call(house, message_id, type="identify", userId=user, traits=traits, **more)


def track(house: House, message_id: str, user: str = USER, **more: Any) -> AcceptedEvent:
    return call(house, message_id, type="track", event="bought", userId=user, properties={"plan": "secret-plan"}, **more)


def bob(house: House, message_id: str) -> AcceptedEvent:
    return call(house, message_id, type="track", event="bought", userId="bob", properties={"plan": "plain"})


async def route(house: House) -> None:
    while await house.router.step():
        pass


async def deliver(house: House, dead: frozenset[int] = frozenset(), sending: frozenset[int] = frozenset()) -> None:
    """Everything that may leave: these were refused, these were on their way when the process died; the rest arrived."""
    delivery = house.instance.delivery
    for claimed in await delivery.claim(house.to, 500, house.clock.at):
        if claimed.position in sending:
            await delivery.intend([intent(claimed, house.clock.at)])
            continue
        message = json.dumps(house.instance.message(claimed.position)).encode()
        if claimed.position in dead:
            reason = f"Loops refused it (400): {EMAIL}"
            ended = Settlement(
                claimed.position, house.to, State.DEAD, Code.REFUSED, reason, house.clock.at, 1, 1, None, copy=message
            )
        else:
            ended = settled(claimed, at=house.clock.at)
        await delivery.settle([ended])


async def life(house: House) -> None:
    """Delivered, failed, waiting, on its way and repeated calls of Ada; Bob in between; refused calls; attempts."""
    log = house.log()
    await log.append([identify(house, "m1", anonymousId=BROWSER), bob(house, "b1")])
    await log.append([call(house, "p1", type="page", anonymousId="somebodys-browser", properties={"path": "/"})])
    await route(house)
    await deliver(house)
    await log.append([track(house, f"t{n}") for n in range(4)] + [bob(house, "b2"), identify(house, "m1")])
    for n in range(8):  # more than one segment
        await log.append(
            [
                bob(house, f"x{n}"),
                call(
                    house,
                    f"c{n}",
                    type="track",
                    event="seen",
                    context={"traits": {"email": EMAIL}},
                    anonymousId=BROWSER,
                    properties={"note": "y" * 300},
                ),
            ]
        )
    await route(house)
    await deliver(house, dead=frozenset({4}))
    await deliver(house, sending=frozenset({5}))
    await log.append([track(house, "late")])
    await log.close()
    attempts = AttemptLog(house.data.attempts, house.clock)
    body = {"userId": USER, "email": EMAIL, "plan": "secret-plan"}
    for position in (1, 4, 5, 9_999):
        attempts.record(
            [
                Attempt(
                    position,
                    house.to,
                    1,
                    "delivery",
                    house.clock.at,
                    "PUT",
                    "http://x",
                    {},
                    body,
                    200,
                    "{}",
                    None,
                    3,
                    "delivered",
                )
            ]
        )
    attempts.close()
    rejected = RejectedLog(house.data.gateway_db, house.clock)
    rejected.add(400, "invalid json", "/v1/track", "website", "curl", "10.1.2.3", b'{"userId":"' + USER.encode() + b'","x')
    rejected.add(400, "invalid json", "/v1/track", "website", "curl", "10.1.2.4", b'{"userId":"bob","x')
    rejected.close()
    await house.instance.replays.start("replay", Selection(person=EMAIL.upper(), codes=("patience",)), False, True)
    house.restart()
    house.router = Router(house.instance.log, house.instance.delivery, house.instance.store.snapshot, CATALOG)


class Instance:
    """What of `headrace up` has to do with forgetting, over a house.

    The destination is slow: what waits when somebody is to be forgotten has not left. `asked`: what it is to delete.
    """

    def __init__(self, house: House, log: SqliteEventLog) -> None:
        self.house, self.log = house, log
        self.asked: list[dict[str, Any]] = []
        self.left: list[int] = []  # positions of calls that left
        self.answers: Callable[[dict[str, Any]], State] = lambda message: State.DELIVERED
        self.tasks: set[asyncio.Task[Any]] = set()
        instance = house.instance
        house.router = Router(
            instance.log, instance.delivery, instance.store.snapshot, CATALOG, hides=instance.forgetting.hides
        )
        instance.forgetting.ask_gateway_by(self._ask_gateway)
        self.attempts = AttemptLog(house.data.attempts, house.clock)
        instance.flush_attempts = self.attempts.flush

    def _ask_gateway(self) -> int:
        task = asyncio.create_task(self._gateway())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return 1

    async def _gateway(self) -> None:
        hidden = self.house.instance.forgetting.hidden
        await self.log.erase(hidden)
        await asyncio.to_thread(erase_rejected, self.house.data.gateway_db, hidden)
        self.house.instance.forgetting.erased(1)

    async def _destination(self) -> None:
        delivery = self.house.instance.delivery
        while True:
            slow = {f.course.phase for f in self.house.instance.forgetting.all()} & {"suppress", "end"}
            for claimed in () if slow else await delivery.claim(self.house.to, 10, self.house.clock.at):
                if claimed.position > 0:
                    self.left.append(claimed.position)
                    await delivery.settle([settled(claimed, at=self.house.clock.at)])
                    continue
                message = delivery.letter(claimed.position, self.house.to)
                assert message is not None
                self.asked.append({k: v for k, v in message.items() if k in ("userId", "email")})
                state = self.answers(message)
                code = Code.DELIVERED if state is State.DELIVERED else Code.REFUSED
                reason = SENTENCES[code] if state is State.DELIVERED else f"Loops refused it (400): {EMAIL}"
                copy = json.dumps(message).encode() if state is State.DEAD else None
                await delivery.settle(
                    [
                        Settlement(
                            claimed.position, self.house.to, state, code, reason, self.house.clock.at, 1, 0, None, copy=copy
                        )
                    ]
                )
            await asyncio.sleep(0.001)

    async def _router(self) -> None:
        while True:
            await self.house.router.step()
            await asyncio.sleep(0.001)

    async def run(self, until: Callable[[], bool]) -> None:
        """Until that holds; what ends a task ends this."""
        instance = self.house.instance
        tasks = [asyncio.create_task(t) for t in (self._router(), self._destination(), instance.forgetting.run())]

        async def look() -> None:
            while not until():
                await asyncio.sleep(0.001)

        looking = asyncio.create_task(asyncio.wait_for(look(), PATIENCE))
        try:
            await asyncio.wait({looking, *tasks}, return_when=asyncio.FIRST_COMPLETED)
            for task in (looking, *tasks):
                if task.done():
                    task.result()
        finally:
            for task in (looking, *tasks):
                task.cancel()
            await asyncio.gather(looking, *tasks, return_exceptions=True)
            await asyncio.gather(*self.tasks, return_exceptions=True)
            self.attempts.close()

    def record(self) -> Forgotten | None:
        return next(iter(self.house.instance.forgetting.all()), None)

    def done(self) -> bool:
        """Whoever was to be forgotten is, and nothing waits."""
        return all(f.state == "done" for f in self.house.instance.forgetting.all()) and not self.house.states().get(
            State.WAITING
        )


def traces(data: Path, *texts: str) -> list[str]:
    """Where any of these still stands: bytes of every file, journals included, and what the log's blocks hold unpacked."""
    found = []
    for path in sorted(p for p in data.rglob("*") if p.is_file()):
        raw = path.read_bytes()
        found += [f"{path.relative_to(data)}: {text}" for text in texts if text.encode() in raw]
    expand = zstandard.ZstdDecompressor().decompress
    for path in segment.segments(data / "events"):
        connection = apsw.Connection(str(path))
        for first, meta, payload in connection.execute("select first, meta, payload from block").fetchall():
            body = expand(bytes(meta)) + expand(bytes(payload))  # type: ignore[arg-type]
            found += [f"{path.name}, block {first}: {text}" for text in texts if text.encode() in body]
        connection.close()
    return found
