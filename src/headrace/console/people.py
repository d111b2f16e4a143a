"""People: found by userId, email or anonymousId; one time line of their calls and what became of each."""

# no postponed annotations here: FastAPI reads them, and they name this function's own dependencies
import asyncio
import heapq
import itertools
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from headrace.clock import rfc3339
from headrace.console import page_models as m
from headrace.console.guard import Guard
from headrace.console.login import Logins, User
from headrace.console.models import Page
from headrace.console.params import Before, Id, Search
from headrace.console.port import Instance
from headrace.errors import NotFound
from headrace.event import LoggedEvent
from headrace.eventlog.port import IdKind


def create_router(instance: Instance, logins: Logins, guard: Guard) -> APIRouter:
    router = APIRouter(prefix="/people", tags=["people"])
    viewer = Depends(guard.at_least("viewer"))

    @router.get("", summary="Find people by userId, email or anonymousId", response_model=Page[m.PersonRow])
    async def people(
        user: Annotated[User, viewer], search: Search = "", limit: Annotated[int, Query(ge=1, le=100)] = 20
    ) -> Any:
        found = await asyncio.to_thread(instance.insight.people, search.strip(), limit)
        data = [
            {
                "person": p.identifiers[0],
                "identifiers": [_split(i) for i in p.identifiers],
                "last_seen": rfc3339(p.last_seen),
            }
            for p in found
        ]
        return {"data": data, "next": None}

    @router.get(
        "/timeline", summary="All calls of a person, by any of their ids, and what became of each", response_model=m.Timeline
    )
    async def timeline(
        user: Annotated[User, viewer],
        person: Id,
        before: Before = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Any:
        return await asyncio.to_thread(_timeline, instance, person, before, limit)

    return router


def _timeline(instance: Instance, person: str, before: int | None, limit: int) -> dict[str, Any]:
    # as links write it, or as a person types it
    names = (person, *(f"{kind}:{person}" for kind in ("user", "email", "anon")))  # as it is written in a link, or bare
    seen = next(filter(None, map(instance.insight.joined, names)), None)
    if seen is None:
        raise NotFound("Nobody was seen with this userId, email or anonymousId.")
    rows = []
    for logged in itertools.islice(_calls(instance, list(seen), before), limit):
        message = instance.pages.decoded(logged) if logged.duplicate_of is None else {}
        rows.append(instance.pages.row(logged, message) | {"message": message or None})
    identifiers = sorted(seen, key=lambda i: (("user", "email", "anon").index(i.partition(":")[0]), -seen[i]))
    return {
        "person": identifiers[0],
        "identifiers": [_split(i) | {"last_seen": rfc3339(seen[i])} for i in identifiers],
        "data": rows,
        "next": rows[-1]["id"] if len(rows) == limit else None,
    }


def _calls(instance: Instance, identifiers: list[str], before: int | None) -> Iterator[LoggedEvent]:
    """Newest first. Every call names a userId or an anonymousId; emails are joined to those."""
    kinds: dict[str, IdKind] = {"user": "user", "anon": "anon"}
    streams = [
        instance.log.find(kinds[kind], value, before)
        for kind, _, value in (i.partition(":") for i in identifiers)
        if kind in kinds
    ]
    last = None
    for logged in heapq.merge(*streams, key=lambda e: e.position, reverse=True):
        if logged.position != last:
            last = logged.position
            yield logged


def _split(identifier: str) -> dict[str, str]:
    kind, _, value = identifier.partition(":")
    return {"kind": kind, "value": value}
