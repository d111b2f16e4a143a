"""What commands ask for: of the running instance over HTTP, or of the files themselves when none runs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from headrace.app import paths, runtime
from headrace.app.forget_operations import FileForgetting, ForgetOperations, RemoteForgetting
from headrace.app.instance import OpenInstance
from headrace.app.remote import Remote
from headrace.app.replay_operations import FileReplays, RemoteReplays, ReplayOperations
from headrace.clock import SystemChance, SystemClock
from headrace.console.login import Logins
from headrace.destinations.register import CATALOG
from headrace.errors import DataLocked, HeadraceError, NotFound
from headrace.workspace.questions import Answers
from headrace.workspace.yaml_file import REFERENCE

Rows = Iterator[dict[str, Any]]


class Operations(Protocol):
    @property
    def replays(self) -> ReplayOperations: ...
    @property
    def forgetting(self) -> ForgetOperations: ...
    def status(self) -> dict[str, Any]: ...
    def audit(self) -> dict[str, Any]: ...
    def events(self, state: str | None, destination: str | None, person: str | None) -> Rows: ...
    def rejected(self) -> Rows: ...
    def export(self) -> str: ...
    def apply(
        self, text: str, secret: Callable[[str], str | None], prune: bool, force: bool, answers: Answers
    ) -> dict[str, Any]: ...
    def resume(self, destination: str) -> str: ...
    def check(self, destination: str) -> dict[str, Any]: ...
    def trail(self, message_id: str) -> dict[str, Any]: ...
    def lists(self) -> list[dict[str, Any]]: ...
    def login_link(self) -> str: ...
    def create_token(self, name: str) -> str: ...
    def mirror(self, address: str, key: str) -> dict[str, Any]: ...


class RemoteOperations:
    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self.replays: ReplayOperations = RemoteReplays(remote)
        self.forgetting: ForgetOperations = RemoteForgetting(remote)

    def status(self) -> dict[str, Any]:
        return self._remote.get("/status")  # type: ignore[no-any-return]

    def audit(self) -> dict[str, Any]:
        return self._remote.get("/audit")  # type: ignore[no-any-return]

    def events(self, state: str | None, destination: str | None, person: str | None) -> Rows:
        return self._remote.pages("/events", state=state, destination=destination, person=person, limit=500)

    def rejected(self) -> Rows:
        return self._remote.pages("/rejected", limit=500)

    def export(self) -> str:
        return self._remote.text("/workspace/export")

    def apply(
        self, text: str, secret: Callable[[str], str | None], prune: bool, force: bool, answers: Answers
    ) -> dict[str, Any]:
        body = {"text": text, "secrets": referred(text, secret), "prune": prune, "force": force}
        body |= {"waiting": answers.waiting, "twice": answers.twice}
        return self._remote.post("/workspace/apply", body)  # type: ignore[no-any-return]

    def resume(self, destination: str) -> str:
        for found in self._remote.get("/destinations")["data"]:
            if found["name"] == destination:
                after = self._remote.post(f"/destinations/{found['id']}/resume")
                return f"{destination}: {after['health']['state']}. Headrace looks now whether it is well."
        raise NotFound(f"There is no destination named {destination!r}.")

    def check(self, destination: str) -> dict[str, Any]:
        for found in self._remote.get("/destinations")["data"]:
            if found["name"] == destination:
                return self._remote.post(f"/destinations/{found['id']}/check")  # type: ignore[no-any-return]
        raise NotFound(f"There is no destination named {destination!r}.")

    def trail(self, message_id: str) -> dict[str, Any]:
        return self._remote.get("/trail", message_id=message_id)  # type: ignore[no-any-return]

    def lists(self) -> list[dict[str, Any]]:
        """Of Loops (built-in); none while it is off."""
        try:
            return self._remote.get("/engine/lists")["data"]  # type: ignore[no-any-return]
        except NotFound:
            return []

    def login_link(self) -> str:
        return str(self._remote.post("/login-links")["url"])

    def create_token(self, name: str) -> str:
        return str(self._remote.post("/tokens", {"name": name})["token"])

    def mirror(self, address: str, key: str) -> dict[str, Any]:
        return self._remote.post("/engine/mirror", {"address": address, "api_key": key})  # type: ignore[no-any-return]


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


def referred(text: str, secret: Callable[[str], str | None]) -> dict[str, str]:
    """Values of the ${NAME}s that the file names, and of nothing else."""
    names = set(REFERENCE.findall(text))
    return {name: value for name in names if (value := secret(name)) is not None}


@contextmanager
def reach(data: paths.DataDirectory, settings: Mapping[str, Any], create: bool = False) -> Iterator[Operations]:
    """Raises NotFound when there is no workspace, DataLocked when another command has it open."""
    running = runtime.read(data)
    if running is not None:
        yield RemoteOperations(Remote(running))
        return
    if not data.holds_workspace() and not create:
        raise NotFound(f"There is no workspace in {data.root}. `headrace up` makes one, or choose another with --data.")
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
