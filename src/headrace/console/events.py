"""Events with their fates, and the story of one delivery; refused calls."""

# no postponed annotations here: FastAPI reads them, and they name this function's own dependencies
import asyncio
import itertools
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from headrace.console import shapes
from headrace.console.guard import Guard
from headrace.console.login import Logins, User
from headrace.console.port import Instance
from headrace.errors import NotFound
from headrace.journal.port import Delivery


def create_router(instance: Instance, logins: Logins, guard: Guard) -> APIRouter:
    router = APIRouter(tags=["events"])
    viewer = Depends(guard.at_least("viewer"))

    @router.get("/events", summary="Events, newest first")
    async def events(
        user: Annotated[User, viewer],
        state: str | None = None,
        destination: str | None = None,
        person: str | None = None,
        source: str | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> dict[str, Any]:
        limit = max(1, min(limit, 1000))

        def look() -> list[dict[str, Any]]:
            return list(itertools.islice(instance.events(state, destination, person, source, before), limit))

        found = await asyncio.to_thread(look)
        return {"data": found, "next": found[-1]["id"] if len(found) == limit else None}

    @router.get("/events/{position}", summary="One event with its message")
    async def event(position: int, user: Annotated[User, viewer]) -> dict[str, Any]:
        found = next(iter(instance.events(None, None, None, None, position + 1)), None)
        if found is None or found["id"] != position:
            raise NotFound("There is no such event, or it is no longer kept.")
        return found | {"message": instance.message(position)}

    @router.get("/events/{position}/deliveries/{destination_id}", summary="The story of one delivery")
    async def story(position: int, destination_id: str, user: Annotated[User, viewer]) -> dict[str, Any]:
        found = await asyncio.to_thread(_delivery, instance, position, destination_id)
        workspace = instance.store.snapshot()
        attempts = await asyncio.to_thread(instance.journal.attempts, position, destination_id)
        return {
            "delivery": shapes.delivery(
                found, {s.id: s.name for s in workspace.sources}, {d.id: d.name for d in workspace.destinations}
            ),
            "message": instance.message(position),
            "attempts": [shapes.attempt(a) for a in attempts],
        }

    @router.get("/rejected", summary="Calls that the gateway refused, newest first")
    async def rejected(user: Annotated[User, viewer], limit: int = 100, before: int | None = None) -> dict[str, Any]:
        limit = max(1, min(limit, 1000))
        found = await asyncio.to_thread(instance.rejected, limit, before)
        data = [row | {"id": number} for number, row in found]
        return {"data": data, "next": found[-1][0] if len(found) == limit else None}

    return router


def _delivery(instance: Instance, position: int, destination_id: str) -> Delivery:
    for found in instance.journal.since(position - 1, 20):
        if found.fate.position == position and found.fate.destination_id == destination_id:
            return found
    raise NotFound("There is no such delivery, or it is no longer kept.")
