"""Destinations: the catalog, list, make, change, test, pause and resume; their deliveries."""

# no postponed annotations here: FastAPI reads them, and they name this function's own dependencies
import asyncio
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Body, Depends
from pydantic import BaseModel

from headrace.clock import rfc3339
from headrace.console import destination_models as m
from headrace.console import shapes
from headrace.console.delivery_models import Reason
from headrace.console.guard import Guard
from headrace.console.login import Logins, User
from headrace.console.models import Counted, Ok, Page
from headrace.console.params import Limit, Offset, Search
from headrace.console.port import Health, Instance
from headrace.errors import NotFound
from headrace.fate import State
from headrace.journal.insight import Wanted
from headrace.workspace import secrets
from headrace.workspace.model import Destination, Workspace
from headrace.workspace.questions import Answers

NEWEST = 1_000  # deliveries whose reasons are counted


class NewDestination(BaseModel):
    name: str
    type: str
    settings: dict[str, Any] = {}
    source_ids: list[str] = []
    enabled: bool = True
    twice: bool = False  # that every event arrives twice is meant


class ChangedDestination(BaseModel):
    name: str | None = None
    enabled: bool | None = None
    settings: dict[str, Any] | None = None
    waiting: str | None = None  # send, drop or since:TIME: what becomes of events that wait
    twice: bool = False  # that every event arrives twice is meant


class Trying(BaseModel):
    type: str
    settings: dict[str, Any] = {}


def create_router(instance: Instance, logins: Logins, guard: Guard) -> APIRouter:
    router = APIRouter(tags=["destinations"])
    viewer, editor = Depends(guard.at_least("viewer")), Depends(guard.at_least("editor"))
    store, journal = instance.store, instance.journal

    def kind_of(name: str) -> Any:
        if name not in instance.catalog:
            raise NotFound(f"The catalog has no type {name!r}.")
        return instance.catalog[name]

    def look(destinations: Iterable[Destination]) -> list[dict[str, Any]]:
        workspace, health, counts = store.snapshot(), instance.health(), journal.counts()
        return [row(d, workspace, health.get(d.id), counts.get(d.id, {})) for d in destinations]

    async def shown(destination: Destination) -> dict[str, Any]:
        return (await asyncio.to_thread(look, (destination,)))[0]

    def row(
        destination: Destination, workspace: Workspace, health: Health | None, counts: Mapping[State, int]
    ) -> dict[str, Any]:
        kind = kind_of(destination.type)
        sources = [workspace.source(c.source_id) for c in workspace.connections if c.destination_id == destination.id]
        return {
            "id": destination.id,
            "name": destination.name,
            "type": destination.type,
            "label": kind.label,
            "enabled": destination.enabled,
            "settings": secrets.masked(destination.settings, store.secrets_of(destination.type)),
            "sources": [{"id": s.id, "name": s.name} for s in sources if s],
            "health": {
                "state": shapes.state_of(destination, health),
                "code": str(health.code) if health and health.code else None,
                "reason": health.reason if health else "",
                "since": shapes.when(health.since) if health else None,
            },
            "counts": shapes.counts(counts),
            "created_at": rfc3339(destination.created_at),
            "warnings": kind.check(destination.settings),
        }

    @router.get("/catalog", summary="Destination types", response_model=Page[m.CatalogType])
    async def catalog(user: Annotated[User, viewer], search: Search = "") -> Any:
        wanted = search.strip().lower()
        found = [
            k for k in instance.catalog.values() if wanted in " ".join((k.name, k.label, k.description, *k.keywords)).lower()
        ]
        return {"data": [_type(k) for k in found], "next": None}

    @router.get("/destinations", summary="All destinations", response_model=Page[m.Destination])
    async def destinations(user: Annotated[User, viewer]) -> Any:
        return {"data": await asyncio.to_thread(look, store.snapshot().destinations), "next": None}

    @router.post("/destinations", summary="New destination", response_model=m.Destination)
    async def new_destination(given: Annotated[NewDestination, Body()], user: Annotated[User, editor]) -> Any:
        kind_of(given.type).check(given.settings)
        for source_id in given.source_ids:
            store.source(source_id)
        settings = {key: value for key, value in given.settings.items() if value is not None}
        planned = Destination("new", given.name, given.type, given.enabled, settings)
        await instance.prepare(None, planned, given.source_ids, Answers(twice=given.twice))
        made = store.add_destination(user.signature, given.name, given.type, settings, given.enabled)
        for source_id in given.source_ids:
            store.connect(user.signature, source_id, made.id, instance.log.head())
        await instance.changed()
        return await shown(made)

    @router.post("/destinations/test", summary="Whether a destination would accept us", response_model=m.Trial)
    async def try_out(given: Annotated[Trying, Body()], user: Annotated[User, editor]) -> Any:
        kind_of(given.type).check(given.settings)
        ok, message = await instance.test(given.type, given.settings, "")
        return {"ok": ok, "message": message}

    @router.get("/destinations/{identifier}", summary="One destination", response_model=m.Destination)
    async def destination(identifier: str, user: Annotated[User, viewer]) -> Any:
        return await shown(store.destination(identifier))

    @router.patch("/destinations/{identifier}", summary="Change; applies to what waits, too", response_model=m.Destination)
    async def change(identifier: str, given: Annotated[ChangedDestination, Body()], user: Annotated[User, editor]) -> Any:
        before = store.destination(identifier)
        changed = given.model_dump(exclude_none=True, exclude={"waiting", "twice"})
        if given.settings is not None:
            changed["settings"] = with_stored_secrets(given.settings, before.settings, store.secrets_of(before.type))
            kind_of(before.type).check(changed["settings"])
        planned = msgspec.structs.replace(before, **changed)
        await instance.prepare(before, planned, (), Answers(given.waiting, given.twice))
        after = store.change_destination(user.signature, identifier, **changed)
        await instance.changed()
        return await shown(after)

    @router.delete("/destinations/{identifier}", summary="Remove; what waits becomes failed events", response_model=Ok)
    async def remove(identifier: str, user: Annotated[User, editor]) -> Any:
        store.remove_destination(user.signature, identifier)
        await instance.changed()
        return {"ok": True}

    @router.post("/destinations/{identifier}/test", summary="Whether it accepts us now", response_model=m.Trial)
    async def test(identifier: str, user: Annotated[User, editor]) -> Any:
        found = store.destination(identifier)
        ok, message = await instance.test(found.type, found.settings, found.id)
        return {"ok": ok, "message": message}

    @router.post("/destinations/{identifier}/pause", summary="Pause; the queue is kept", response_model=m.Destination)
    async def pause(identifier: str, user: Annotated[User, editor]) -> Any:
        store.destination(identifier)
        await instance.pause(identifier)
        return await shown(store.destination(identifier))

    @router.post("/destinations/{identifier}/resume", summary="Try again now", response_model=m.Destination)
    async def resume(identifier: str, user: Annotated[User, editor]) -> Any:
        store.destination(identifier)
        await instance.resume(identifier)
        return await shown(store.destination(identifier))

    @router.get(
        "/destinations/{identifier}/events",
        summary="Deliveries and failures per event",
        response_model=Counted[m.DestinationEventRow],
    )
    async def table(
        identifier: str,
        user: Annotated[User, viewer],
        search: Search = "",
        sort: Literal["recent", "failed", "name"] = "recent",
        limit: Limit = 1000,
        offset: Offset = 0,
    ) -> Any:
        store.destination(identifier)
        rows = await asyncio.to_thread(instance.insight.names, identifier, search, sort)
        data = [
            {
                "type": kind,
                "name": name,
                "delivered": delivered,
                "last_delivered": shapes.when(last_delivered),
                "failed": failed,
                "last_failed": shapes.when(last_failed),
            }
            for kind, name, delivered, last_delivered, failed, last_failed in rows[offset : offset + limit]
        ]
        following = offset + limit if offset + limit < len(rows) else None
        return {"data": data, "next": following, "total": len(rows)}

    @router.get(
        "/destinations/{identifier}/reasons",
        summary="Reasons with counts: of failed ones all, else among the newest 1,000",
        response_model=Page[Reason],
    )
    async def reasons(identifier: str, user: Annotated[User, viewer], state: State = State.DEAD) -> Any:
        store.destination(identifier)
        rows = await asyncio.to_thread(_reasons, instance, identifier, state)
        data = [
            {"code": code, "sentence": shapes.sentence(code), "count": count, "sample": {"position": newest}}
            for code, count, newest in rows
        ]
        return {"data": data, "next": None}

    return router


def _reasons(instance: Instance, identifier: str, state: State) -> list[tuple[str, int, int]]:
    """(code, count, newest position), most frequent first; of other than failed ones, of the newest."""
    if state is State.DEAD:
        return [(row.code, row.count, row.newest) for row in instance.insight.failed(identifier)]
    found: dict[str, tuple[int, int]] = {}
    for d in instance.insight.deliveries(Wanted(destination_id=identifier, states=(state,), limit=NEWEST)).rows:
        count, newest = found.get(d.fate.code, (0, d.fate.position))
        found[d.fate.code] = (count + 1, newest)
    return sorted(((code, *both) for code, both in found.items()), key=lambda row: -row[1])


def with_stored_secrets(given: Mapping[str, Any], stored: Mapping[str, Any], secret: frozenset[str]) -> dict[str, Any]:
    """A masked secret that comes back unchanged, or is left out, keeps the stored one; null clears it."""
    whole = secrets.kept(given, stored, secret)
    return {key: value for key, value in whole.items() if value is not None}


def _type(kind: Any) -> dict[str, Any]:
    return {
        "type": kind.name,
        "label": kind.label,
        "description": kind.description,
        "keywords": list(kind.keywords),
        "fields": [
            {
                "key": f.key,
                "label": f.label,
                "help": f.help,
                "kind": f.kind,
                "default": f.default,
                "required": f.required,
                "choices": list(f.choices),
                "advanced": f.advanced,
                "link": f.link,
            }
            for f in kind.fields
        ],
    }
