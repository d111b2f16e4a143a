"""The engine as the rest of the program sees it: keys, settings, and what pages read."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import apsw
import structlog

from headrace.clock import Chance, Clock
from headrace.engine import keeping, section
from headrace.engine.audience import columns, lists, suppression, table, timeline
from headrace.engine.audience import contacts as audience
from headrace.engine.audience.activity import Activity
from headrace.engine.core import Core, Hears, Room, Sealer, Uses, Works
from headrace.engine.emails import using as emails
from headrace.engine.emails.room import Emails
from headrace.engine.events import definitions, log
from headrace.engine.inbox.ear import Ear
from headrace.engine.inbox.inbox import Inbox
from headrace.engine.keeping import Days
from headrace.engine.keys import Keys
from headrace.engine.moving.imports import Imports
from headrace.engine.outbox.config import SendingSettings
from headrace.engine.outbox.outbox import Outbox
from headrace.engine.store import rows
from headrace.engine.webhooks.webhooks import Webhooks
from headrace.engine.workflows import shelf
from headrace.engine.workflows import using as workflows
from headrace.engine.workflows.port import Tools
from headrace.engine.workflows.room import Workflows

TEAM = "Loops (built-in)"
HURT = 5.0  # s until a room that failed is started again
DEFAULT = Days()
logger = structlog.get_logger(__name__)


class Engine(Core):
    """`create_api(engine)` makes its HTTP side. Methods here may be called from any thread."""

    team = TEAM
    users: tuple[Uses, ...] = (workflows.uses, emails.uses)  # that a contact property's deletion asks

    def __init__(self, path: Path, clock: Clock, chance: Chance, sealer: Sealer, days: Days, burns_keys: bool) -> None:
        super().__init__(path, clock, chance, sealer)
        self.burns_keys = burns_keys
        self._days = days
        self.write(lambda desk: columns.settle(desk.c)).result()
        self.keys = Keys(self)
        stored = self.store.read(lambda c: rows(c, "select value from meta where name='rate'"))
        self.rate = float(stored[0][0]) if stored else 0.0
        self._window = (0, 0)  # (second, requests in it)
        self.rooms: tuple[Room, ...] = ()
        self.activity = Activity()
        self.sending = SendingSettings(self)
        self.outbox = Outbox(self, self.sending)
        self.inbox = Inbox(self, self.sending)
        self.ear = Ear(self, self.sending)
        self.webhooks = Webhooks(self)
        self.emails = Emails(self)
        self.outbox.composer = self.emails
        self.workflows = Workflows(self, Tools(self.emails, self.outbox))
        self.emails.event_of = shelf.event_of
        self.imports = Imports(self, path.parent / "imports")
        self.furnish(self.activity, self.outbox, self.workflows, self.imports, self.ear, self.webhooks)

    @classmethod
    def open(
        cls, path: Path, clock: Clock, chance: Chance, sealer: Sealer, days: Days = DEFAULT, burns_keys: bool = False
    ) -> Engine:
        """Raises DataTooNew, DataDamaged, WrongSecretKey. `burns_keys`: a refused event uses up its key, for tests."""
        return cls(path, clock, chance, sealer, days, burns_keys)

    def furnish(self, *rooms: Room) -> None:
        """Those that hear what happens hear it in this order; each costs a savepoint for everything that is told."""
        self.rooms = rooms
        self.listeners = tuple(room.heard for room in rooms if isinstance(room, Hears))

    async def run(self) -> None:
        """What the rooms do on their own, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(keeping.keep(self, self._days, self.imports.tidy))
            for room in self.rooms:
                if isinstance(room, Works):
                    group.create_task(self._keep(room))

    async def _keep(self, room: Works) -> None:
        """One that fails stands up again by itself: the others, and the program, go on meanwhile."""
        while True:
            try:
                return await room.run()
            except Exception:
                logger.exception("a room of the engine failed and is started again", room=type(room).__name__)
            await self.clock.sleep(HURT)

    # --- keys and limit --------------------------------------------------------------------------------------------

    def api_key(self) -> str:
        """The key of the pipeline itself, in the clear."""
        return self.keys.own()

    def knows_key(self, key: str) -> bool:
        return self.keys.opens(key)

    def allow(self) -> tuple[bool, int]:
        """(whether this request is inside the limit, how many more are this second)."""
        if self.rate <= 0:
            return True, 999_999
        second = self.now() // 1000
        used = self._window[1] + 1 if self._window[0] == second else 1
        self._window = (second, used)
        return used <= self.rate, max(0, int(self.rate) - used)

    # --- the `engine:` section of the workspace file ---------------------------------------------------------------

    def apply_section(self, given: dict[str, Any]) -> list[str]:
        """Make it so; what changed, a sentence each. Raises WorkspaceError."""
        section.check(given)
        changes = self.write(lambda desk: section.apply(desk, given, self.rate)).result()
        if "rate" in given:
            self.rate = float(given["rate"])
        return changes

    def export_section(self) -> dict[str, Any]:
        return self.read(lambda c: section.export(c, self.rate))

    # --- pages -----------------------------------------------------------------------------------------------------

    def contacts(
        self, search: str, cursor: str | None, limit: int = 50, inline: bool = False, wanted: Any = None
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Contacts, the last changed first, and the cursor to go on from. Raises LoopsError(400) for a filter."""

        def run(c: apsw.Connection) -> tuple[list[dict[str, Any]], str | None]:
            listed, following = table.page(c, search, wanted, cursor, limit)
            return [audience.as_loops(c, row) if inline else table.shown(c, row) for row in listed], following

        return self.survey(run) if search or wanted else self.read(run)

    def contact(self, identifier: str) -> dict[str, Any] | None:
        def run(c: apsw.Connection) -> dict[str, Any] | None:
            found = rows(c, f"select {audience.FIELDS} from contact where id=?", (identifier,))  # noqa: S608
            if not found:
                return None
            mine = {i: bool(s) for i, s in rows(c, "select list, subscribed from member where contact=?", (identifier,))}
            there = [
                {"id": entry["id"], "name": entry["name"], "subscribed": mine.get(entry["id"], False)}
                for entry in audience.mailing_lists(c)
            ]
            shown, _ = log.page(c, None, 50, log.Wanted(contact=identifier))
            more = {"emails": log.emails_of(c, identifier), "suppressed": suppression.why(c, found[0][1])}
            more["timeline"] = timeline.of(c, identifier, shown)
            return table.shown(c, found[0]) | {"lists": there, "events": shown} | more

        return self.store.read(run)

    def lists(self) -> list[dict[str, Any]]:
        return self.read(lists.listed)

    def create_list(self, name: str, description: str | None, public: bool) -> dict[str, Any]:
        given = {"name": name, "description": description, "isPublic": public}
        return self.write(lambda desk: lists.create(desk, given)).result()

    def definitions(self) -> list[dict[str, Any]]:
        return self.read(definitions.listed)

    def properties(self) -> list[dict[str, str]]:
        return self.store.read(lambda c: audience.properties(c, False))

    def event_log(self, before: int | None, limit: int, wanted: log.Wanted) -> tuple[list[dict[str, Any]], int | None]:
        return self.survey(lambda c: log.page(c, before, limit, wanted))

    def event_log_row(self, identifier: int) -> dict[str, Any] | None:
        return self.read(lambda c: log.one(c, identifier))

    def prune(self) -> None:
        """Forget now what is no longer kept."""
        keeping.prune(self, self._days, self.imports.tidy)
