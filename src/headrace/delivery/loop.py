"""One destination's loop: claims what may leave, hands it to the courier and settles. Thin."""

from __future__ import annotations

import asyncio
import contextlib

import msgspec
import structlog

from headrace.delivery.courier import Courier
from headrace.delivery.ending import Result
from headrace.delivery.gate import Gates
from headrace.delivery.monitor import Monitor
from headrace.delivery.patience import Patience
from headrace.delivery.port import Claimed, DestinationHealth
from headrace.delivery.readiness import Readiness
from headrace.delivery.sending import Tools
from headrace.delivery.setup import Setup, set_up
from headrace.delivery.turns import SHARE
from headrace.errors import HeadraceError
from headrace.fate import State
from headrace.workspace.model import Destination

log = structlog.get_logger(__name__)
IN_FLIGHT = 64  # most deliveries on their way at once
IDLE = 30.0  # s; a look even when nobody woke us


class DestinationLoop:
    """`run` ends after `stop`, when what is on its way by then is finished."""

    def __init__(self, destination_id: str, tools: Tools, gates: Gates) -> None:
        self.destination_id = destination_id
        self._tools = tools
        self._gates = gates
        self._wake = asyncio.Event()
        self._stopping = False
        self._in_flight: dict[asyncio.Task[None], bool] = {}  # each delivery that is on its way, and whether it gives way
        self._monitor = Monitor(destination_id, tools, gates, self.wake)
        self._ready = Readiness(destination_id, tools, gates)
        self._patience = Patience()
        self._courier = Courier(tools, self._may_leave)
        self._credit = 0.0  # claims that what gives way has earned
        self._configured: Destination | None = None

    @property
    def health(self) -> DestinationHealth:
        return self._monitor.health

    def wake(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                wait = await self._step()
            except HeadraceError as error:
                log.error("a destination cannot be worked on", destination=self.destination_id, error=str(error))
                wait = IDLE
            except Exception as error:  # a commit that failed, say: this destination goes on as soon as that works again
                log.exception("a destination's step failed", destination=self.destination_id, error=repr(error))
                wait = 1.0
            if wait > 0 and not self._wake.is_set():
                await self._rest(wait)
        if self._in_flight:
            await asyncio.wait(self._in_flight)

    def stop(self) -> None:
        """Nothing new leaves; what is on its way is finished (its own time limit bounds that)."""
        self._stopping = True
        self.wake()

    # --- steps -----------------------------------------------------------------------------------------------------

    async def _step(self) -> float:
        """Do what can be done now; seconds until there may be more."""
        destination = self._tools.workspace().destination(self.destination_id)
        if destination is None:
            return IDLE
        await self._notice(destination)
        if self.health.state == "disabled":
            return IDLE
        setup = set_up(self._tools, self._gates, destination.id, self._tools.catalog[destination.type], destination.settings)
        if setup is None:
            await self._monitor.lack_address()
            return IDLE
        if self.health.state != "running":
            return await self._probe(setup)
        if await self._ready.introduce(setup):
            return 0.0
        return await self._pump(setup, IN_FLIGHT)

    async def _notice(self, destination: Destination) -> None:
        """Take up what changed in the workspace."""
        before, self._configured = self._configured, destination
        self._monitor.name = destination.name
        await self._monitor.enable(destination.enabled)
        if destination.enabled and before is not None and before.settings != destination.settings:
            self._courier.forget_known()
            await self._monitor.settings_changed()

    async def _probe(self, setup: Setup) -> float:
        wait = self._monitor.until_probe()
        if wait is None or wait > 0:
            return IDLE if wait is None else wait
        request = setup.kind.probe()
        if request is None:
            return await self._try_one(setup)
        await self._monitor.probe(setup, request)
        return 0.0

    async def _try_one(self, setup: Setup) -> float:
        if self._in_flight:
            return IDLE
        await self._monitor.expect_nothing()
        with self._monitor.trying():
            wait = await self._pump(setup, 1)
            if self._in_flight:
                await asyncio.wait(self._in_flight)
        return min(wait, IDLE)

    async def _pump(self, setup: Setup, most: int) -> float:
        room = most - len(self._in_flight)
        if room <= 0:
            return IDLE  # a delivery that ends wakes us
        if setup.gate.pace.allowed > 0:
            room = min(room, max(1, int(setup.gate.pace.allowed)))
        await self._ready.take_up(setup)
        await self._ready.mind_the_clock()
        self._credit = min(1.0, self._credit + room / SHARE)
        # half of the places are kept for live ones, which then wait for a slot only
        behind = max(0, most // 2 - sum(self._in_flight.values())) if most > 1 else None
        claims = await self._tools.store.claim(self.destination_id, room, self._now(), int(self._credit), behind)
        for claimed in claims:
            self._credit = max(0.0, self._credit - claimed.gives_way)  # what nobody live wanted is not owed
            task = asyncio.create_task(self._deliver(claimed, setup))
            self._in_flight[task] = claimed.gives_way
            task.add_done_callback(self._ended)
        if claims:
            return 0.0 if len(claims) == room and len(self._in_flight) < most else IDLE
        due = await self._tools.store.next_due(self.destination_id)
        if due is None or (due == 0 and self._in_flight):
            return IDLE
        return min(IDLE, max(0.005, (due - self._now()) / 1000))

    async def _deliver(self, claimed: Claimed, setup: Setup) -> None:
        try:
            result = await self._courier.deliver(claimed, setup)
        except Exception as error:  # one delivery's surprise must not end the others: it goes back, and is told
            log.exception("a delivery failed in an unforeseen way", position=claimed.position, error=repr(error))
            await self._tools.clock.sleep(1.0)
            await self._tools.store.hand_back(self.destination_id, [claimed.position])
        else:
            await self._written(claimed, result)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._in_flight[task]
        self.wake()

    async def _written(self, claimed: Claimed, result: Result) -> None:
        try:
            await self._settle(claimed, result)
        except Exception as error:  # the store has given the claim back: handing it back later could free somebody else's
            log.exception("an outcome could not be written down", position=claimed.position, error=repr(error))

    async def _settle(self, claimed: Claimed, result: Result) -> None:
        if result.back:
            await self._tools.store.hand_back(self.destination_id, result.back)
        if not result.settlements:
            return
        own = next((s for s in result.settlements if s.position == claimed.position), None)
        if own is not None and own.state is State.RETRYING:
            used = claimed.patience_used + self._patience.failed(claimed.position, self._tools.clock.monotonic())
            patient = msgspec.structs.replace(own, patience_used=used)
            result = msgspec.structs.replace(
                result, settlements=tuple(patient if s is own else s for s in result.settlements)
            )
        else:
            self._patience.ended(claimed.position)
        await self._tools.store.settle(result.settlements)
        lane = claimed.lanes[0] if claimed.lanes else f"#{claimed.position}"
        if result.pause is None and result.signal in ("success", "answered", "refusal"):
            self._patience.answered(self._tools.clock.monotonic())
        await self._monitor.hear(result.signal, lane, own.code if own else result.settlements[0].code, result.pause)

    # --- small words -----------------------------------------------------------------------------------------------

    async def pause(self) -> None:
        await self._monitor.pause()

    async def look_now(self) -> None:
        """A person says that it may be well again."""
        await self._monitor.look_now()

    def _may_leave(self) -> bool:
        return not self._stopping and self._monitor.may_leave()

    def _now(self) -> int:
        return self._tools.clock.now_ms()

    async def _rest(self, seconds: float) -> None:
        woken = asyncio.create_task(self._wake.wait())
        slept = asyncio.create_task(self._tools.clock.sleep(seconds))
        await asyncio.wait({woken, slept}, return_when=asyncio.FIRST_COMPLETED)
        for task in (woken, slept):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
