"""One exchange with a destination: draws from the pace, sends, lets the pace learn, keeps the attempt."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from headrace.clock import Chance, Clock
from headrace.delivery import render
from headrace.delivery.pace import Pace
from headrace.delivery.port import DeliveryStore, EventSource, NoAnswer, Outgoing, Transport
from headrace.destinations.port import Address, Answer, Builtin, Catalog
from headrace.journal.port import AttemptWriter
from headrace.workspace.model import Workspace


class Tools(msgspec.Struct, frozen=True):
    """What every destination's loop works with."""

    store: DeliveryStore
    attempts: AttemptWriter
    events: EventSource
    workspace: Callable[[], Workspace]
    catalog: Catalog
    transport: Transport
    clock: Clock
    chance: Chance
    builtin: Callable[[], Builtin | None]
    agent: str


class Gate:
    """One pace, and the queue before it: whoever came first leaves first, whatever their destination."""

    def __init__(self, rate: float, clock: Clock) -> None:
        self.pace = Pace(rate, clock.monotonic())
        self.rates: dict[str, float] = {}
        self._clock = clock
        self._turn = asyncio.Lock()

    def configure(self, destination_id: str, rate: float) -> None:
        """The lowest rate of those who share it holds; 0 is no limit."""
        if self.rates.get(destination_id) != rate:
            self.rates[destination_id] = rate
            limited = [r for r in self.rates.values() if r > 0]
            self.pace.configure(min(limited) if limited else 0.0)

    async def slot(self) -> None:
        async with self._turn:
            while (wait := self.pace.wait(self._clock.monotonic())) > 0:
                await self._clock.sleep(wait)
            self.pace.take(self._clock.monotonic())


class Gates:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._gates: dict[str, Gate] = {}

    def of(self, address: Address, destination_id: str, rate: float) -> Gate:
        gate = self._gates.get(address.pace_key)
        if gate is None:
            gate = self._gates[address.pace_key] = Gate(rate, self._clock)
        gate.configure(destination_id, rate)
        return gate


class Exchange(msgspec.Struct, frozen=True):
    """A request that left and what came back."""

    request: Outgoing
    got: Answer | NoAnswer
    at: int  # ms when it left


async def exchange(tools: Tools, gate: Gate, request: Outgoing) -> Exchange:
    """Send now; the slot was taken. The pace learns from the answer."""
    at, began = tools.clock.now_ms(), tools.clock.monotonic()
    got = await tools.transport.send(request)
    if isinstance(got, Answer):
        gate.pace.answered(
            began,
            tools.clock.monotonic(),
            got.status,
            _number(got.headers.get("x-ratelimit-limit")),
            _number(got.headers.get("x-ratelimit-remaining")),
        )
    return Exchange(request, got, at)


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None


class Story:
    """Numbers the attempts of one delivery as they are made."""

    def __init__(self, tools: Tools, position: int, destination_id: str, first: int, secrets: tuple[str, ...]) -> None:
        self._tools = tools
        self._where = (position, destination_id)
        self._next = first
        self._secrets = secrets
        self.told_delivery = False

    def tell(self, kind: str, done: Exchange, outcome: str) -> None:
        position, destination_id = self._where
        self.told_delivery = self.told_delivery or kind == "delivery"
        self._tools.attempts.record(
            [
                render.attempt(
                    position, destination_id, self._next, kind, done.at, done.request, done.got, outcome, self._secrets
                )
            ]
        )
        self._next += 1
