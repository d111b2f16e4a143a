"""One pace and the queue before it: a slot is given a moment early, so that what leaves can be written down meanwhile."""

from __future__ import annotations

import asyncio

from headrace.clock import Clock
from headrace.delivery.pace import WINDOW, Pace
from headrace.delivery.turns import Turns
from headrace.destinations.port import Address

LONGEST_LEAD = 0.1  # s; how much earlier than it may leave a request gets its slot, at most
FADES = 0.9  # of the lead that is kept when less was needed

Waiting = asyncio.Future[None]


class Gate:
    """`slot` waits for a turn and reserves it; `leave` waits until the request may really go; `give_back` returns it."""

    def __init__(self, rate: float, clock: Clock) -> None:
        self.pace = Pace(rate, clock.monotonic())
        self.rates: dict[str, float] = {}
        self._clock = clock
        self._turns: Turns[Waiting] = Turns()
        self._asked_again = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None
        self._lead = 0.005
        self._moved_to: Gate | None = None

    def configure(self, destination_id: str, rate: float) -> None:
        """The lowest rate of those who share it holds; 0 is no limit."""
        if self.rates.get(destination_id) != rate:
            self.rates[destination_id] = rate
            self._lowest_holds()

    def release(self, destination_id: str) -> None:
        here = self.now_at()
        if here.rates.pop(destination_id, None) is not None:
            here._lowest_holds()

    def _lowest_holds(self) -> None:
        limited = [r for r in self.rates.values() if r > 0]
        self.pace.configure(min(limited) if limited else 0.0)

    def is_free(self) -> bool:
        """Whether a request could leave at once, with nobody before it."""
        here = self.now_at()
        return not here._turns and here.pace.wait(here._clock.monotonic()) <= 0

    async def slot(self, destination_id: str, gives_way: bool = False) -> float:
        """Returns when it was given (monotonic seconds), for `leave`."""
        here = self.now_at()
        if here.is_free():
            here.pace.reserve()
            return here._clock.monotonic()
        waiting: Waiting = asyncio.get_running_loop().create_future()
        here._turns.add(destination_id, waiting, gives_way)
        here._serve()
        try:
            await waiting
        except asyncio.CancelledError:
            if waiting.done() and not waiting.cancelled():
                self.give_back()
            raise
        return self._clock.monotonic()

    async def leave(self, given: float) -> None:
        """After `slot`, and after the request was written down. Returns when it may go; it counts from then on."""
        here = self.now_at()
        needed = here._clock.monotonic() - given
        here._lead = min(LONGEST_LEAD, max(needed, here._lead * FADES))
        while (wait := here.pace.wait_to_leave(here._clock.monotonic())) > 0:
            await here._clock.sleep(wait)
            here = self.now_at()
        here.pace.leave(here._clock.monotonic())
        here._wake()

    async def turn(self, destination_id: str, gives_way: bool = False) -> None:
        """For a request that needs not be written down: a question, a probe."""
        await self.leave(await self.slot(destination_id, gives_way))

    def give_back(self) -> None:
        here = self.now_at()
        here.pace.give_back()
        here._wake()

    def answered(self, sent: float, status: int, limit: float | None, remaining: float | None) -> None:
        here = self.now_at()
        here.pace.answered(sent, here._clock.monotonic(), status, limit, remaining)
        here._wake()

    def move_to(self, other: Gate) -> None:
        """Both turned out to be one account: from now on there is one pace, and nobody loses his place."""
        other.pace.hold(self._clock.monotonic() + WINDOW)
        other.pace.take_over(self.pace)
        for destination_id, rate in self.rates.items():
            other.configure(destination_id, rate)
        self._turns.move_to(other._turns)
        self._moved_to = other
        self._wake()
        other._serve()

    def now_at(self) -> Gate:
        """Itself, or the one it became part of."""
        return self if self._moved_to is None else self._moved_to.now_at()

    # --- the loop --------------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        if self._turns and (self._serving is None or self._serving.done()):
            self._serving = asyncio.get_running_loop().create_task(self._give_turns())
        self._wake()

    def _wake(self) -> None:
        self._asked_again.set()

    async def _give_turns(self) -> None:
        while self._turns and self._moved_to is None:
            now = self._clock.monotonic()
            wait = self.pace.wait(now, self._lead)
            if wait > 0:
                await self._rest(wait)
                continue
            waiting = self._turns.take()
            if not waiting.cancelled():
                self.pace.reserve()
                waiting.set_result(None)

    async def _rest(self, seconds: float) -> None:
        """Until then, or until something changed."""
        self._asked_again.clear()
        slept = asyncio.ensure_future(self._clock.sleep(seconds))
        changed = asyncio.ensure_future(self._asked_again.wait())
        try:
            await asyncio.wait({slept, changed}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            slept.cancel()
            changed.cancel()


def account_of(address: Address, team: str | None) -> str:
    """The address and the team behind its key; the key itself while the team is not known."""
    return f"{address.base_url}\0team {team}" if team is not None else address.pace_key


class Gates:
    """A gate for each account: an address and, once it is known, the team behind the key; until then the key itself."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._gates: dict[str, Gate] = {}
        self._teams: dict[str, str] = {}
        self._of: dict[str, Gate] = {}  # destination -> where its rate holds

    def account(self, address: Address) -> str:
        """What shares one pace and one memory of what was sent."""
        return account_of(address, self._teams.get(address.pace_key))

    def knows(self, address: Address) -> bool:
        """Whether the team behind the key is known."""
        return address.pace_key in self._teams

    def at(self, address: Address, rate: float) -> Gate:
        """The gate before it; a new one begins with `rate`."""
        account = self.account(address)
        if account not in self._gates:
            self._gates[account] = Gate(rate, self._clock)
        return self._gates[account]

    def of(self, address: Address, destination_id: str, rate: float) -> Gate:
        """The gate of a destination that is there now; its rate holds here, and no longer where it was before."""
        gate = self.at(address, rate)
        if (before := self._of.get(destination_id)) is not None and before.now_at() is not gate:
            before.release(destination_id)
        self._of[destination_id] = gate
        gate.configure(destination_id, rate)
        return gate

    def release(self, destination_id: str) -> None:
        """It is gone: its rate does not bind the others."""
        if (gate := self._of.pop(destination_id, None)) is not None:
            gate.release(destination_id)

    def learn(self, address: Address, team: str) -> bool:
        """Whether this was news. A gate that two keys turn out to share becomes one."""
        before = self.account(address)
        self._teams[address.pace_key] = team
        after = self.account(address)
        if before == after:
            return False
        old = self._gates.pop(before, None)
        if old is not None:
            present = self._gates.get(after)
            if present is None:
                self._gates[after] = old
            else:
                old.move_to(present)
        return True
