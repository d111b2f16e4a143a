"""The engine as the rest of the program sees it: keys, settings, and what pages read."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import apsw

from headrace.clock import Chance, Clock
from headrace.engine import keeping
from headrace.engine.audience import contacts as audience
from headrace.engine.audience import lists, suppression, table
from headrace.engine.audience.activity import Activity
from headrace.engine.core import Core, Room, Sealer
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
from headrace.engine.values import RESERVED, TYPES, label
from headrace.engine.webhooks.webhooks import Webhooks
from headrace.engine.workflows import shelf
from headrace.engine.workflows.port import Tools
from headrace.engine.workflows.room import Workflows
from headrace.errors import WorkspaceError

TEAM = "Loops (built-in)"
DEFAULT = Days()


class Engine(Core):
    """`create_api(engine)` makes its HTTP side. Methods here may be called from any thread."""

    team = TEAM

    def __init__(self, path: Path, clock: Clock, chance: Chance, sealer: Sealer, days: Days, burns_keys: bool) -> None:
        super().__init__(path, clock, chance, sealer)
        self.burns_keys = burns_keys
        self._days = days
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
        self.furnish(self.activity, self.emails, self.outbox, self.workflows, self.imports, self.ear, self.webhooks)

    @classmethod
    def open(
        cls, path: Path, clock: Clock, chance: Chance, sealer: Sealer, days: Days = DEFAULT, burns_keys: bool = False
    ) -> Engine:
        """Raises DataTooNew, DataDamaged, WrongSecretKey. `burns_keys`: a refused event uses up its key, for tests."""
        return cls(path, clock, chance, sealer, days, burns_keys)

    def furnish(self, *rooms: Room) -> None:
        """They hear what happens, in this order."""
        self.rooms = rooms
        self.listeners = tuple(room.heard for room in rooms)

    async def run(self) -> None:
        """What the rooms do on their own, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(keeping.keep(self, self._days))
            for room in self.rooms:
                group.create_task(room.run())

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

    def apply_section(self, section: dict[str, Any]) -> list[str]:
        """Make it so; what changed, a sentence each. Raises WorkspaceError."""
        check_section(section)
        changes: list[str] = []

        def run(c: apsw.Connection) -> None:
            if "rate" in section and float(section["rate"]) != self.rate:
                c.execute("insert or replace into meta values('rate', ?)", (str(float(section["rate"])),))
                changes.append(f"engine: rate is now {section['rate']}")
            for entry in section.get("mailing_lists") or ():
                changes.extend(self._apply_list(c, entry))
            for entry in section.get("properties") or ():
                if not rows(c, "select 1 from property where key=?", (entry["name"],)):
                    values = (entry["name"], label(entry["name"]), entry["type"], self.now())
                    c.execute("insert into property values(?,?,?,?)", values)
                    changes.append(f"engine: property {entry['name']} ({entry['type']}) made")

        self.store.write(run).result()
        if "rate" in section:
            self.rate = float(section["rate"])
        return changes

    def _apply_list(self, c: apsw.Connection, entry: dict[str, Any]) -> list[str]:
        wanted = (entry["name"], entry.get("description"), int(bool(entry.get("public"))))
        by = ("id", entry["id"]) if entry.get("id") else ("name", entry["name"])
        found = rows(c, f"select id, name, description, public from list where {by[0]}=?", (by[1],))  # noqa: S608
        if not found:
            identifier = entry.get("id") or self.new_id()
            c.execute(
                "insert into list(id, name, description, public, at) values(?,?,?,?,?)",
                (identifier, *wanted, self.now()),
            )
            return [f"engine: mailing list {entry['name']} made ({identifier})"]
        if found[0][1:] == wanted:
            return []
        c.execute("update list set name=?, description=?, public=? where id=?", (*wanted, found[0][0]))
        return [f"engine: mailing list {entry['name']} changed"]

    def export_section(self) -> dict[str, Any]:
        lists = [
            {"id": entry["id"], "name": entry["name"], "public": entry["isPublic"]}
            | ({"description": entry["description"]} if entry["description"] else {})
            for entry in self.store.read(audience.mailing_lists)
        ]
        custom = self.store.read(lambda c: audience.properties(c, True))
        rate: float | int = int(self.rate) if self.rate.is_integer() else self.rate
        return {
            "rate": rate,
            "mailing_lists": lists,
            "properties": [{"name": p["key"], "type": p["type"]} for p in custom],
        }

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
        keeping.prune(self, self._days)


def check_section(section: dict[str, Any]) -> None:
    """Raises WorkspaceError naming what cannot be used."""
    for key in section:
        if key not in ("rate", "mailing_lists", "properties"):
            raise WorkspaceError(f"engine: {key!r} is not known. It has: rate, mailing_lists, properties.")
    rate = section.get("rate", 0)
    if isinstance(rate, bool) or not isinstance(rate, int | float) or rate < 0:
        raise WorkspaceError("engine.rate: requests a second, 0 = no limit.")
    for entry in section.get("mailing_lists") or ():
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str) or not entry["name"].strip():
            raise WorkspaceError("engine.mailing_lists: each needs a name.")
        if unknown := set(entry) - {"id", "name", "description", "public"}:
            raise WorkspaceError(f"engine.mailing_lists: {sorted(unknown)[0]!r} is not known.")
    for entry in section.get("properties") or ():
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str) or entry.get("type") not in TYPES:
            raise WorkspaceError(f"engine.properties: each needs a name and a type of {', '.join(TYPES)}.")
        if entry["name"] in RESERVED:
            raise WorkspaceError(f"engine.properties: the name {entry['name']} is reserved.")
