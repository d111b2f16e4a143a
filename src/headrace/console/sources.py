"""Sources: list, make, change, remove; their Events table."""

# no postponed annotations here: FastAPI reads them, and they name this function's own dependencies
import asyncio
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends
from pydantic import BaseModel, ConfigDict, Field

from headrace.clock import rfc3339
from headrace.console import source_models as m
from headrace.console.guard import Guard
from headrace.console.login import Logins, User
from headrace.console.models import Counted, Ok, Page
from headrace.console.params import Limit, Offset, Search
from headrace.console.port import Instance
from headrace.console.shapes import when
from headrace.workspace.model import Source, Workspace
from headrace.workspace.questions import Answers


class NewSource(BaseModel):
    name: str
    type: str = "javascript"
    write_key: str | None = None


class ChangedSource(BaseModel):
    name: str | None = None
    enabled: bool | None = None
    rotate_key: bool = False


class GivenCall(BaseModel):
    """A call as an SDK makes it: `{type, userId, event, properties, traits, …}`."""

    model_config = ConfigDict(extra="allow")
    type: str = Field(max_length=50)


class Pair(BaseModel):
    source_id: str
    destination_id: str
    twice: bool = False  # that every event arrives twice is meant


def create_router(instance: Instance, logins: Logins, guard: Guard) -> APIRouter:
    router = APIRouter(tags=["sources"])
    viewer, editor = Depends(guard.at_least("viewer")), Depends(guard.at_least("editor"))
    store = instance.store

    def look(sources: Iterable[Source]) -> list[dict[str, Any]]:
        workspace, rates = store.snapshot(), instance.insight.rates("event")
        return [row(s, workspace, rates.get(s.id, 0.0)) for s in sources]

    async def shown(source: Source) -> dict[str, Any]:
        return (await asyncio.to_thread(look, (source,)))[0]

    def row(source: Source, workspace: Workspace, rate: float) -> dict[str, Any]:
        connected = [workspace.destination(c.destination_id) for c in workspace.connected_to(source.id)]
        table = instance.journal.source_table(source.id)
        rotated = source.old_write_keys if source.old_until > instance.clock.now_ms() else ()
        return {
            "id": source.id,
            "name": source.name,
            "type": source.type,
            "write_key": source.write_key,
            "old_write_keys": [{"key": key, "until": rfc3339(source.old_until)} for key in rotated],
            "enabled": source.enabled,
            "created_at": rfc3339(source.created_at),
            "destinations": [{"id": d.id, "name": d.name, "type": d.type} for d in connected if d],
            "last_event_at": when(max((r.last_seen for r in table), default=0)),
            "events": sum(r.count for r in table),
            "rate": round(rate, 3),
            "data_plane_url": instance.url("gateway"),
        }

    @router.get("/sources", summary="All sources", response_model=Page[m.Source])
    async def sources(user: Annotated[User, viewer]) -> Any:
        return {"data": await asyncio.to_thread(look, store.snapshot().sources), "next": None}

    @router.post("/sources", summary="New source", response_model=m.Source)
    async def new_source(given: Annotated[NewSource, Body()], user: Annotated[User, editor]) -> Any:
        made = store.add_source(user.signature, given.name, given.type, given.write_key or None)
        await instance.changed()
        return await shown(made)

    @router.get("/sources/{identifier}", summary="One source", response_model=m.Source)
    async def source(identifier: str, user: Annotated[User, viewer]) -> Any:
        return await shown(store.source(identifier))

    @router.patch("/sources/{identifier}", summary="Rename, disable, or rotate the write key", response_model=m.Source)
    async def change(identifier: str, given: Annotated[ChangedSource, Body()], user: Annotated[User, editor]) -> Any:
        changed = given.model_dump(exclude_none=True)
        after = store.change_source(user.signature, identifier, **changed)
        await instance.changed()
        return await shown(after)

    @router.delete("/sources/{identifier}", summary="Remove a source; its events stay", response_model=Ok)
    async def remove(identifier: str, user: Annotated[User, editor]) -> Any:
        store.remove_source(user.signature, identifier)
        await instance.changed()
        return {"ok": True}

    @router.get(
        "/sources/{identifier}/events",
        summary="Event type, event name, count, last seen",
        response_model=Counted[m.SourceEventRow],
    )
    async def table(
        identifier: str,
        user: Annotated[User, viewer],
        search: Search = "",
        sort: Literal["recent", "count", "name"] = "recent",
        limit: Limit = 1000,
        offset: Offset = 0,
    ) -> Any:
        store.source(identifier)
        wanted = search.lower()
        found = await asyncio.to_thread(instance.journal.source_table, identifier)
        rows = [r for r in found if wanted in f"{r.type} {r.name}".lower()]
        if sort != "recent":
            rows.sort(key=lambda r: (-r.count if sort == "count" else 0, r.name, r.type))
        page = rows[offset : offset + limit]
        data = [{"type": r.type, "name": r.name, "count": r.count, "last_seen": rfc3339(r.last_seen)} for r in page]
        following = offset + limit if offset + limit < len(rows) else None
        return {"data": data, "next": following, "total": len(rows)}

    @router.post("/sources/{identifier}/send", summary="Make a call as an SDK would", response_model=m.Call)
    async def send(identifier: str, given: Annotated[GivenCall, Body()], user: Annotated[User, editor]) -> Any:
        source = store.source(identifier)
        call = given.model_dump()
        if not isinstance(call.get("messageId"), str) or not call["messageId"]:
            call["messageId"] = instance.chance.uuid4()
        if not call.get("userId") and not call.get("anonymousId"):
            call["anonymousId"] = instance.chance.uuid4()
        call.setdefault("channel", "console")
        status, answer = await instance.pages.call(source.write_key, call)
        return {"status": status, "answer": answer, "message_id": call["messageId"]}

    @router.post("/connections", summary="Connect a source to a destination, from now on", response_model=Ok)
    async def connect(given: Annotated[Pair, Body()], user: Annotated[User, editor]) -> Any:
        destination = store.destination(given.destination_id)
        await instance.prepare(destination, destination, (given.source_id,), Answers(twice=given.twice))
        store.connect(user.signature, given.source_id, given.destination_id, instance.log.head())
        await instance.changed()
        return {"ok": True}

    @router.delete("/connections", summary="Disconnect", response_model=Ok)
    async def disconnect(given: Annotated[Pair, Body()], user: Annotated[User, editor]) -> Any:
        store.disconnect(user.signature, given.source_id, given.destination_id)
        await instance.changed()
        return {"ok": True}

    return router
