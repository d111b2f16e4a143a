"""All destinations' loops: started and stopped as the workspace changes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from headrace.delivery import checking
from headrace.delivery.checking import Checked, Checks
from headrace.delivery.gate import Gates
from headrace.delivery.loop import DestinationLoop
from headrace.delivery.port import DestinationHealth, NoAnswer
from headrace.delivery.sending import Tools
from headrace.delivery.setup import Setup, ask, learn_team, set_up
from headrace.destinations.port import Answer, Request
from headrace.errors import HeadraceError, NotFound
from headrace.fate import SENTENCES, Code


class Deliverer:
    """Public face of delivery. Call `workspace_changed` after each change and `notify` after each routing step."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._gates = Gates(tools.clock)
        self._loops: dict[str, DestinationLoop] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._leaving: set[asyncio.Task[None]] = set()  # of destinations that were removed

    def start(self) -> None:
        self.workspace_changed()

    def workspace_changed(self) -> None:
        wanted = {d.id for d in self._tools.workspace().destinations}
        for destination_id in sorted(wanted - set(self._loops)):  # in one order: a simulated run repeats
            loop = DestinationLoop(destination_id, self._tools, self._gates)
            self._loops[destination_id] = loop
            self._tasks[destination_id] = asyncio.create_task(loop.run())
        for destination_id in sorted(set(self._loops) - wanted):
            self._loops.pop(destination_id).stop()
            self._gates.release(destination_id)
            task = self._tasks.pop(destination_id)
            self._leaving.add(task)  # it ends by itself within the time limit of a request
            task.add_done_callback(self._leaving.discard)
        self.notify()

    def notify(self) -> None:
        for loop in self._loops.values():
            loop.wake()

    async def stop(self) -> None:
        for loop in self._loops.values():
            loop.stop()
        await asyncio.gather(*self._tasks.values(), *self._leaving)
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

    def _setup(self, destination_id: str) -> Setup | None:
        """None: there is no such destination, or it has no address yet."""
        destination = self._tools.workspace().destination(destination_id)
        if destination is None:
            return None
        kind = self._tools.catalog[destination.type]
        return set_up(self._tools, self._gates, destination_id, kind, destination.settings)

    async def ask(self, destination_id: str, request: Request) -> Answer | NoAnswer:
        """One harmless question, through the destination's pace. Raises HeadraceError when it has no address."""
        if self._tools.workspace().destination(destination_id) is None:
            raise NotFound("There is no such destination.")
        setup = self._setup(destination_id)
        if setup is None:
            raise HeadraceError("This destination has no API Key yet. Paste one in its configuration.")
        return (await ask(self._tools, setup, request)).got

    async def test(self, type_name: str, settings: Mapping[str, Any], destination_id: str = "") -> tuple[bool, str]:
        """Ask the destination whether it accepts us; (well, a sentence for a person)."""
        kind = self._tools.catalog[type_name]
        setup = set_up(self._tools, self._gates, destination_id, kind, settings, tried=True)
        if setup is None:
            return False, "Give an API Key first."
        request = kind.probe()
        if request is None:
            return True, "This type has no harmless request to test with; the first event will tell."
        got, base_url = (await ask(self._tools, setup, request)).got, setup.address.base_url
        if isinstance(got, NoAnswer):
            code = Code.TIMEOUT if got.kind == "timeout" else Code.CONNECTION
            return False, f"{SENTENCES[code]} ({base_url}: {got.detail})"
        said = kind.connected(got, base_url)
        if isinstance(said, str):
            await learn_team(self._tools, self._gates, setup, got)
            told = [(await ask(self._tools, setup, request)).got for request in kind.details()]
            return True, kind.welcome(said, [got if isinstance(got, Answer) else None for got in told])
        return False, getattr(said, "reason", SENTENCES[Code.SERVER_ERROR])

    async def learn(self, type_name: str, settings: Mapping[str, Any]) -> None:
        """Who is behind a key, by one request; where that is not said, nothing is learnt."""
        kind = self._tools.catalog[type_name]
        setup, request = set_up(self._tools, self._gates, "", kind, settings, tried=True), kind.probe()
        if setup is None or request is None:
            return
        got = (await ask(self._tools, setup, request)).got
        if isinstance(got, Answer):
            await learn_team(self._tools, self._gates, setup, got)

    def check_is_due(self, checks: Checks, destination_id: str) -> bool:
        setup = self._setup(destination_id)
        if setup is None or checks.checker(setup.kind.name) is None:
            return False
        return checks.is_due(destination_id, setup.address)

    async def check(self, checks: Checks, destination_id: str) -> Checked | None:
        """Read what the destination defines, behind all deliveries; None: there is nothing to check at this one."""
        setup = self._setup(destination_id)
        checker = checks.checker(setup.kind.name) if setup else None
        if setup is None or checker is None:
            return None
        before, seen = checks.last(destination_id), checks.seen(destination_id)
        checked = await checking.read(self._tools, setup, checker, before, seen)
        checks.record(destination_id, checked)
        return checked

    async def create_property(self, checks: Checks, destination_id: str, name: str, kind_of_value: str) -> tuple[bool, str]:
        """A contact property at the destination, on a person's word; (done, a sentence)."""
        if self._tools.workspace().destination(destination_id) is None:
            raise NotFound("There is no such destination.")
        setup = self._setup(destination_id)
        checker = checks.checker(setup.kind.name) if setup else None
        if setup is None or checker is None:
            return False, "This destination has no contact properties to create."
        got = (await ask(self._tools, setup, checker.create_property(name, kind_of_value))).got
        base_url = setup.address.base_url
        if isinstance(got, NoAnswer):
            return False, f"It was not created: {base_url} gave no answer ({got.kind})."
        if 200 <= got.status < 300:
            return True, f"`{name}` was created in Loops."
        return False, f"It was not created: {base_url} answered {got.status}."
