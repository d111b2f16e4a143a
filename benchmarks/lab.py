"""The real routing and delivery between a made-up event log and a made-up Loops, on virtual time."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog

from benchmarks.limits import Free, Limit
from benchmarks.virtual import NOON, VirtualClock, VirtualCommitter
from headrace.delivery.deliverer import Deliverer
from headrace.delivery.port import NoAnswer, Outgoing
from headrace.delivery.sending import Tools
from headrace.destinations.port import Answer
from headrace.destinations.register import CATALOG
from headrace.event import LoggedEvent
from headrace.journal.port import Attempt
from headrace.routing.message import decode
from headrace.routing.router import Router
from headrace.storage.sqlite.delivery.db import DeliveryDb
from headrace.storage.sqlite.delivery.schema import OPEN
from headrace.workspace.model import Connection, Destination, Source, Workspace

KEY = "0123456789abcdef0123456789abcdef"
ADDRESS = "https://loops.test/api"
COMMIT = 0.004  # s that a commit takes
LATENCY = 0.150  # s from a request's leaving to its answer
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
LOOK = 1.0  # s between two looks whether all is done


class Call:
    """What a caller sent; the position follows from the order."""

    __slots__ = ("body", "message_id", "user")

    def __init__(self, user: str, body: dict[str, Any], message_id: str) -> None:
        self.user, self.body, self.message_id = user, body, message_id


class Log:
    """EventLogReader for routing. What is read is made from `call_of` each time, so that a million of them cost nothing."""

    def __init__(self, call_of: Callable[[int], Call], received: Callable[[int], int], head: int = 0) -> None:
        self._call_of, self._received = call_of, received
        self.length = head

    def head(self) -> int:
        return self.length

    def get(self, position: int) -> LoggedEvent:
        call = self._call_of(position)
        kind = call.body["type"]
        payload = json.dumps(call.body, ensure_ascii=False).encode()
        at = self._received(position)
        return LoggedEvent(position, "s1", call.message_id, at, "127.0.0.1", "", kind, call.user, "", None, payload)

    def read(self, after: int, limit: int) -> list[LoggedEvent]:
        return [self.get(p) for p in range(after + 1, min(self.length, after + limit) + 1)]


class MadeUpLoops:
    """Transport: admits what its limit admits, half of the latency after it left; keeps when and what, not who it was."""

    def __init__(self, limit: Limit, latency: float = LATENCY, jitter: float = 0.0, seed: str = "loops") -> None:
        self.limit = limit
        self._latency, self._jitter = latency, jitter
        self._dice = random.Random(seed)
        self.down = False
        self.left: list[tuple[float, str]] = []  # when a request left, and its path
        self.refused = 0
        self.taken: list[tuple[float, str]] = []  # when it was taken, and its event's name
        self.heard: Callable[[Outgoing, float], None] = lambda request, now: None

    async def send(self, request: Outgoing) -> Answer | NoAnswer:
        loop = asyncio.get_running_loop()
        if self.down:
            await asyncio.sleep(0.01)
            return NoAnswer("refused", "nobody listens", 10)
        self.left.append((loop.time(), request.url))
        half = self._latency / 2
        await asyncio.sleep(half + self._dice.uniform(-self._jitter, self._jitter))
        admitted = self.limit.admits(loop.time())
        headers = {"x-ratelimit-limit": "10", "x-ratelimit-remaining": str(self.limit.remaining())}
        if isinstance(self.limit, Free):
            headers = {}
        if admitted:
            self.heard(request, loop.time())
        self.refused += not admitted
        await asyncio.sleep(half)
        if not admitted:
            return Answer(429, headers, b'{"success":false}', int(self._latency * 1000))
        if request.url.endswith("/api-key"):
            return Answer(200, headers, b'{"success":true,"teamName":"Stand-in"}', int(self._latency * 1000))
        return Answer(200, headers, b'{"success":true}', int(self._latency * 1000))

    async def close(self) -> None: ...


class NoAttempts:
    def record(self, attempts: Sequence[Attempt]) -> None: ...


class Dice:
    """Chance from a seed."""

    def __init__(self, seed: str) -> None:
        self._dice = random.Random(seed)

    def fraction(self) -> float:
        return self._dice.random()

    def token(self, length: int, alphabet: str) -> str:
        return "".join(self._dice.choice(alphabet) for _ in range(length))

    def uuid4(self) -> str:
        raise AssertionError("nothing here needs one")


def workspace(destinations: int = 1, **settings: Any) -> Workspace:
    """One source, and so many destinations of one key."""
    made = tuple(
        Destination(f"d{n}", f"loops{n}", "loops", True, {"base_url": ADDRESS, "api_key": KEY} | settings)
        for n in range(destinations)
    )
    return Workspace(1, (Source("s1", "website", "http", "w"),), made, tuple(Connection("s1", d.id) for d in made))


class Lab:
    """`async with`: routing and delivery run. `route` and `settle` wait for what their names say."""

    def __init__(self, log: Log, loops: MadeUpLoops, space: Workspace, commit: float = COMMIT) -> None:
        self.log, self.loops = log, loops
        self._space, self._commit = space, commit
        self._wake, self._stop = asyncio.Event(), asyncio.Event()

    async def __aenter__(self) -> Lab:
        self._folder = tempfile.TemporaryDirectory()
        clock = VirtualClock()
        path = Path(self._folder.name) / "delivery.db"
        self.db = DeliveryDb(path, clock, lambda c, name, undone: VirtualCommitter(c, undone, self._commit))
        self.db.file.writer.execute("pragma synchronous=off").fetchall()  # time is virtual: there is nothing to wait for
        tools = Tools(
            store=self.db,
            attempts=NoAttempts(),
            events=self,
            workspace=lambda: self._space,
            catalog=CATALOG,
            transport=self.loops,
            clock=clock,
            chance=Dice("lab"),
            builtin=lambda: None,
            agent="Headrace/measured",
        )
        self.deliverer = Deliverer(tools)
        self.router = Router(self.log, self.db, lambda: self._space, CATALOG, self.deliverer.notify)  # type: ignore[arg-type]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        self._wake.set()
        await self.deliverer.stop()
        self.db.close()
        self._folder.cleanup()

    def message(self, position: int) -> Mapping[str, Any]:
        return decode(self.log.get(position)) | {"sourceId": "s1", "sourceName": "website"}

    def start(self) -> None:
        self.deliverer.start()
        self._routing = asyncio.create_task(self.router.run(self._wake, self._stop))

    async def route(self) -> None:
        """Everything that the log holds, before anything leaves."""
        while await self.router.step():
            pass

    async def feed(self, times: Sequence[float]) -> None:
        """Event n is accepted at times[n], seconds from now."""
        began = asyncio.get_running_loop().time()
        for number, due in enumerate(times, 1):
            await asyncio.sleep(began + due - asyncio.get_running_loop().time())
            self.log.length = number
            self._wake.set()

    def open(self) -> int:
        marks = ",".join(map(str, OPEN))
        found = self.db.file.rows(f"select coalesce(sum(number), 0) from count_state where state in ({marks})")
        return int(found[0][0])

    def states(self) -> dict[str, int]:
        return dict(self.db.file.rows("select code, count(*) from delivery group by code"))

    async def settle(self, within: float = 10_000_000.0) -> None:
        end = asyncio.get_running_loop().time() + within
        while self.log.length > self.db.cursor() or self.open():
            if asyncio.get_running_loop().time() > end:
                raise AssertionError(f"{self.open()} deliveries are still open")
            await asyncio.sleep(LOOK)


def noon_plus(seconds: float) -> int:
    return NOON + int(seconds * 1000)
