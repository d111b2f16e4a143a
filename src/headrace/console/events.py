"""Events with their fates, the trail of one call, and refused calls."""

# no postponed annotations here: FastAPI reads them, and they name this function's own dependencies
import asyncio
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from headrace.console import event_models as m
from headrace.console import shapes
from headrace.console.guard import Guard
from headrace.console.login import Logins, User
from headrace.console.models import Page
from headrace.console.params import Before, Id, Limit, Position, Text
from headrace.console.port import Instance
from headrace.engine.audience.contacts import Who, find
from headrace.errors import NotFound

NEWEST = 2_000  # refused calls that a filter looks at


def create_router(instance: Instance, logins: Logins, guard: Guard) -> APIRouter:
    router = APIRouter(tags=["events"])
    viewer = Depends(guard.at_least("viewer"))

    @router.get("/events", summary="Events, newest first; a short page may go on", response_model=Page[m.EventRow])
    async def events(
        user: Annotated[User, viewer],
        state: Text = None,
        destination: Text = None,
        person: Text = None,
        source: Text = None,
        before: Before = None,
        limit: Limit = 50,
    ) -> Any:
        found, following = await asyncio.to_thread(instance.event_page, state, destination, person, source, before, limit)
        return {"data": found, "next": following}

    @router.get("/events/{position}", summary="One event with its message", response_model=m.EventWithMessage)
    async def event(position: Position, user: Annotated[User, viewer]) -> Any:
        def look() -> dict[str, Any]:
            found, _ = instance.event_page(None, None, None, None, position + 1, 1)
            if not found or found[0]["id"] != position:
                raise NotFound("There is no such event, or it is no longer kept.")
            return found[0] | {"message": instance.message(position)}

        return await asyncio.to_thread(look)

    @router.get("/trail", summary="What became of one call, as far as it has come", response_model=m.Trail)
    async def trail(user: Annotated[User, viewer], message_id: Id, source: Text = None) -> Any:
        return await asyncio.to_thread(_trail, instance, message_id, source)

    @router.get("/rejected", summary="Calls that the gateway refused, newest first", response_model=Page[m.Rejected])
    async def rejected(
        user: Annotated[User, viewer],
        limit: Limit = 100,
        before: Before = None,
        status: int | None = None,
        source: Text = None,
    ) -> Any:
        filtered = status is not None or source is not None
        found = await asyncio.to_thread(instance.rejected, NEWEST if filtered else limit, before)
        fit = [(n, r) for n, r in found if status in (None, r["status"]) and source in (None, r["source"])]
        more = len(fit) > limit or (not filtered and len(found) == limit)
        fit = fit[:limit]
        data = [row | {"id": number} for number, row in fit]
        return {"data": data, "next": fit[-1][0] if fit and more else None}

    return router


def _trail(instance: Instance, message_id: Id, source: str | None) -> dict[str, Any]:
    names = shapes.names(instance.store.snapshot())
    nothing: dict[str, Any] = {"event": None, "deliveries": [], "contact": None, "log": []}
    for logged in instance.log.find("message", message_id):
        if logged.duplicate_of is not None or source not in (None, logged.source_id):
            continue
        message = instance.pages.decoded(logged)
        row = instance.pages.row(logged, message)
        deliveries = []
        for fate in row["fates"]:
            to = fate["destinationId"]
            found = instance.insight.delivery(logged.position, to) if to else None
            if found is not None:
                attempts = [shapes.attempt(a) for a in instance.journal.attempts(logged.position, to)]
                deliveries.append({"delivery": shapes.delivery(found, *names), "attempts": attempts})
        return nothing | {"event": row | {"message": message}, "deliveries": deliveries} | _engine(instance, message)
    return nothing


def _engine(instance: Instance, message: dict[str, Any]) -> dict[str, Any]:
    """What Loops (built-in) made of it: the contact by user ID or email, and its newest events."""
    if instance.engine is None:
        return {}
    traits = message.get("traits") or (message.get("context") or {}).get("traits") or {}
    email = traits.get("email") if isinstance(traits, dict) else None
    for text in (message.get("userId"), email):
        if not isinstance(text, str) or not text:
            continue
        for who in (Who(None, text), Who(text, None)):
            found = instance.engine.read(partial(find, who=who))
            if found is not None and (contact := instance.engine.contact(found)) is not None:
                return {"contact": contact, "log": contact["events"][:10]}
    return {}
