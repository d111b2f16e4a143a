"""All destinations' loops: started and stopped as the workspace changes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from headrace.delivery import checking, render
from headrace.delivery.checking import Checked, Checks
from headrace.delivery.gate import Gate, Gates
from headrace.delivery.loop import DestinationLoop
from headrace.delivery.port import DestinationHealth, NoAnswer
from headrace.delivery.sending import Exchange, Tools, exchange
from headrace.destinations.port import Address, Answer, Policy, Request
from headrace.errors import HeadraceError, NotFound
from headrace.fate import SENTENCES, Code


class Deliverer:
    """Public face of delivery. Call `workspace_changed` after each change and `notify` after each routing step."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._gates = Gates(tools.clock)
        self._loops: dict[str, DestinationLoop] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self) -> None:
        self.workspace_changed()

    def workspace_changed(self) -> None:
        wanted = {d.id for d in self._tools.workspace().destinations}
        for destination_id in wanted - set(self._loops):
            loop = DestinationLoop(destination_id, self._tools, self._gates)
            self._loops[destination_id] = loop
            self._tasks[destination_id] = asyncio.create_task(loop.run())
        for destination_id in set(self._loops) - wanted:
            gone = self._loops.pop(destination_id)
            task = self._tasks.pop(destination_id)
            task.add_done_callback(lambda _: None)
            asyncio.ensure_future(gone.stop())  # noqa: RUF006 - it ends by itself within the time limit of a request
        self.notify()

    def notify(self) -> None:
        for loop in self._loops.values():
            loop.wake()

    async def stop(self) -> None:
        await asyncio.gather(*(loop.stop() for loop in self._loops.values()))
        await asyncio.gather(*self._tasks.values())
        await self._tools.transport.close()

    def health(self) -> dict[str, DestinationHealth]:
        return {destination_id: loop.health for destination_id, loop in self._loops.items()}

    async def resume(self, destination_id: str) -> None:
        await self._loop(destination_id).look_now()

    async def pause(self, destination_id: str) -> None:
        await self._loop(destination_id).pause()

    def _loop(self, destination_id: str) -> DestinationLoop:
        if destination_id not in self._loops:
            raise NotFound("There is no such destination.")
        return self._loops[destination_id]

    async def ask(self, destination_id: str, request: Request) -> Answer | NoAnswer:
        """One harmless question, through the destination's pace. Raises HeadraceError when it has no address."""
        destination = self._tools.workspace().destination(destination_id)
        if destination is None:
            raise NotFound("There is no such destination.")
        kind = self._tools.catalog[destination.type]
        address = kind.address(destination.settings, self._tools.builtin())
        if address is None:
            raise HeadraceError("This destination has no API Key yet. Paste one in its configuration.")
        policy = kind.policy(destination.settings)
        gate = self._gates.of(address, destination_id, policy.rate)
        return (await self._ask(request, address, gate, policy, destination_id)).got

    async def test(self, type_name: str, settings: Mapping[str, Any], destination_id: str = "") -> tuple[bool, str]:
        """Ask the destination whether it accepts us; (well, a sentence for a person)."""
        kind = self._tools.catalog[type_name]
        address = kind.address(settings, self._tools.builtin())
        if address is None:
            return False, "Give an API Key first."
        request = kind.probe()
        if request is None:
            return True, "This type has no harmless request to test with; the first event will tell."
        policy = kind.policy(settings)
        gate = self._gates.of(address, destination_id or "test", policy.rate)
        done = await self._ask(request, address, gate, policy, destination_id)
        if isinstance(done.got, NoAnswer):
            code = Code.TIMEOUT if done.got.kind == "timeout" else Code.CONNECTION
            return False, f"{SENTENCES[code]} ({address.base_url}: {done.got.detail})"
        said = kind.connected(done.got, address.base_url)
        if isinstance(said, str):
            if (team := kind.team(done.got)) is not None:
                await self._tools.store.remember_team(address.pace_key, team)
                self._gates.learn(address, team)
            told = [(await self._ask(request, address, gate, policy, destination_id)).got for request in kind.details()]
            return True, kind.welcome(said, [got if isinstance(got, Answer) else None for got in told])
        return False, getattr(said, "reason", SENTENCES[Code.SERVER_ERROR])

    def check_is_due(self, checks: Checks, destination_id: str) -> bool:
        destination = self._tools.workspace().destination(destination_id)
        if destination is None or checks.checker(destination.type) is None:
            return False
        address = self._tools.catalog[destination.type].address(destination.settings, self._tools.builtin())
        return address is not None and checks.is_due(destination_id, address)

    async def check(self, checks: Checks, destination_id: str) -> Checked | None:
        """Read what the destination defines, behind all deliveries; None: there is nothing to check at this one."""
        destination = self._tools.workspace().destination(destination_id)
        kind = self._tools.catalog[destination.type] if destination else None
        checker = checks.checker(destination.type) if destination else None
        address = kind.address(destination.settings, self._tools.builtin()) if destination and kind else None
        if destination is None or kind is None or checker is None or address is None:
            return None
        policy = kind.policy(destination.settings)
        gate = self._gates.of(address, destination_id, policy.rate)
        before, seen = checks.last(destination_id), checks.seen(destination_id)
        checked = await checking.read(self._tools, gate, destination_id, address, policy, checker, before, seen)
        checks.record(destination_id, checked)
        return checked

    async def create_property(self, checks: Checks, destination_id: str, name: str, kind_of_value: str) -> tuple[bool, str]:
        """A contact property at the destination, on a person's word; (done, a sentence)."""
        destination = self._tools.workspace().destination(destination_id)
        if destination is None:
            raise NotFound("There is no such destination.")
        kind, checker = self._tools.catalog[destination.type], checks.checker(destination.type)
        address = kind.address(destination.settings, self._tools.builtin())
        if checker is None or address is None:
            return False, "This destination has no contact properties to create."
        policy = kind.policy(destination.settings)
        gate = self._gates.of(address, destination_id, policy.rate)
        request = checker.create_property(name, kind_of_value)
        done = await self._ask(request, address, gate, policy, destination_id)
        if isinstance(done.got, Answer) and 200 <= done.got.status < 300:
            return True, f"`{name}` was created in Loops."
        if isinstance(done.got, Answer):
            return False, f"It was not created: {address.base_url} answered {done.got.status}."
        return False, f"It was not created: {address.base_url} gave no answer ({done.got.kind})."

    async def _ask(self, request: Request, address: Address, gate: Gate, policy: Policy, destination_id: str) -> Exchange:
        await gate.turn(destination_id or "test")
        return await exchange(self._tools, gate, render.outgoing(request, address, self._tools.agent, policy.timeout))
