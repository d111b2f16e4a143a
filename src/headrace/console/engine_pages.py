"""Loops (built-in), as its pages read it."""

# no postponed annotations here: FastAPI reads them, and they name this function's own dependencies
import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends
from pydantic import BaseModel

from headrace.console.guard import Guard
from headrace.console.login import Logins, User
from headrace.console.params import Before, Search, Text
from headrace.console.port import Instance
from headrace.engine.engine import Engine
from headrace.errors import NotFound


class NewList(BaseModel):
    name: str
    description: str | None = None
    isPublic: bool = False  # noqa: N815 - Loops' own spelling


def create_router(instance: Instance, logins: Logins, guard: Guard) -> APIRouter:
    router = APIRouter(prefix="/engine", tags=["Loops (built-in)"])
    viewer, editor = Depends(guard.at_least("viewer")), Depends(guard.at_least("editor"))

    def engine() -> Engine:
        if instance.engine is None:
            raise NotFound("Loops (built-in) is off: `headrace up` was started with --no-engine.")
        return instance.engine

    @router.get("/contacts", summary="Audience", response_model=dict[str, Any])
    async def contacts(user: Annotated[User, viewer], search: Search = "", cursor: Text = None) -> dict[str, Any]:
        data, following = await asyncio.to_thread(engine().contacts, search, cursor)
        return {"data": data, "next": following}

    @router.get("/contacts/{identifier}", summary="One contact", response_model=dict[str, Any])
    async def contact(identifier: str, user: Annotated[User, viewer]) -> dict[str, Any]:
        found = await asyncio.to_thread(engine().contact, identifier)
        if found is None:
            raise NotFound("There is no such contact.")
        return found

    @router.get("/lists", summary="Mailing lists", response_model=dict[str, Any])
    async def lists(user: Annotated[User, viewer]) -> dict[str, Any]:
        return {"data": await asyncio.to_thread(engine().lists), "next": None}

    @router.post("/lists", summary="New mailing list", response_model=dict[str, Any])
    async def new_list(given: Annotated[NewList, Body()], user: Annotated[User, editor]) -> dict[str, Any]:
        return await asyncio.to_thread(engine().create_list, given.name, given.description, given.isPublic)

    @router.get("/event-definitions", summary="Events and their properties", response_model=dict[str, Any])
    async def definitions(user: Annotated[User, viewer]) -> dict[str, Any]:
        return {"data": await asyncio.to_thread(engine().definitions), "next": None}

    @router.get("/properties", summary="Contact properties", response_model=dict[str, Any])
    async def properties(user: Annotated[User, viewer]) -> dict[str, Any]:
        return {"data": await asyncio.to_thread(engine().properties), "next": None}

    @router.get("/keys", summary="API keys", response_model=dict[str, Any])
    async def keys(user: Annotated[User, viewer]) -> dict[str, Any]:
        return {"data": await asyncio.to_thread(engine().keys.listed), "next": None}

    @router.get("/event-log", summary="Event Log, newest first", response_model=dict[str, Any])
    async def event_log(
        user: Annotated[User, viewer], event: Text = None, search: Search = "", cursor: Before = None
    ) -> dict[str, Any]:
        data, following = await asyncio.to_thread(engine().event_log, cursor, 50, event=event, search=search or None)
        return {"data": data, "next": following}

    @router.get(
        "/event-log/{identifier}", summary="One row: the payload as received and as processed", response_model=dict[str, Any]
    )
    async def event_log_row(identifier: int, user: Annotated[User, viewer]) -> dict[str, Any]:
        found = await asyncio.to_thread(engine().event_log_row, identifier)
        if found is None:
            raise NotFound("There is no such row, or it is no longer kept.")
        return found

    return router
