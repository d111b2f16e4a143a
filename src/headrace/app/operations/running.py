"""Operations of the running instance, over its control API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headrace.app.operations.port import ForgetOperations, ReplayOperations, Rows, id_of
from headrace.app.remote import Remote
from headrace.errors import NotFound
from headrace.workspace.questions import Answers
from headrace.workspace.yaml_file import referred

PATIENCE = 900.0  # s; the whole event log may have to be read


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


class RemoteReplays:
    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    def destination(self, name: str) -> str:
        return id_of(name, {d["name"]: d["id"] for d in self._remote.get("/destinations")["data"]})

    def preview(self, wanted: dict[str, Any]) -> dict[str, Any]:
        return self._remote.post("/replays/preview", wanted)  # type: ignore[no-any-return]

    def start(self, wanted: dict[str, Any]) -> dict[str, Any]:
        return self._remote.post("/replays", wanted)  # type: ignore[no-any-return]

    def jobs(self) -> list[dict[str, Any]]:
        return self._remote.get("/replays")["data"]  # type: ignore[no-any-return]

    def job(self, job_id: int) -> dict[str, Any]:
        return self._remote.get(f"/replays/{job_id}")  # type: ignore[no-any-return]

    def cancel(self, job_id: int) -> dict[str, Any]:
        return self._remote.post(f"/replays/{job_id}/cancel")  # type: ignore[no-any-return]


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
