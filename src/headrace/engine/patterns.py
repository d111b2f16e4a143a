"""Event patterns as Loops' API lists them: the definitions, with a cursor, and one with its properties."""

from __future__ import annotations

import asyncio
from typing import Any

import apsw
from starlette.requests import Request

from headrace.engine import events
from headrace.engine.engine import Engine
from headrace.engine.refusal import LoopsError
from headrace.engine.store import rows

PER_PAGE, LEAST, MOST = 20, 10, 50


def page(c: apsw.Connection, cursor: str, per_page: int) -> tuple[list[dict[str, Any]], int, str | None]:
    """(rows behind the cursor, how many there are at all, the next cursor). A cursor is the last id seen."""
    ((total,),) = rows(c, "select count(*) from definition")
    ((left,),) = rows(c, "select count(*) from definition where id>?", (cursor,))
    found = rows(c, "select id, name from definition where id>? order by id limit ?", (cursor, per_page))
    data = [{"id": i, "eventName": name, "incomingWebhookPlatform": None} for i, name in found]
    return data, total, found[-1][0] if left > len(found) else None


def one(c: apsw.Connection, column: str, value: str) -> dict[str, Any]:
    found = rows(c, f"select id, name from definition where {column}=?", (value,))  # noqa: S608 - one of two words of ours
    if not found:
        raise LoopsError(404, "Event pattern not found.")
    ((identifier, name),) = found
    return {
        "id": identifier,
        "eventName": name,
        "eventProperties": events.properties_of(c, identifier),
        "incomingWebhookPlatform": None,
    }


async def patterns_list(engine: Engine, request: Request) -> Any:
    given = request.query_params.get("perPage") or str(PER_PAGE)
    if not given.isdigit() or not LEAST <= int(given) <= MOST:
        raise LoopsError(400, "Invalid `perPage` value.")
    per_page, cursor = int(given), request.query_params.get("cursor") or ""
    data, total, following = await asyncio.to_thread(engine.store.read, lambda c: page(c, cursor, per_page))
    pagination = {
        "totalResults": total,
        "returnedResults": len(data),
        "perPage": per_page,
        "totalPages": -(-total // per_page),
        "nextCursor": following,
        "nextPage": f"{request.url.path}?perPage={per_page}&cursor={following}" if following else None,
    }
    return {"pagination": pagination, "data": data}


async def pattern_by_name(engine: Engine, request: Request) -> Any:
    name = request.path_params["name"]
    return await asyncio.to_thread(engine.store.read, lambda c: one(c, "name", name))


async def pattern_by_id(engine: Engine, request: Request) -> Any:
    identifier = request.path_params["identifier"]
    return await asyncio.to_thread(engine.store.read, lambda c: one(c, "id", identifier))
