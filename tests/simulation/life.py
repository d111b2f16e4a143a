"""One process of a simulation: the real router and deliverer over the simulated disk and network, from start to end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw

from headrace.delivery.deliverer import Deliverer
from headrace.delivery.port import Intent, NoAnswer, Outgoing, Settlement
from headrace.delivery.sending import Tools
from headrace.destinations.port import Answer
from headrace.destinations.register import CATALOG
from headrace.journal.port import Attempt
from headrace.routing.message import decode
from headrace.routing.router import Router
from headrace.storage.sqlite.delivery.db import DeliveryDb
from headrace.storage.sqlite.delivery.schema import OPEN
from tests.simulation.commits import SteppedCheckpointer, SteppedCommitter
from tests.simulation.oracle import current
from tests.simulation.virtual import SeededChance, SimulatedClock

if TYPE_CHECKING:
    from tests.simulation.world import World

LOOK = 2.0  # s between two looks whether everything is settled
PATIENCE = 6 * 3600.0  # s in which everything has to be settled once all is well


class Watched:
    """The store, with the oracle looking at what is written down and what becomes final."""

    def __init__(self, db: DeliveryDb, world: World) -> None:
        self._db = db
        self._world = world

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    async def intend(self, intents: Sequence[Intent]) -> None:
        await self._db.intend(intents)
        current.set(intents[-1])

    async def settle(self, settlements: Sequence[Settlement]) -> None:
        await self._db.settle(settlements)
        for s in settlements:
            self._world.trace("settled", s.state, s.code, s.position)
            self._world.oracle.settled(s.destination_id, s.position)


class Wire:
    """Transport of one life: a dead process sends nothing and hears nothing."""

    def __init__(self, life: Life) -> None:
        self._life = life

    async def send(self, request: Outgoing) -> Answer | NoAnswer:
        if not self._life.may_go_on("request"):
            await asyncio.get_running_loop().create_future()
        return await self._life.world.network.send(request, self._life.hear)

    async def close(self) -> None: ...


class Attempts:
    def record(self, attempts: Sequence[Attempt]) -> None: ...


class Life:
    def __init__(self, world: World, number: int, directory: Path) -> None:
        self.world = world
        self.number = number
        self.directory = directory
        self.dead = False
        self.path = directory / "delivery.db"
        self.checkpointer: SteppedCheckpointer | None = None
        self.deliverer: Deliverer | None = None
        self.router_wakes = asyncio.Event()
        self.over: asyncio.Event = asyncio.Event()
        self.settled = False
        self.began = world.now

    # --- from start to end -----------------------------------------------------------------------------------------

    async def run(self) -> None:
        world = self.world
        clock = SimulatedClock(lambda: world.now, world.now if world.boots else 0.0, lambda: world.offset_ms)
        self.db = DeliveryDb(self.path, clock, self._committer, self._checkpointer)
        world.oracle.begins(str(self.path), world.disk.is_clean, self.number)
        tools = Tools(
            store=Watched(self.db, world),
            attempts=Attempts(),
            events=self,
            workspace=lambda: world.workspace,
            catalog=CATALOG,
            transport=Wire(self),
            clock=clock,
            chance=SeededChance(world.dice("chance", self.number)),
            builtin=lambda: None,
            agent="Headrace/simulated",
        )
        self.deliverer = Deliverer(tools)
        router = Router(world.log, self.db, lambda: world.workspace, CATALOG, self.deliverer.notify)
        stop = asyncio.Event()
        self.deliverer.start()
        routing = asyncio.create_task(router.run(self.router_wakes, stop))
        looking = asyncio.create_task(self._look())
        waiting = asyncio.create_task(self.over.wait())
        await asyncio.wait({waiting, routing, looking}, return_when=asyncio.FIRST_COMPLETED)
        for task in (routing, looking, *self.deliverer._tasks.values()):
            if task.done() and task.exception() is not None:
                world.fail(f"a task ended: {task.exception()!r}")
        stop.set()
        self.router_wakes.set()
        waiting.cancel()
        looking.cancel()
        await self.deliverer.stop()
        await routing
        self.close()

    async def _look(self) -> None:
        """Until nothing waits any more, once the troubles are over. The database is moved to its file now and then."""
        world, dice = self.world, self.world.dice("checkpoints", self.number)
        while True:
            await asyncio.sleep(LOOK if world.now < world.plan.troubles_end + 600 else 30.0)
            assert self.deliverer is not None
            for task in self.deliverer._tasks.values():
                if task.done():
                    world.fail(f"a destination's loop ended: {task.exception() if not task.cancelled() else 'cancelled'!r}")
            if dice.random() < 0.2:
                self._checkpoint(dice.choice((apsw.SQLITE_CHECKPOINT_PASSIVE, apsw.SQLITE_CHECKPOINT_RESTART)))
            self.router_wakes.set()
            if world.now < world.plan.troubles_end:
                continue
            if self.db.cursor() == world.log.head() and not self._open():
                self.settled = True
                return
            if world.now > max(world.plan.troubles_end, self.began) + PATIENCE:
                world.fail(f"not everything is final {PATIENCE / 3600:g} h after all was well: {self._open()}")
                return

    def _open(self) -> list[tuple[Any, ...]]:
        marks = ",".join(map(str, OPEN))
        return self.db.file.rows(
            f"select position, destination, state, code, next_at from delivery where state in ({marks})"
        )

    def close(self) -> None:
        self.dead = True
        self.world.oracle.ends()
        if hasattr(self, "db"):
            self.db.file.commit._works.clear()  # type: ignore[attr-defined]
            self.db.close()

    # --- the outside -----------------------------------------------------------------------------------------------

    def message(self, position: int) -> Mapping[str, Any] | None:
        logged = self.world.log.get(position)
        assert logged is not None
        return decode(logged) | {"sourceId": logged.source_id, "sourceName": logged.source_id}

    def hear(self, tell: Callable[[], None]) -> None:
        if not self.dead:
            tell()

    def may_go_on(self, what: str) -> bool:
        """Whether the power is still on; counts towards the next cut."""
        return not self.dead and self.world.power_on(what)

    def _committer(self, connection: apsw.Connection, name: str, undone: Callable[[], None]) -> SteppedCommitter:
        dice, slow = self.world.dice("commits", self.number), self.world.plan.slow_commits

        def latency() -> float:
            return dice.uniform(0.0002, 0.3 if slow and dice.random() < 0.2 else 0.004)

        def committing(commit: Callable[[], None]) -> bool:
            if self.dead or self.world.is_cut:
                return False
            commit()
            return not self.world.is_cut

        return SteppedCommitter(connection, undone, latency, committing)

    def _checkpointer(self, path: str) -> SteppedCheckpointer:
        self.checkpointer = SteppedCheckpointer(path)
        return self.checkpointer

    def _checkpoint(self, mode: int) -> None:
        assert self.checkpointer is not None
        try:
            self.checkpointer.step(mode)
        except apsw.BusyError:
            self.world.trace("a checkpoint has to wait")
