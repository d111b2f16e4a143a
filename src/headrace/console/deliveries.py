"""Lists of deliveries, the story of one, and what can be done about it."""

# no postponed annotations here: FastAPI reads them, and they name this function's own dependencies
import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from msgspec.structs import replace

from headrace.console import delivery_models as m
from headrace.console import shapes, telling
from headrace.console.guard import Guard
from headrace.console.login import Logins, User
from headrace.console.models import Ok, Page
from headrace.console.params import Before, Limit, Position, Search, Text
from headrace.console.port import Instance
from headrace.destinations.loops import lookup
from headrace.errors import Conflict, NotFound
from headrace.fate import State
from headrace.journal.insight import Listing, Wanted
from headrace.journal.port import Delivery

ONE = "/events/{position}/deliveries/{destination_id}"
WINDOWS = 15  # that one page of a list looks at
WITHIN = 0.04  # s after which it looks at no further one: in a large store a window costs more


def create_router(instance: Instance, logins: Logins, guard: Guard) -> APIRouter:
    router = APIRouter(tags=["deliveries"])
    viewer, editor = Depends(guard.at_least("viewer")), Depends(guard.at_least("editor"))
    store = instance.store

    def listed(wanted: Wanted) -> dict[str, Any]:
        rows: list[Delivery] = []
        page = Listing([], wanted.before)
        end = instance.clock.monotonic() + WITHIN
        for _ in range(WINDOWS):
            left = wanted.limit - len(rows)
            page = instance.insight.deliveries(replace(wanted, before=page.next, limit=left))
            rows += page.rows
            if page.next is None or len(rows) >= wanted.limit or instance.clock.monotonic() > end:
                break
        names = shapes.names(store.snapshot())
        return {"data": [shapes.delivery(d, *names) for d in rows], "next": page.next}

    @router.get("/deliveries", summary="Deliveries, newest first; a short page may go on", response_model=Page[m.Delivery])
    async def deliveries(
        user: Annotated[User, viewer], narrowed: Annotated[Wanted, Depends(_narrowed)], destination: Text = None
    ) -> Any:
        return await asyncio.to_thread(listed, replace(narrowed, destination_id=destination))

    @router.get("/destinations/{identifier}/deliveries", summary="Its deliveries", response_model=Page[m.Delivery])
    async def of_one(identifier: str, user: Annotated[User, viewer], narrowed: Annotated[Wanted, Depends(_narrowed)]) -> Any:
        store.destination(identifier)
        return await asyncio.to_thread(listed, replace(narrowed, destination_id=identifier))

    def found(position: int, destination_id: str) -> Delivery:
        delivery = instance.insight.delivery(position, destination_id)
        if delivery is None:
            raise NotFound("There is no such delivery, or it is no longer kept.")
        return delivery

    def story_of(position: int, destination_id: str) -> dict[str, Any]:
        delivery = found(position, destination_id)
        attempts = instance.journal.attempts(position, destination_id)
        told = telling.tell(delivery, attempts, where(destination_id))
        return {
            "delivery": shapes.delivery(delivery, *shapes.names(store.snapshot())),
            "message": instance.message(position),
            "attempts": [shapes.attempt(a) for a in attempts],
            "sentence": told.sentence,
            "chapters": told.chapters,
            "next": told.next,
            "actions": told.actions,
            "links": told.links,
        }

    def where(destination_id: str) -> telling.Where:
        destination = store.snapshot().destination(destination_id)
        if destination is None:
            return telling.Where("the destination", "the destination", "removed", "", False, False, False)
        kind, health = instance.catalog[destination.type], instance.health().get(destination_id)
        base = str(destination.settings.get("base_url") or "https://app.loops.so/api")
        loops = destination.type == "loops"
        return telling.Where(
            kind.label,
            destination.name,
            shapes.state_of(destination, health),
            health.reason if health else "",
            loops,
            loops and "app.loops.so" in base,
            any(f.key == "events" for f in kind.fields),
        )

    @router.get(ONE, summary="The story of one delivery", response_model=m.Story)
    async def story(position: Position, destination_id: str, user: Annotated[User, viewer]) -> Any:
        return await asyncio.to_thread(story_of, position, destination_id)

    @router.post(f"{ONE}/retry", summary="Do not wait for its retry", response_model=Ok)
    async def retry(position: Position, destination_id: str, user: Annotated[User, editor]) -> Any:
        found(position, destination_id)
        if not await instance.pages.retry_now(destination_id, position):
            raise Conflict("It does not wait for a retry any more. Reload to see what became of it.")
        return Ok()

    @router.get(
        f"{ONE}/lookup",
        summary="What the destination knows of the person now (one request to it)",
        response_model=m.Lookup,
    )
    async def look_up(position: Position, destination_id: str, user: Annotated[User, editor]) -> Any:
        found(position, destination_id)
        destination = store.destination(destination_id)
        message = instance.message(position)
        asking = lookup.question(message) if destination.type == "loops" and message is not None else None
        if asking is None or message is None:
            raise Conflict("This event names nobody whom this destination could look up.")
        request, asked = asking
        rendered = instance.pages.rendered(destination.type, destination.settings, message)
        sent = rendered.body if isinstance(rendered.body, dict) else {}
        answer = await instance.pages.ask(destination_id, request)
        there = lookup.contact_in(answer.body) if answer.status == 200 else None
        return {
            "ok": answer.status == 200,
            "asked": asked,
            "message": _said(answer.status, answer.detail, there is not None, asked),
            "found": there,
            "sent": sent,
            "differences": lookup.differences(sent, there) if there else [],
        }

    return router


def _narrowed(
    state: Annotated[list[State] | None, Query()] = None,
    code: Text = None,
    type: Text = None,
    name: Text = None,
    person: Text = None,
    search: Search = "",
    before: Before = None,
    limit: Limit = 50,
) -> Wanted:
    """What every list of deliveries can be narrowed by."""
    return Wanted(None, tuple(state or ()), code, type, name, person, search, before, limit)


def _said(status: int | None, detail: str, known: bool, asked: str) -> str:
    if status is None:
        return f"There was no answer: {detail}."
    if status in (401, 403):
        return "Loops does not accept this key. Paste a valid one in the destination's configuration."
    if status != 200:
        return f"Loops answered {status}; it could not be looked up."
    return f"Loops knows a contact with {asked}." if known else f"Loops has no contact with {asked}."
