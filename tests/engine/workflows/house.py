"""A whole engine on a real file, with a clock that is set by hand; its steps are done one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from headrace.clock import SystemChance
from headrace.engine.audience import contacts
from headrace.engine.engine import Engine
from headrace.engine.events import sending
from headrace.engine.store import rows
from headrace.engine.workflows import running, shelf, states
from headrace.engine.workflows.graph import Graph
from headrace.engine.workflows.port import Tools
from headrace.engine.workflows.shelf import Workflow
from headrace.workspace.secretbox import SecretBox
from tests.engine.workflows.unwritten import Unwritten
from tests.eventlog.events import StillClock

NOON = 1_800_000_000_000
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
ADA = "ada@x.dev"


class House:
    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, StillClock(NOON)
        self.engine = self._open()

    def _open(self) -> Engine:
        box = SecretBox.at(self.folder / "secret.key", None)
        engine = Engine.open(self.folder / "engine.db", self.clock, SystemChance(), box)
        engine.workflows.tools = Tools(Unwritten(), engine.outbox)
        return engine

    def restart(self) -> None:
        self.engine.close()
        self.engine = self._open()

    # --- what people do ---------------------------------------------------------------------------------------------

    def workflow(self, graph: Graph, started: bool = True, mailing_list: str | None = None, name: str = "Welcome") -> str:
        def make(desk: Any) -> str:
            made = shelf.create(desk, name, None, mailing_list)
            shelf.save(desk, msgspec.structs.replace(made, graph=graph), "drawn")
            if started:
                states.start(desk, made.id, self.engine.workflows.tools.emails)
            return made.id

        return self.engine.write(make).result()

    def redraw(self, workflow: str, graph: Graph) -> None:
        self.engine.write(
            lambda desk: shelf.save(desk, msgspec.structs.replace(shelf.load(desk.c, workflow), graph=graph), "redrawn")
        ).result()

    def start(self, workflow: str) -> Workflow:
        return self.engine.write(lambda desk: states.start(desk, workflow, self.engine.workflows.tools.emails)).result()

    def pause(self, workflow: str) -> Workflow:
        return self.engine.write(lambda desk: states.pause(desk, workflow)).result()

    def stop(self, workflow: str, discard: bool = False) -> Workflow:
        return self.engine.write(lambda desk: states.stop(desk, workflow, discard)).result()

    def mailing_list(self, name: str = "News") -> str:
        return str(self.engine.create_list(name, None, True)["id"])

    def property(self, name: str, kind: str = "string") -> None:
        self.engine.write(lambda desk: contacts.create_property(desk.c, name, kind, desk.now)).result()

    def put(self, email: str = ADA, **body: Any) -> str:
        return self.engine.write(lambda desk: contacts.upsert(desk, {"email": email, **body})).result().id

    def event(self, name: str = "signup", email: str = ADA, **properties: Any) -> None:
        body = {"email": email, "eventName": name, "eventProperties": properties}
        self.engine.write(lambda desk: sending.send(desk, body, None)).result()

    def delete(self, email: str = ADA) -> None:
        self.engine.write(lambda desk: contacts.delete(desk, contacts.Who(email, None))).result()

    # --- what the engine does ---------------------------------------------------------------------------------------

    def settle(self, after: int = 0) -> None:
        """Time passes, and everything that is due is done."""
        self.clock.now += after
        while ahead := self.engine.read(lambda c: running.due(c, self.clock.now)):
            for seq in ahead:
                self.engine.write(lambda desk, seq=seq: running.step(desk, seq, self.engine.workflows.tools)).result()  # type: ignore[misc]

    # --- what can be seen -------------------------------------------------------------------------------------------

    def sent(self, email: str = ADA) -> list[str]:
        return self.engine.read(
            lambda c: [m for (m,) in rows(c, "select message_id from send where email=? order by at", (email,))]
        )

    def runs(self) -> list[tuple[str, str, str]]:
        """(node, state, why) in the order of entering."""
        return self.engine.read(lambda c: rows(c, "select node, state, why from run order by seq"))

    def starts(self) -> list[tuple[int, str]]:
        return self.engine.read(lambda c: rows(c, "select started, why from workflow_start order by log"))
