"""Moving in and out of Loops (built-in): imports, exports, a mirror of a Loops account, and the way on to the real Loops."""

# no postponed annotations here: FastAPI reads them, and they name this function's own dependencies
import asyncio
import json
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from headrace.console.engine_door import Door
from headrace.console.guard import Guard
from headrace.console.login import Logins, User
from headrace.console.models import Named, Page
from headrace.console.params import HIGHEST, Search
from headrace.console.port import Instance
from headrace.engine.account import CLOUD, Account
from headrace.engine.engine import Engine
from headrace.engine.mirror import mirror
from headrace.engine.moving import exports
from headrace.errors import WorkspaceError

COMPLAINTS, SHOWN = 1_000_000, 200
Filter = Annotated[str | None, Query(max_length=100_000, description="A filter as in Loops' API, as JSON.")]


CSV: dict[int | str, dict[str, Any]] = {200: {"description": "CSV", "content": {"text/csv": {}}}}
LINES: dict[int | str, dict[str, Any]] = {200: {"description": "JSON, one a line", "content": {"application/x-ndjson": {}}}}


class NewImport(BaseModel):
    """The file comes after it, in parts. With `api_key`, each line is an email or user ID that is asked of the account."""

    name: str = Field(max_length=255)
    size: int = Field(ge=0, le=HIGHEST, description="Bytes of the whole file.")
    mapping: dict[str, str] = Field({}, description="Column → contact property.")
    list: str | None = Field(None, max_length=100)
    trigger: bool = Field(False, description="Workflows and webhooks are told.")
    api_key: str | None = Field(None, max_length=200)
    address: str = Field(CLOUD, max_length=500)


class Import(BaseModel):
    id: str
    name: str
    source: str
    state: str
    mapping: dict[str, str]
    list: str | None
    trigger: bool
    size: int
    rows: int
    created: int
    updated: int
    failed: int
    why: str
    at: str
    ended_at: str | None


class Complaint(BaseModel):
    row: int
    taken: bool
    text: str
    line: dict[str, Any]


class Asked(BaseModel):
    api_key: str = Field(min_length=1, max_length=200)
    address: str = Field(CLOUD, max_length=500)


class Mirrored(BaseModel):
    team: str
    lists: int
    properties: int
    events: int
    changes: list[str]


class Copying(BaseModel):
    api_key: str = Field(min_length=1, max_length=200)
    name: str | None = Field(None, min_length=1, max_length=100)


def create_router(instance: Instance, logins: Logins, guard: Guard) -> APIRouter:
    router = APIRouter(tags=["Loops (built-in): moving in and out"])
    viewer, editor = Depends(guard.at_least("viewer")), Depends(guard.at_least("editor"))
    engine = Door(instance)

    @router.get("/engine/imports", summary="Imports, the last first", response_model=Page[Import])
    async def imports(user: Annotated[User, viewer]) -> Any:
        return {"data": await asyncio.to_thread(engine().imports.listed), "next": None}

    @router.post("/engine/imports", summary="New import; its file comes in parts", response_model=Import)
    async def new_import(given: Annotated[NewImport, Body()], user: Annotated[User, editor]) -> Any:
        account = (_address(given.address), given.api_key) if given.api_key else None
        return await asyncio.to_thread(
            engine().imports.create, given.name, given.mapping, given.list, given.trigger, given.size, account
        )

    @router.put("/engine/imports/{identifier}/part", summary="A part of the file, at most 4 MB", response_model=Import)
    async def part(
        identifier: str, request: Request, user: Annotated[User, editor], offset: Annotated[int, Query(ge=0, le=HIGHEST)] = 0
    ) -> Any:
        return await asyncio.to_thread(engine().imports.append, identifier, offset, await request.body())

    @router.get("/engine/imports/{identifier}", summary="How far it is", response_model=Import)
    async def one(identifier: str, user: Annotated[User, viewer]) -> Any:
        return await asyncio.to_thread(engine().imports.one, identifier)

    @router.get(
        "/engine/imports/{identifier}/rows",
        summary="Rows that failed or were taken in part",
        response_model=Page[Complaint],
    )
    async def rows(identifier: str, user: Annotated[User, viewer]) -> Any:
        return {"data": await asyncio.to_thread(engine().imports.complaints, identifier, SHOWN), "next": None}

    @router.get(
        "/engine/imports/{identifier}/rows.csv",
        summary="All of them as CSV",
        response_class=StreamingResponse,
        responses=CSV,
    )
    async def rows_csv(identifier: str, user: Annotated[User, viewer]) -> Any:
        found = await asyncio.to_thread(engine().imports.complaints, identifier, COMPLAINTS)
        return _file(exports.complaints_csv(found), "text/csv", f"import-{identifier}-rows.csv")

    @router.post("/engine/imports/{identifier}/stop", summary="Stop; what was taken stays", response_model=Import)
    async def stop(identifier: str, user: Annotated[User, editor]) -> Any:
        await asyncio.to_thread(engine().imports.stop, identifier)
        return await asyncio.to_thread(engine().imports.one, identifier)

    @router.get("/engine/export/contacts.csv", summary="Contacts as CSV", response_class=StreamingResponse, responses=CSV)
    async def contacts_csv(user: Annotated[User, viewer], search: Search = "", filter: Filter = None) -> Any:
        wanted = await asyncio.to_thread(_filter, engine(), filter)
        return _file(exports.contacts_csv(engine(), search, wanted), "text/csv", "contacts.csv")

    @router.get(
        "/engine/export/contacts.jsonl", summary="Contacts, one a line", response_class=StreamingResponse, responses=LINES
    )
    async def contacts_jsonl(user: Annotated[User, viewer], search: Search = "", filter: Filter = None) -> Any:
        wanted = await asyncio.to_thread(_filter, engine(), filter)
        return _file(exports.contacts_jsonl(engine(), search, wanted), "application/x-ndjson", "contacts.jsonl")

    @router.get(
        "/engine/export/event-log.jsonl",
        summary="The Event Log, one row a line",
        response_class=StreamingResponse,
        responses=LINES,
    )
    async def event_log(user: Annotated[User, viewer]) -> Any:
        return _file(exports.event_log_jsonl(engine()), "application/x-ndjson", "event-log.jsonl")

    @router.post("/engine/mirror", summary="Copy lists, properties and events of a Loops account", response_model=Mirrored)
    async def copy_account(given: Annotated[Asked, Body()], user: Annotated[User, editor]) -> Any:
        there = Account(engine().imports.ask, instance.clock.sleep, _address(given.address), given.api_key)
        return await mirror(engine(), there)

    @router.post(
        "/destinations/{identifier}/copy",
        summary="A second, paused destination to the real Loops",
        response_model=Named,
    )
    async def copy(identifier: str, given: Annotated[Copying, Body()], user: Annotated[User, editor]) -> Any:
        store, found = instance.store, instance.store.destination(identifier)
        if found.type != "loops":
            raise WorkspaceError("Only a destination of type loops can be copied to the real Loops.")
        settings = {k: v for k, v in found.settings.items() if k != "rate"} | {"base_url": CLOUD, "api_key": given.api_key}
        instance.catalog[found.type].check(settings)
        made = store.add_destination(user.signature, given.name or f"{found.name} (app.loops.so)", found.type, settings)
        await instance.changed()
        await instance.pause(made.id)  # before anything leads to it
        for connection in store.snapshot().connections:
            if connection.destination_id == identifier:
                store.connect(user.signature, connection.source_id, made.id, instance.log.head())
        await instance.changed()
        return {"id": made.id, "name": made.name}

    return router


def _address(given: str) -> str:
    if not given.startswith(("https://", "http://")):
        raise WorkspaceError("The address begins with https://.")
    return given


def _filter(engine: Engine, given: str | None) -> Any:
    """Refused before the first byte of an answer."""
    if not given:
        return None
    try:
        wanted = json.loads(given)
    except ValueError:
        raise WorkspaceError("The filter is no JSON.") from None
    engine.contacts("", None, 1, False, wanted)
    return wanted


def _file(lines: Any, kind: str, name: str) -> StreamingResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(lines, media_type=f"{kind}; charset=utf-8", headers=headers)
