"""All destinations' loops: started and stopped as the workspace changes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from headrace.delivery import render
from headrace.delivery.loop import DestinationLoop
from headrace.delivery.port import DestinationHealth, NoAnswer
from headrace.delivery.sending import Gates, Tools, exchange
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
        await gate.slot()
        done = await exchange(self._tools, gate, render.outgoing(request, address, self._tools.agent, policy.timeout))
        return done.got

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
        await gate.slot()
        done = await exchange(self._tools, gate, render.outgoing(request, address, self._tools.agent, policy.timeout))
        if isinstance(done.got, NoAnswer):
            code = Code.TIMEOUT if done.got.kind == "timeout" else Code.CONNECTION
            return False, f"{SENTENCES[code]} ({address.base_url}: {done.got.detail})"
        said = kind.connected(done.got, address.base_url)
        if isinstance(said, str):
            return True, said
        return False, getattr(said, "reason", SENTENCES[Code.SERVER_ERROR])
