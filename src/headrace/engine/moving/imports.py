"""Imports: a file comes in parts, then its rows become contacts; each row that fails is kept with its reason.

How far it is stands in the same transaction as the contacts, so that a crash neither repeats a row nor leaves one out.
"""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Generator, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import apsw
import structlog

from headrace.clock import rfc3339
from headrace.engine.account import CLOUD, Account, Ask, nobody
from headrace.engine.core import Core
from headrace.engine.moving.taking import Row, take
from headrace.engine.refusal import LoopsError
from headrace.engine.store import rows
from headrace.errors import Conflict, HeadraceError, NotFound, WorkspaceError

AT_ONCE, ASKED = 500, 20  # rows of a transaction; of one for which an account is asked
EACH = 1.0  # s between two looks for work
MOST_BYTES = 2 * 2**30
UPLOADS_FOR = 86_400_000  # ms
LONGEST = 2**20  # characters of a line
COLUMNS = (
    "id", "name", "source", "state", "mapping", "list", "trigger", "address", "size", "rows", "created", "updated",
    "failed", "why", "at", "ended_at",
)  # fmt: skip
log = structlog.get_logger(__name__)


class Imports:
    """A room that works on its own."""

    def __init__(self, core: Core, folder: Path) -> None:
        self._core, self._folder = core, folder
        self.ask: Ask = nobody

    async def run(self) -> None:
        while True:
            try:
                while await self.step():
                    pass
            except (apsw.Error, OSError, HeadraceError) as error:  # a full disk, say
                log.error("an import could not go on and will be tried again", error=str(error))
            await self._core.clock.sleep(EACH)

    # --- what pages ask for ----------------------------------------------------------------------------------------

    def create(
        self,
        name: str,
        mapping: dict[str, str],
        list_id: str | None,
        trigger: bool,
        size: int,
        account: tuple[str, str] | None,
    ) -> dict[str, Any]:
        """`mapping`: column → contact property. `account`: (address, key); then each row is an email or a user ID."""
        if account is None and not {"email", "userId"} & set(mapping.values()):
            raise WorkspaceError("Choose the column that has the email.")
        if len(set(mapping.values())) < len(mapping):
            raise WorkspaceError("Two columns go into one property.")
        if size > MOST_BYTES:
            raise WorkspaceError("The file is larger than 2 GB.")
        if list_id and not self._core.read(lambda c: rows(c, "select 1 from list where id=?", (list_id,))):
            raise WorkspaceError("There is no such mailing list.")
        identifier = self._core.new_id()
        secret = self._core.sealer.seal(account[1]) if account else None
        values = (
            identifier, name, "loops" if account else "csv", "uploading", json.dumps(mapping), list_id, int(trigger),
            (account[0] or CLOUD) if account else "", secret, size,
        )  # fmt: skip
        self._folder.mkdir(exist_ok=True)
        self._path(identifier).write_bytes(b"")
        self._core.write(
            lambda desk: desk.c.execute(
                "insert into import(id, name, source, state, mapping, list, trigger, address, secret, size, at)"
                " values(?,?,?,?,?,?,?,?,?,?,?)",
                (*values, desk.now),
            )
        ).result()
        return self.one(identifier)

    def append(self, identifier: str, offset: int, part: bytes) -> dict[str, Any]:
        """The next part of the file; one that came before may come again."""
        found, path = self.one(identifier), self._path(identifier)
        if found["state"] != "uploading":
            raise Conflict("The file is complete already.")
        there = path.stat().st_size
        if offset > there:
            raise Conflict(f"The part before is missing: the file has {there} bytes so far.")
        with path.open("r+b") as file:
            file.seek(offset)
            file.write(part)
            file.truncate()
        if path.stat().st_size >= found["size"]:
            self._set(identifier, "state='running'")
        return self.one(identifier)

    def one(self, identifier: str) -> dict[str, Any]:
        found = self._entries("where id=?", identifier)
        if not found:
            raise NotFound("There is no such import.")
        return found[0]

    def listed(self) -> list[dict[str, Any]]:
        """The newest hundred."""
        return self._entries("order by at desc limit 100")

    def _entries(self, which: str, *bindings: str) -> list[dict[str, Any]]:
        found = self._core.read(lambda c: rows(c, f"select {', '.join(COLUMNS)} from import {which}", bindings))  # noqa: S608
        return [_shown(dict(zip(COLUMNS, row, strict=True))) for row in found]

    def complaints(self, identifier: str, limit: int) -> list[dict[str, Any]]:
        """Rows that failed, or were taken but not wholly."""
        self.one(identifier)
        found = self._core.read(
            lambda c: rows(
                c, "select row, taken, text, line from import_row where import=? order by row limit ?", (identifier, limit)
            )
        )
        return [
            {"row": row, "taken": bool(taken), "text": text, "line": json.loads(line)} for row, taken, text, line in found
        ]

    def stop(self, identifier: str) -> None:
        """What was taken stays."""
        if self.one(identifier)["state"] in ("uploading", "running"):
            self._finish(identifier, "stopped", "A person stopped it.")

    def tidy(self, before: int) -> None:
        """Uploads that nobody finished are given up; complaints of old imports go: they are other people's data."""
        stale = "select id from import where state='uploading' and at<?"
        for (identifier,) in self._core.read(lambda c: rows(c, stale, (self._core.now() - UPLOADS_FOR,))):
            self._finish(identifier, "stopped", "The file never came whole.")
        old = "delete from import_row where import in (select id from import where ended_at<?)"
        self._core.write(lambda desk: rows(desk.c, old, (before,))).result()

    # --- the work --------------------------------------------------------------------------------------------------

    async def step(self) -> bool:
        """Take some rows of the oldest running import; False when there is none."""
        found = await asyncio.to_thread(
            self._core.read,
            lambda c: rows(c, f"select {', '.join(COLUMNS)}, secret from import where state='running' order by at limit 1"),  # noqa: S608
        )
        if not found:
            return False
        job = dict(zip((*COLUMNS, "secret"), found[0], strict=True))
        try:
            many = AT_ONCE if job["source"] == "csv" else ASKED
            with closing(self._lines(job)) as lines:
                while batch := await asyncio.to_thread(self._some, job["id"], lines, many):
                    await self._take(job, batch)
            await asyncio.to_thread(self._finish, job["id"], "done", "")
        except (LoopsError, UnicodeDecodeError, csv.Error, FileNotFoundError) as error:
            await asyncio.to_thread(self._finish, job["id"], "stopped", f"It cannot be read: {error}")
        except (apsw.Error, OSError, HeadraceError):
            raise  # nothing is wrong with the import
        except Exception as error:  # tried again, it would fail again
            log.exception("an import failed and was stopped", id=job["id"])
            await asyncio.to_thread(self._finish, job["id"], "stopped", f"It failed: {error!r}")
        return True

    def _some(self, identifier: str, lines: Iterator[dict[str, str]], many: int) -> list[dict[str, str]]:
        """The next rows; none when there are no more, or a person stopped it."""
        running = "select 1 from import where id=? and state='running'"
        return list(islice(lines, many)) if self._core.read(lambda c: rows(c, running, (identifier,))) else []

    def _lines(self, job: dict[str, Any]) -> Generator[dict[str, str], None, None]:
        """Rows that were not taken yet."""
        with self._path(job["id"]).open(encoding="utf-8-sig", newline="") as file:
            reader: Iterator[dict[str, str]]
            if job["source"] == "csv":
                reader = csv.DictReader(_short(file), restkey="", restval="")
            else:
                reader = ({"id": line.strip()} for line in _short(file) if line.strip())
            for number, line in enumerate(reader):
                if number >= job["rows"]:
                    yield line

    async def _take(self, job: dict[str, Any], batch: list[dict[str, str]]) -> None:
        if job["source"] == "csv":
            mapping = json.loads(job["mapping"])
            made = [
                Row({p: line.get(column) or None for column, p in mapping.items()}, {k: v for k, v in line.items() if k})
                for line in batch
            ]
        else:
            made = [await self._fetched(job, line["id"]) for line in batch]
        job["rows"] += len(batch)
        await asyncio.to_thread(self._core.write(lambda desk: take(desk, job, made)).result)

    async def _fetched(self, job: dict[str, Any], identifier: str) -> Row:
        key = self._core.sealer.open(bytes(job["secret"]))
        account = Account(self.ask, self._core.clock.sleep, job["address"], key)
        contact = await account.find(identifier)
        if contact is None:
            return Row(None, {"id": identifier}, "The account has no such contact.")
        body = {k: v for k, v in contact.items() if k not in ("id", "optInStatus") and v is not None}
        return Row(body, {"id": identifier})

    def _finish(self, identifier: str, state: str, why: str) -> None:
        self._set(identifier, "state=?, why=?, secret=null, ended_at=?", state, why, self._core.now())
        self._path(identifier).unlink(missing_ok=True)

    def _set(self, identifier: str, what: str, *values: Any) -> None:
        condition = "id=? and state in ('uploading', 'running')"
        self._core.write(
            lambda desk: desk.c.execute(f"update import set {what} where {condition}", (*values, identifier))  # noqa: S608
        ).result()

    def _path(self, identifier: str) -> Path:
        return self._folder / f"{identifier}.csv"


def _short(file: TextIO) -> Iterator[str]:
    """Its lines. A file without any is not taken into memory whole. Raises csv.Error."""
    while line := file.readline(LONGEST + 1):
        if len(line) > LONGEST:
            raise csv.Error(f"a line is longer than {LONGEST:,} characters")
        yield line


def _shown(entry: dict[str, Any]) -> dict[str, Any]:
    return entry | {
        "mapping": json.loads(entry["mapping"]),
        "trigger": bool(entry["trigger"]),
        "at": rfc3339(entry["at"]),
        "ended_at": rfc3339(entry["ended_at"]) if entry["ended_at"] else None,
    }
