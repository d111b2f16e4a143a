"""Audience of Loops (built-in): contacts, what is done with many of them, segments."""

# no postponed annotations here: FastAPI reads them, and they name this function's own dependencies
import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends

from headrace.console import engine_models as m
from headrace.console.engine_door import Door
from headrace.console.guard import Guard
from headrace.console.login import Logins, User
from headrace.console.models import Ok, Page
from headrace.console.params import Search, Text
from headrace.console.port import Instance
from headrace.engine.audience import editing, segments, table
from headrace.errors import NotFound

MOST_SEGMENTS = 1000  # shown on a page


def create_router(instance: Instance, logins: Logins, guard: Guard) -> APIRouter:
    router = APIRouter(prefix="/engine", tags=["Loops (built-in): audience"])
    viewer, editor = Depends(guard.at_least("viewer")), Depends(guard.at_least("editor"))
    engine = Door(instance)

    @router.get("/contacts", summary="Audience, the last changed first", response_model=m.Audience)
    async def contacts(user: Annotated[User, viewer], search: Search = "", cursor: Text = None) -> Any:
        data, following = await asyncio.to_thread(engine().contacts, search, cursor)
        return {"data": data, "next": following}

    @router.post("/contacts", summary="New contact", response_model=m.Saved)
    async def new_contact(given: Annotated[m.NewContact, Body()], user: Annotated[User, editor]) -> Any:
        return await asyncio.to_thread(editing.create, engine(), given.model_dump())

    @router.post("/contacts/query", summary="Contacts that a search and a filter find", response_model=m.Audience)
    async def query(given: Annotated[m.Query, Body()], user: Annotated[User, viewer]) -> Any:
        data, following = await asyncio.to_thread(
            engine().contacts, given.search, given.cursor, given.limit, False, given.filter
        )
        return {"data": data, "next": following}

    @router.post("/contacts/count", summary="How many they are", response_model=m.Count)
    async def count(given: Annotated[m.Whom, Body()], user: Annotated[User, viewer]) -> Any:
        found = await asyncio.to_thread(engine().survey, lambda c: table.count(c, given.search, given.filter))
        return {"count": found}

    @router.post("/contacts/bulk", summary="Add to a list, take off it, or delete", response_model=m.BulkDone)
    async def bulk(given: Annotated[m.Bulk, Body()], user: Annotated[User, editor]) -> Any:
        return await asyncio.to_thread(editing.bulk, engine(), given.model_dump())

    @router.get("/contacts/{identifier}", summary="One contact", response_model=m.Contact)
    async def contact(identifier: str, user: Annotated[User, viewer]) -> Any:
        found = await asyncio.to_thread(engine().contact, identifier)
        if found is None:
            raise NotFound("There is no such contact.")
        return found

    @router.patch("/contacts/{identifier}", summary="Save; or save and trigger", response_model=m.Saved)
    async def save(identifier: str, given: Annotated[m.ContactSaving, Body()], user: Annotated[User, editor]) -> Any:
        return await asyncio.to_thread(editing.save, engine(), identifier, given.model_dump())

    @router.delete("/contacts/{identifier}", summary="Delete", response_model=Ok)
    async def delete(identifier: str, user: Annotated[User, editor]) -> Any:
        await asyncio.to_thread(editing.delete, engine(), identifier)
        return {"ok": True}

    @router.delete("/contacts/{identifier}/suppression", summary="Mail may be sent again", response_model=Ok)
    async def unsuppress(identifier: str, user: Annotated[User, editor]) -> Any:
        await asyncio.to_thread(editing.unsuppress, engine(), identifier)
        return {"ok": True}

    @router.get("/segments", summary="Saved segments, the newest first", response_model=Page[m.Segment])
    async def saved(user: Annotated[User, viewer]) -> Any:
        data, _, following = await engine.read(lambda c: segments.page(c, "", MOST_SEGMENTS))
        return {"data": data, "next": following}

    @router.post("/segments", summary="New segment", response_model=m.Segment)
    async def new_segment(given: Annotated[m.NewSegment, Body()], user: Annotated[User, editor]) -> Any:
        return await engine.write(lambda desk: segments.create(desk, given.model_dump()))

    @router.put("/segments/{identifier}", summary="Change a segment", response_model=m.Segment)
    async def change(identifier: str, given: Annotated[m.NewSegment, Body()], user: Annotated[User, editor]) -> Any:
        body = given.model_dump()
        return await engine.write(lambda desk: segments.update(desk, identifier, body))

    @router.delete("/segments/{identifier}", summary="Delete a segment", response_model=Ok)
    async def drop(identifier: str, user: Annotated[User, editor]) -> Any:
        await engine.write(lambda desk: segments.delete(desk, identifier))
        return {"ok": True}

    return router
