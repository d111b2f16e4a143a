"""Sources: list, make, change, remove; their Events table."""

# no postponed annotations here: FastAPI reads them, and they name this function's own dependencies
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends
from pydantic import BaseModel

from headrace.clock import rfc3339
from headrace.console.guard import Guard
from headrace.console.login import Logins, User
from headrace.console.port import Instance
from headrace.console.shapes import when
from headrace.workspace.model import Source
from headrace.workspace.questions import Answers


class NewSource(BaseModel):
    name: str
    type: str = "javascript"
    write_key: str | None = None


class ChangedSource(BaseModel):
    name: str | None = None
    enabled: bool | None = None
    rotate_key: bool = False


class Pair(BaseModel):
    source_id: str
    destination_id: str
    twice: bool = False  # that every event arrives twice is meant


def create_router(instance: Instance, logins: Logins, guard: Guard) -> APIRouter:
    router = APIRouter(tags=["sources"])
    viewer, editor = Depends(guard.at_least("viewer")), Depends(guard.at_least("editor"))
    store = instance.store

    def shown(source: Source) -> dict[str, Any]:
        workspace = store.snapshot()
        connected = [workspace.destination(c.destination_id) for c in workspace.connected_to(source.id)]
        table = instance.journal.source_table(source.id)
        return {
            "id": source.id,
            "name": source.name,
            "type": source.type,
            "write_key": source.write_key,
            "enabled": source.enabled,
            "created_at": rfc3339(source.created_at),
            "destinations": [{"id": d.id, "name": d.name, "type": d.type} for d in connected if d],
            "last_event_at": when(max((row.last_seen for row in table), default=0)),
            "events": sum(row.count for row in table),
            "data_plane_url": instance.url("gateway"),
        }

    @router.get("/sources", summary="All sources")
    async def sources(user: Annotated[User, viewer]) -> dict[str, Any]:
        return {"data": [shown(s) for s in store.snapshot().sources], "next": None}

    @router.post("/sources", summary="New source")
    async def new_source(given: Annotated[NewSource, Body()], user: Annotated[User, editor]) -> dict[str, Any]:
        made = store.add_source(user.name, given.name, given.type, given.write_key or None)
        await instance.changed()
        return shown(made)

    @router.get("/sources/{identifier}", summary="One source")
    async def source(identifier: str, user: Annotated[User, viewer]) -> dict[str, Any]:
        return shown(store.source(identifier))

    @router.patch("/sources/{identifier}", summary="Rename, disable, or rotate the write key")
    async def change(
        identifier: str, given: Annotated[ChangedSource, Body()], user: Annotated[User, editor]
    ) -> dict[str, Any]:
        changed = given.model_dump(exclude_none=True)
        after = store.change_source(user.name, identifier, **changed)
        await instance.changed()
        return shown(after)

    @router.delete("/sources/{identifier}", summary="Remove a source; its events stay")
    async def remove(identifier: str, user: Annotated[User, editor]) -> dict[str, bool]:
        store.remove_source(user.name, identifier)
        await instance.changed()
        return {"ok": True}

    @router.get("/sources/{identifier}/events", summary="Event type, event name, count, last seen")
    async def table(identifier: str, user: Annotated[User, viewer]) -> dict[str, Any]:
        store.source(identifier)
        data = [
            {"type": r.type, "name": r.name, "count": r.count, "last_seen": rfc3339(r.last_seen)}
            for r in instance.journal.source_table(identifier)
        ]
        return {"data": data, "next": None}

    @router.post("/connections", summary="Connect a source to a destination, from now on")
    async def connect(given: Annotated[Pair, Body()], user: Annotated[User, editor]) -> dict[str, bool]:
        destination = store.destination(given.destination_id)
        await instance.prepare(destination, destination, (given.source_id,), Answers(twice=given.twice))
        store.connect(user.name, given.source_id, given.destination_id, instance.log.head())
        await instance.changed()
        return {"ok": True}

    @router.delete("/connections", summary="Disconnect")
    async def disconnect(given: Annotated[Pair, Body()], user: Annotated[User, editor]) -> dict[str, bool]:
        store.disconnect(user.name, given.source_id, given.destination_id)
        await instance.changed()
        return {"ok": True}

    return router
