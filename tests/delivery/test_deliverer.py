"""What a person asks of a destination: does it answer, stop, go on, create this; and destinations that come and go."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from headrace.clock import SystemChance, SystemClock
from headrace.delivery.checking import Checks
from headrace.delivery.deliverer import Deliverer
from headrace.delivery.port import NoAnswer, Outgoing
from headrace.delivery.sending import Tools
from headrace.destinations.loops.check import CHECKER
from headrace.destinations.port import Answer
from headrace.destinations.register import CATALOG
from headrace.errors import HeadraceError, NotFound
from headrace.journal.port import Attempt
from headrace.storage.sqlite.delivery.db import DeliveryDb
from headrace.workspace.model import Destination, Workspace
from tests.delivery.test_checking import Shelf

SETTINGS: dict[str, Any] = {"api_key": "0" * 32, "base_url": "https://loops.test/api", "rate": 0}
TEAM = Answer(200, {}, b'{"success":true,"teamName":"Acme"}')


class Wire:
    """A transport that answers everything with `got`."""

    def __init__(self) -> None:
        self.got: Answer | NoAnswer = TEAM
        self.sent: list[Outgoing] = []

    async def send(self, request: Outgoing) -> Answer | NoAnswer:
        self.sent.append(request)
        return self.got

    async def close(self) -> None: ...


class Silence:
    def record(self, attempts: Sequence[Attempt]) -> None: ...


class Scene:
    """One destination `d` and what stands around it."""

    def __init__(self, folder: Path) -> None:
        clock = SystemClock()
        self.workspace = Workspace(1, (), (Destination("d", "loops", "loops", True, SETTINGS),))
        self.wire, self.db = Wire(), DeliveryDb.open(folder / "delivery.db", clock)
        tools = Tools(
            self.db, Silence(), self, lambda: self.workspace, CATALOG, self.wire, clock, SystemChance(), lambda: None, "test"
        )  # fmt: skip
        self.deliverer = Deliverer(tools)

    def message(self, position: int) -> None:
        return None

    def configure(self, *destinations: Destination) -> None:
        self.workspace = msgspec.structs.replace(self.workspace, destinations=destinations)
        self.deliverer.workspace_changed()


def told(folder: Path, story: Callable[[Scene], Awaitable[None]]) -> None:
    async def run() -> None:
        scene = Scene(folder)
        scene.deliverer.start()
        try:
            await story(scene)
        finally:
            await scene.deliverer.stop()
            scene.db.close()

    asyncio.run(asyncio.wait_for(run(), 30))


def test_ada_tests_her_key_and_reads_the_name_of_her_team(tmp_path: Path) -> None:
    async def story(scene: Scene) -> None:
        well, words = await scene.deliverer.test("loops", SETTINGS, "d")
        assert well
        assert "Acme" in words
        scene.wire.got = Answer(401, {}, b'{"success":false}')
        well, words = await scene.deliverer.test("loops", SETTINGS)
        assert not well
        assert "key" in words
        scene.wire.got = NoAnswer("timeout", "no answer within 10 s")
        assert await scene.deliverer.test("loops", SETTINGS) == (
            False,
            "No answer came in time. (https://loops.test/api: no answer within 10 s)",
        )
        assert await scene.deliverer.test("loops", {}) == (False, "Give an API Key first.")
        well, words = await scene.deliverer.test("webhook", {"url": "https://hook.test/"})
        assert well
        assert "first event" in words

    told(tmp_path, story)


def test_a_question_goes_to_the_address_of_the_destination(tmp_path: Path) -> None:
    async def story(scene: Scene) -> None:
        probe = CATALOG["loops"].probe()
        assert probe is not None
        assert await scene.deliverer.ask("d", probe) == TEAM
        assert scene.wire.sent[-1].url == "https://loops.test/api/v1/api-key"
        with pytest.raises(NotFound):
            await scene.deliverer.ask("nobody", probe)
        scene.configure(Destination("d", "loops", "loops", True, {}))
        with pytest.raises(HeadraceError, match="API Key"):
            await scene.deliverer.ask("d", probe)

    told(tmp_path, story)


def test_ada_pauses_a_destination_and_lets_it_go_on(tmp_path: Path) -> None:
    async def story(scene: Scene) -> None:
        await scene.deliverer.pause("d")
        assert scene.deliverer.health()["d"].state == "paused"
        await scene.deliverer.resume("d")
        assert scene.deliverer.health()["d"].state == "running"
        for asked in (scene.deliverer.pause, scene.deliverer.resume):
            with pytest.raises(NotFound):
                await asked("nobody")

    told(tmp_path, story)


def test_destinations_come_and_go(tmp_path: Path) -> None:
    async def story(scene: Scene) -> None:
        other = Destination("e", "hook", "webhook", True, {"url": "https://hook.test/"})
        scene.configure(scene.workspace.destinations[0], other)
        assert set(scene.deliverer.health()) == {"d", "e"}
        scene.configure(other)
        assert set(scene.deliverer.health()) == {"e"}

    told(tmp_path, story)


def test_a_property_is_created_on_a_persons_word(tmp_path: Path) -> None:
    async def story(scene: Scene) -> None:
        checks = Checks({"loops": CHECKER}, Shelf(), SystemClock())
        create = scene.deliverer.create_property
        scene.wire.got = Answer(200, {}, b'{"success":true}')
        assert await create(checks, "d", "plan", "string") == (True, "`plan` was created in Loops.")
        scene.wire.got = Answer(400, {}, b'{"success":false}')
        assert (await create(checks, "d", "plan", "string"))[1].endswith("answered 400.")
        scene.wire.got = NoAnswer("refused", "nobody listens")
        assert (await create(checks, "d", "plan", "string"))[1].endswith("gave no answer (refused).")
        with pytest.raises(NotFound):
            await create(checks, "nobody", "plan", "string")

    told(tmp_path, story)
