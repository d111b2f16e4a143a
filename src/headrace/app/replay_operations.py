"""Replays and backfills for commands: of the running instance over HTTP, or of the files when none runs."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from headrace.app.instance import OpenInstance
from headrace.app.remote import Remote
from headrace.console import replays
from headrace.errors import NotFound
from headrace.journal.jobs import Job


class ReplayOperations(Protocol):
    """Bodies and answers are those of the control API."""

    def destination(self, name: str) -> str:
        """Its id."""

    def preview(self, wanted: dict[str, Any]) -> dict[str, Any]: ...
    def start(self, wanted: dict[str, Any]) -> dict[str, Any]: ...
    def jobs(self) -> list[dict[str, Any]]: ...
    def job(self, job_id: int) -> dict[str, Any]: ...
    def cancel(self, job_id: int) -> dict[str, Any]: ...


class RemoteReplays:
    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    def destination(self, name: str) -> str:
        return _id_of(name, {d["name"]: d["id"] for d in self._remote.get("/destinations")["data"]})

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


class FileReplays:
    """Puts back what is selected; it leaves when Headrace runs again."""

    def __init__(self, instance: OpenInstance) -> None:
        self._instance = instance

    def destination(self, name: str) -> str:
        return _id_of(name, self._names())

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


def _id_of(name: str, ids: dict[str, str]) -> str:
    if name not in ids:
        raise NotFound(f"There is no destination named {name!r}.")
    return ids[name]
