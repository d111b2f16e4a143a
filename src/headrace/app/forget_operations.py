"""Forgetting people for commands: of the running instance over HTTP; of the files, only what can be read."""

from __future__ import annotations

from typing import Any, Protocol

from headrace.app.instance import OpenInstance
from headrace.app.remote import Remote
from headrace.console import forgetting
from headrace.errors import HeadraceError

STOPPED = "Headrace is not running, and destinations have to be asked. `headrace up` starts it."


class ForgetOperations(Protocol):
    """Bodies and answers are those of the control API."""

    def preview(self, person: dict[str, Any]) -> dict[str, Any]: ...
    def start(self, person: dict[str, Any]) -> dict[str, Any]: ...
    def records(self) -> list[dict[str, Any]]: ...
    def record(self, number: int) -> dict[str, Any]: ...
    def lift(self, person: dict[str, Any]) -> int: ...


class RemoteForgetting:
    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    def preview(self, person: dict[str, Any]) -> dict[str, Any]:
        return self._remote.post("/forgotten/preview", person)  # type: ignore[no-any-return]

    def start(self, person: dict[str, Any]) -> dict[str, Any]:
        return self._remote.post("/forgotten", person)  # type: ignore[no-any-return]

    def records(self) -> list[dict[str, Any]]:
        return self._remote.get("/forgotten")["data"]  # type: ignore[no-any-return]

    def record(self, number: int) -> dict[str, Any]:
        return self._remote.get(f"/forgotten/{number}")  # type: ignore[no-any-return]

    def lift(self, person: dict[str, Any]) -> int:
        return int(self._remote.post("/forgotten/lift", person)["lifted"])


class FileForgetting:
    def __init__(self, instance: OpenInstance) -> None:
        self._instance = instance

    def preview(self, person: dict[str, Any]) -> dict[str, Any]:
        whom, events = self._instance.forgetting.preview(person["user_id"], person["email"])
        return forgetting.would_forget(whom, events, self._names()).model_dump()

    def start(self, person: dict[str, Any]) -> dict[str, Any]:
        raise HeadraceError(STOPPED)

    def records(self) -> list[dict[str, Any]]:
        own = self._instance.forgetting
        return [forgetting.record(own, found, self._names()).model_dump() for found in own.all()]

    def record(self, number: int) -> dict[str, Any]:
        own = self._instance.forgetting
        return forgetting.record(own, own.get(number), self._names()).model_dump()

    def lift(self, person: dict[str, Any]) -> int:
        raise HeadraceError("Headrace is not running. `headrace up` starts it.")

    def _names(self) -> dict[str, str]:
        return {d.id: d.name for d in self._instance.store.snapshot().destinations}
