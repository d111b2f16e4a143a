"""Settings that shape what is sent: the names really seen, and what a change would make of recent real events."""

# no postponed annotations here: FastAPI reads them, and they name this function's own dependencies
import asyncio
import itertools
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Body, Depends
from pydantic import BaseModel, Field

from headrace.clock import rfc3339
from headrace.console import page_models as m
from headrace.console.destinations import with_stored_secrets
from headrace.console.guard import Guard
from headrace.console.login import Logins, User
from headrace.console.models import Page
from headrace.console.port import Instance
from headrace.console.seen import Seen
from headrace.destinations.loops.settings import NameFilter
from headrace.event import LoggedEvent
from headrace.workspace.model import Destination

LOOKED_AT = 1_000  # newest calls
NAMES = 500


class Candidate(BaseModel):
    """What to try. Without `settings`: as they are stored."""

    settings: dict[str, Any] | None = None
    positions: list[Annotated[int, Field(ge=0, le=2**53)]] = Field([], max_length=50)
    type: str | None = None
    name: str | None = None
    limit: int = Field(10, ge=1, le=50)


def create_router(instance: Instance, logins: Logins, guard: Guard) -> APIRouter:
    router = APIRouter(prefix="/destinations/{identifier}", tags=["destinations"])
    viewer, editor = Depends(guard.at_least("viewer")), Depends(guard.at_least("editor"))
    store, pages = instance.store, instance.pages

    def recent(destination: Destination) -> Iterator[tuple[LoggedEvent, dict[str, Any]]]:
        """The newest calls of the connected sources."""
        connected = {c.source_id for c in store.snapshot().connections if c.destination_id == destination.id}
        for logged in itertools.islice(instance.log.newest(), LOOKED_AT):
            if logged.duplicate_of is None and logged.source_id in connected:
                yield logged, pages.decoded(logged)

    def seen(destination: Destination) -> dict[str, Any]:
        rules = msgspec.convert(destination.settings.get("events") or {}, NameFilter)
        counted: dict[str, tuple[int, int]] = {}
        for c in store.snapshot().connections:
            if c.destination_id != destination.id:
                continue
            for row in instance.journal.source_table(c.source_id):
                if row.type == "track" and row.name:
                    number, last = counted.get(row.name, (0, 0))
                    counted[row.name] = (number + row.count, max(last, row.last_seen))
        traits, properties = Seen(), Seen()
        for _, message in recent(destination):
            context = message.get("context")
            traits.look(context.get("traits") if isinstance(context, Mapping) else None)
            traits.look(message.get("traits"))
            if message.get("type") == "track":
                properties.look(message.get("properties"))
        events = sorted(counted.items(), key=lambda item: -item[1][1])[:NAMES]
        return {
            "events": [
                {"name": name, "count": number, "last_seen": rfc3339(last), "passes": rules.passes(name)}
                for name, (number, last) in events
            ],
            "traits": traits.rows(),
            "properties": properties.rows(),
        }

    def chosen(destination: Destination, given: Candidate) -> Iterator[tuple[LoggedEvent, dict[str, Any]]]:
        if given.positions:
            for position in given.positions:
                logged = instance.log.get(position)
                if logged is not None and logged.duplicate_of is None:
                    yield logged, pages.decoded(logged)
            return
        for logged, message in recent(destination):
            kind = str(message.get("type") or "").lower()
            wanted = (given.type,) if given.type else ("identify", "track")
            if kind in wanted and given.name in (None, message.get("event")):
                yield logged, message

    def compare(destination: Destination, given: Candidate) -> list[dict[str, Any]]:
        kind = instance.catalog[destination.type]
        candidate = dict(destination.settings)
        if given.settings is not None:
            candidate = with_stored_secrets(given.settings, destination.settings, store.secrets_of(destination.type))
            kind.check(candidate)
        rows = []
        for logged, message in itertools.islice(chosen(destination, given), given.limit):
            before = pages.rendered(destination.type, destination.settings, message)
            after = pages.rendered(destination.type, candidate, message)
            rows.append(
                {
                    "position": logged.position,
                    "type": str(message.get("type") or ""),
                    "event": str(message.get("event") or ""),
                    "person": pages.person(logged, message),
                    "received_at": rfc3339(logged.received_at),
                    "before": msgspec.to_builtins(before),
                    "after": msgspec.to_builtins(after),
                    "changed": before != after,
                }
            )
        return rows

    @router.get("/names", summary="Event names, traits and properties really seen", response_model=m.SeenNames)
    async def names(identifier: str, user: Annotated[User, viewer]) -> Any:
        return await asyncio.to_thread(seen, store.destination(identifier))

    @router.post("/preview", summary="What a change would make of recent events", response_model=Page[m.Preview])
    async def preview(identifier: str, given: Annotated[Candidate, Body()], user: Annotated[User, editor]) -> Any:
        return {"data": await asyncio.to_thread(compare, store.destination(identifier), given), "next": None}

    return router
