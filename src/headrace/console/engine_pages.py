"""Settings of Loops (built-in): mailing lists, keys, contact properties, event definitions, the Event Log."""

# no postponed annotations here: FastAPI reads them, and they name this function's own dependencies
import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends

from headrace.console import engine_models as m
from headrace.console.engine_door import Door
from headrace.console.guard import Guard
from headrace.console.login import Logins, User
from headrace.console.models import Ok, Page
from headrace.console.params import HIGHEST, Before, Search, Text
from headrace.console.port import Instance
from headrace.engine.audience import contacts, lists, properties
from headrace.engine.events import definitions
from headrace.engine.events.log import Wanted
from headrace.errors import NotFound

PAGE = 50


def create_router(instance: Instance, logins: Logins, guard: Guard) -> APIRouter:
    router = APIRouter(prefix="/engine", tags=["Loops (built-in): settings"])
    viewer, editor = Depends(guard.at_least("viewer")), Depends(guard.at_least("editor"))
    engine = Door(instance)

    @router.get("/lists", summary="Mailing lists", response_model=Page[m.MailingList])
    async def all_lists(user: Annotated[User, viewer]) -> Any:
        return {"data": await asyncio.to_thread(engine().lists), "next": None}

    @router.post("/lists", summary="New mailing list", response_model=m.MailingList)
    async def new_list(given: Annotated[m.NewList, Body()], user: Annotated[User, editor]) -> Any:
        return await engine.write(lambda desk: lists.create(desk, given.model_dump()))

    @router.patch("/lists/{identifier}", summary="Change a mailing list", response_model=m.MailingList)
    async def change_list(identifier: str, given: Annotated[m.ChangedList, Body()], user: Annotated[User, editor]) -> Any:
        return await engine.write(lambda desk: lists.change(desk, identifier, given.model_dump(exclude_unset=True)))

    @router.delete("/lists/{identifier}", summary="Delete a mailing list that nobody is on", response_model=Ok)
    async def delete_list(identifier: str, user: Annotated[User, editor]) -> Any:
        await engine.write(lambda desk: lists.delete(desk, identifier))
        return {"ok": True}

    @router.get("/keys", summary="API keys", response_model=Page[m.Key])
    async def keys(user: Annotated[User, viewer]) -> Any:
        return {"data": await asyncio.to_thread(engine().keys.listed), "next": None}

    @router.post("/keys", summary="New API key; it is shown only now", response_model=m.MadeKey)
    async def new_key(given: Annotated[m.NewKey, Body()], user: Annotated[User, editor]) -> Any:
        return await asyncio.to_thread(engine().keys.create, given.name)

    @router.delete("/keys/{identifier}", summary="Revoke an API key", response_model=Ok)
    async def revoke(identifier: str, user: Annotated[User, editor]) -> Any:
        await asyncio.to_thread(engine().keys.revoke, identifier)
        return {"ok": True}

    @router.get("/properties", summary="Contact properties", response_model=Page[m.ContactProperty])
    async def all_properties(user: Annotated[User, viewer]) -> Any:
        return {"data": await engine.read(properties.listed), "next": None}

    @router.post("/properties", summary="New contact property", response_model=Ok)
    async def new_property(given: Annotated[m.NewContactProperty, Body()], user: Annotated[User, editor]) -> Any:
        await engine.write(lambda desk: contacts.create_property(desk.c, given.name, given.type, desk.now))
        return {"ok": True}

    @router.delete("/properties/{key}", summary="Delete a custom property that nothing uses", response_model=Ok)
    async def delete_property(key: str, user: Annotated[User, editor]) -> Any:
        await engine.write(lambda desk: properties.delete(desk, key, engine().users))
        return {"ok": True}

    @router.get("/event-definitions", summary="Events and their properties", response_model=Page[m.Definition])
    async def all_definitions(user: Annotated[User, viewer]) -> Any:
        return {"data": await asyncio.to_thread(engine().definitions), "next": None}

    @router.post("/event-definitions", summary="New event", response_model=m.Definition)
    async def new_definition(given: Annotated[m.NewDefinition, Body()], user: Annotated[User, editor]) -> Any:
        named = [p.model_dump() for p in given.properties]
        return await engine.write(lambda desk: definitions.create(desk, given.name, named))

    @router.put("/event-definitions/{identifier}", summary="Its properties and types", response_model=m.Definition)
    async def change_definition(
        identifier: str, given: Annotated[m.ChangedDefinition, Body()], user: Annotated[User, editor]
    ) -> Any:
        named = [p.model_dump() for p in given.properties]
        return await engine.write(lambda desk: definitions.change(desk, identifier, named))

    @router.post("/define", summary="Define what came undefined", response_model=Ok)
    async def define(given: Annotated[m.Define, Body()], user: Annotated[User, editor]) -> Any:
        if given.of == "contact":
            await engine.write(lambda desk: contacts.create_property(desk.c, given.name, given.type, desk.now))
        else:
            await engine.write(lambda desk: definitions.add(desk, given.event or "", given.name, given.type))
        return {"ok": True}

    @router.get("/event-log", summary="Event Log, newest first", response_model=Page[m.LogRow])
    async def event_log(
        user: Annotated[User, viewer],
        event: Text = None,
        search: Search = "",
        contact: Text = None,
        noted: bool = False,
        result: Literal["processed", "refused"] | None = None,
        cursor: Before = None,
    ) -> Any:
        wanted = Wanted(event=event, contact=contact, search=search or None, noted=noted, result=result)
        data, following = await asyncio.to_thread(engine().event_log, cursor, PAGE, wanted)
        return {"data": data, "next": following}

    @router.get("/event-log/{identifier}", summary="One row, and what came of it", response_model=m.LogEntry)
    async def event_log_row(identifier: int, user: Annotated[User, viewer]) -> Any:
        found = await asyncio.to_thread(engine().event_log_row, identifier) if abs(identifier) < HIGHEST else None
        if found is None:
            raise NotFound("There is no such row, or it is no longer kept.")
        return found

    return router
