"""One destination with its real loop, courier, pace and delivery.db, on virtual time; the answers are the test's."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from headrace.delivery.deliverer import Deliverer
from headrace.delivery.port import NoAnswer, Outgoing
from headrace.delivery.sending import Tools
from headrace.destinations.port import Answer
from headrace.destinations.register import CATALOG
from headrace.journal.port import Attempt
from headrace.storage.sqlite.delivery.db import DeliveryDb
from headrace.workspace.model import Destination, Workspace
from tests.simulation.commits import SteppedCommitter
from tests.simulation.virtual import SeededChance, SimulatedClock, VirtualLoop
from tests.storage.queue import LOOPS, batch, waiting

SETTINGS: dict[str, Any] = {"api_key": "0" * 32, "base_url": "https://loops.test/api", "rate": 10}
GOOD = Answer(200, {}, b'{"success":true,"teamName":"Acme"}')
Answering = Callable[[Outgoing], Answer | NoAnswer]


class Outside:
    """Nothing happens but what is waited for."""

    now = 0.0

    def between_steps(self) -> None: ...

    def next_at(self) -> float | None:
        return None

    def happen(self) -> None: ...


class Way:
    """`calls[n]` is the event at position n + 1. `left` are the requests in order, each with the second it left at."""

    def __init__(self, folder: Path, kind: str, settings: Mapping[str, Any], answer: Answering) -> None:
        self.outside, self.answer = Outside(), answer
        self.slow = 0.0  # seconds an answer takes
        self.offset_ms = 0  # by which somebody set the clock
        self.calls: list[dict[str, Any]] = []
        self.left: list[tuple[float, str, Any]] = []
        self.told: list[Attempt] = []
        clock = SimulatedClock(lambda: self.outside.now, 0.0, lambda: self.offset_ms)
        self.workspace = Workspace(1, (), (Destination(LOOPS, "loops", kind, True, dict(settings)),))
        self.db = DeliveryDb(folder / "delivery.db", clock, self._committer)
        tools = Tools(
            store=self, attempts=self, events=self, workspace=lambda: self.workspace, catalog=CATALOG, transport=self,
            clock=clock, chance=SeededChance(random.Random(1)), builtin=lambda: None, agent="test",
        )  # fmt: skip
        self.deliverer = Deliverer(tools)

    def _committer(self, connection: Any, name: str, undone: Callable[[], None]) -> SteppedCommitter:
        def committing(commit: Callable[[], None]) -> bool:
            commit()
            return True

        return SteppedCommitter(connection, undone, lambda: 0.004, committing)

    # --- what stands around it: the store, the log, the network, the journal ---------------------------------------

    def __getattr__(self, name: str) -> Any:
        return getattr(self.db, name)

    def message(self, position: int) -> dict[str, Any] | None:
        call = self.calls[position - 1]
        return {"sourceId": "s", "messageId": f"m{position}", **call} if call else None

    async def send(self, request: Outgoing) -> Answer | NoAnswer:
        body = json.loads(request.body) if request.body else None
        self.left.append((self.outside.now, request.url.partition("/v1")[2], body))
        await asyncio.sleep(self.slow)
        return self.answer(request)

    async def close(self) -> None: ...

    def record(self, attempts: Sequence[Attempt]) -> None:
        self.told += attempts

    # --- what a story does and asks --------------------------------------------------------------------------------

    async def come(self, *calls: dict[str, Any]) -> None:
        """Calls of Ada, one behind the other in her lane; of others where a call names them."""
        first = len(self.calls) + 1
        self.calls += calls
        lanes = [f"u:{call.get('userId', 'ada')}" for call in calls]
        await self.db.commit(batch(*(waiting(p, lane) for p, lane in enumerate(lanes, first))))
        self.deliverer.notify()

    def fates(self) -> list[tuple[str, str]]:
        """(code, what carried it) of each event, in order."""
        found = self.db.file.rows("select code, coalesce(carried_by, '') from delivery order by position")
        return [(str(code), str(carried)) for code, carried in found]

    def codes(self) -> list[str]:
        return [code for code, _ in self.fates()]

    def asked(self, path: str) -> list[Any]:
        """Bodies of the requests to `path`, in the order they left."""
        return [body for _, there, body in self.left if there.startswith(path)]


def told(
    folder: Path,
    story: Callable[[Way], Awaitable[None]],
    kind: str = "loops",
    settings: Mapping[str, Any] = SETTINGS,
    answer: Answering = lambda request: GOOD,
) -> None:
    way = Way(folder, kind, settings, answer)
    loop = VirtualLoop(way.outside)

    async def run() -> None:
        way.deliverer.start()
        await story(way)
        await way.deliverer.stop()

    try:
        loop.run_until(run())
    finally:
        loop.abandon()
        way.db.close()
