"""Operations on the files themselves, while nothing runs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from headrace.app import paths
from headrace.app.instance import OpenInstance
from headrace.app.operations.port import ForgetOperations, ReplayOperations, Rows, id_of
from headrace.clock import SystemChance, SystemClock
from headrace.console import forgetting, replays
from headrace.console.login import Logins
from headrace.destinations.register import CATALOG
from headrace.errors import DataLocked, HeadraceError
from headrace.journal.jobs import Job
from headrace.workspace.questions import Answers
from headrace.workspace.yaml_file import referred

STOPPED = "Headrace is not running: gateway and destinations have to be told. Start it with `headrace up`, then repeat this."


class FileOperations:
    def __init__(self, instance: OpenInstance) -> None:
        self._instance = instance
        self.replays: ReplayOperations = FileReplays(instance)
        self.forgetting: ForgetOperations = FileForgetting(instance)

    def status(self) -> dict[str, Any]:
        return self._instance.status()

    def audit(self) -> dict[str, Any]:
        return self._instance.audit()

    def events(self, state: str | None, destination: str | None, person: str | None) -> Rows:
        return self._instance.events(state, destination, person, None, None)

    def rejected(self) -> Rows:
        return ({"id": number} | row for number, row in self._instance.rejected(10_000, None))

    def export(self) -> str:
        return self._instance.export()

    def apply(
        self, text: str, secret: Callable[[str], str | None], prune: bool, force: bool, answers: Answers
    ) -> dict[str, Any]:
        return asyncio.run(self._instance.apply(text, referred(text, secret), prune, force, answers))

    def resume(self, destination: str) -> str:
        raise HeadraceError("Headrace is not running; a destination is looked at when it starts. `headrace up` starts it.")

    def check(self, destination: str) -> dict[str, Any]:
        raise HeadraceError("Headrace is not running, so nobody asks Loops. `headrace up` starts it.")

    def trail(self, message_id: str) -> dict[str, Any]:
        raise HeadraceError("Headrace is not running. Start it with `headrace up`.")

    def lists(self) -> list[dict[str, Any]]:
        raise HeadraceError("Headrace is not running. Start it with `headrace up`.")

    def login_link(self) -> str:
        raise HeadraceError("Headrace is not running. Start it with `headrace up`; it prints a link.")

    def create_token(self, name: str) -> str:
        return Logins(self._instance.store.db, self._instance.clock, self._instance.chance).create_token(name)[1]

    def mirror(self, address: str, key: str) -> dict[str, Any]:
        raise HeadraceError("Headrace is not running, so nobody asks Loops. `headrace up` starts it.")


class FileReplays:
    """Puts back what is selected; it leaves when Headrace runs again."""

    def __init__(self, instance: OpenInstance) -> None:
        self._instance = instance

    def destination(self, name: str) -> str:
        return id_of(name, self._names())

    def preview(self, wanted: dict[str, Any]) -> dict[str, Any]:
        asked = replays.Wanted(**wanted)
        chosen = replays.selection(asked)
        seen = self._instance.replays.preview(asked.kind, chosen)
        names = {d: n for n, d in self._names().items()}
        return replays.would_do(asked.kind, seen, chosen, names).model_dump()

    def start(self, wanted: dict[str, Any]) -> dict[str, Any]:
        asked = replays.Start(**wanted)

        async def put_back() -> Job:
            job, _ = await self._instance.replays.start(asked.kind, replays.selection(asked), asked.again, asked.yes)
            await self._instance.replays.finish()
            return job

        return self.job(asyncio.run(put_back()).id)

    def jobs(self) -> list[dict[str, Any]]:
        return [replays.shown(self._instance.replays, job).model_dump() for job in self._instance.replays.jobs()]

    def job(self, job_id: int) -> dict[str, Any]:
        return replays.shown(self._instance.replays, self._instance.replays.job(job_id)).model_dump()

    def cancel(self, job_id: int) -> dict[str, Any]:
        asyncio.run(self._instance.replays.cancel(job_id))
        return self.job(job_id)

    def _names(self) -> dict[str, str]:
        return {d.name: d.id for d in self._instance.store.snapshot().destinations}


class FileForgetting:
    def __init__(self, instance: OpenInstance) -> None:
        self._instance = instance

    def must_run(self) -> None:
        raise HeadraceError(STOPPED)

    def preview(self, person: dict[str, Any]) -> dict[str, Any]:
        seen = self._instance.forgetting.preview(person["user_id"], person["email"])
        return forgetting.would_forget(seen, forgetting.names(self._instance)).model_dump()

    def start(self, person: dict[str, Any], unknown: bool) -> dict[str, Any]:
        raise HeadraceError(STOPPED)

    def records(self) -> list[dict[str, Any]]:
        own = self._instance.forgetting
        return [forgetting.record(own, found, forgetting.names(self._instance)).model_dump() for found in own.all()]

    def record(self, number: int) -> dict[str, Any]:
        own = self._instance.forgetting
        return forgetting.record(own, own.get(number), forgetting.names(self._instance)).model_dump()

    def lift(self, person: dict[str, Any]) -> list[dict[str, Any]]:
        raise HeadraceError(STOPPED)

    def lift_record(self, number: int) -> dict[str, Any]:
        raise HeadraceError(STOPPED)


@contextmanager
def opened(data: paths.DataDirectory, settings: Mapping[str, Any]) -> Iterator[FileOperations]:
    """Raises DataLocked when another command has it open."""
    paths.prepare(data)
    try:
        held = paths.lock(data)
    except DataLocked as error:
        raise DataLocked(
            f"{data.root} is open elsewhere: Headrace starts or stops just now, or another command has it. "
            "Try again in a moment."
        ) from error
    try:
        instance = OpenInstance(data, CATALOG, SystemClock(), SystemChance(), settings, engine=True)
        try:
            yield FileOperations(instance)
        finally:
            instance.close()
    finally:
        os.close(held)
