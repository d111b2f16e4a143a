"""Forgetting people for commands: of the running instance over HTTP; of the files, only what can be read."""

from __future__ import annotations

from typing import Any, Protocol

from headrace.app.instance import OpenInstance
from headrace.app.remote import Remote
from headrace.console import forgetting
from headrace.errors import HeadraceError

STOPPED = "Headrace is not running: gateway and destinations have to be told. Start it with `headrace up`, then repeat this."
PATIENCE = 900.0  # s; the whole event log may have to be read


class ForgetOperations(Protocol):
    """Bodies and answers are those of the control API."""

    def must_run(self) -> None:
        """Raises HeadraceError when Headrace is stopped."""

    def preview(self, person: dict[str, Any]) -> dict[str, Any]: ...
    def start(self, person: dict[str, Any], unknown: bool) -> dict[str, Any]: ...
    def records(self) -> list[dict[str, Any]]: ...
    def record(self, number: int) -> dict[str, Any]: ...
    def lift(self, person: dict[str, Any]) -> list[dict[str, Any]]: ...
    def lift_record(self, number: int) -> dict[str, Any]: ...


class RemoteForgetting:
    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    def must_run(self) -> None:
        """It does."""

    def preview(self, person: dict[str, Any]) -> dict[str, Any]:
        return self._remote.post("/forgotten/preview", person, PATIENCE)  # type: ignore[no-any-return]

    def start(self, person: dict[str, Any], unknown: bool) -> dict[str, Any]:
        return self._remote.post("/forgotten", person | {"unknown": unknown}, PATIENCE)  # type: ignore[no-any-return]

    def records(self) -> list[dict[str, Any]]:
        return self._remote.get("/forgotten")["data"]  # type: ignore[no-any-return]

    def record(self, number: int) -> dict[str, Any]:
        return self._remote.get(f"/forgotten/{number}")  # type: ignore[no-any-return]

    def lift(self, person: dict[str, Any]) -> list[dict[str, Any]]:
        return self._remote.post("/forgotten/lift", person)["data"]  # type: ignore[no-any-return]

    def lift_record(self, number: int) -> dict[str, Any]:
        return self._remote.post(f"/forgotten/{number}/lift")  # type: ignore[no-any-return]


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
