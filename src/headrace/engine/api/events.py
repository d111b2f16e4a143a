"""Operations of events and their patterns."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from headrace.engine.api.http import Operations, body_of, once, page, per_page, read, write
from headrace.engine.engine import Engine
from headrace.engine.events import patterns, sending
from headrace.engine.values import check_lengths


async def events_send(engine: Engine, request: Request, key: str | None) -> Any:
    body = await body_of(request)
    check_lengths(body)
    await write(engine, lambda desk: sending.send(desk, body, key))
    return {"success": True}


async def patterns_list(engine: Engine, request: Request) -> Any:
    size, cursor = per_page(request), request.query_params.get("cursor") or ""
    return page(request, *await read(engine, lambda c: patterns.page(c, cursor, size)))


async def pattern_by_name(engine: Engine, request: Request) -> Any:
    name = request.path_params["name"]
    return await read(engine, lambda c: patterns.one(c, "name", name))


async def pattern_by_id(engine: Engine, request: Request) -> Any:
    identifier = request.path_params["identifier"]
    return await read(engine, lambda c: patterns.one(c, "id", identifier))


OPERATIONS: Operations = {
    "/v1/events/send": {"POST": once("used_key", events_send)},
    "/v1/event-patterns": {"GET": patterns_list},
    "/v1/event-patterns/by-name/{name:path}": {"GET": pattern_by_name},
    "/v1/event-patterns/{identifier}": {"GET": pattern_by_id},
}
