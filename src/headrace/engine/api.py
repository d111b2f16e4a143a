"""The Loops-compatible API and our own read API beside it, over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from headrace.engine import audience, events, patterns
from headrace.engine.engine import Engine
from headrace.engine.refusal import LoopsError
from headrace.engine.values import check_lengths

LARGEST = 4 * 2**20  # bytes of a body
DEEPEST = 64
PAGE = 50
Handler = Callable[[Engine, Request], Awaitable[Any]]


def create_api(engine: Engine) -> Starlette:
    """ASGI application of the engine's listener."""
    routes: list[Route] = []
    for path, methods in OPERATIONS.items():
        for prefix in ("/api", ""):
            routes.append(Route(prefix + path, _endpoint(engine, methods), methods=ALL_METHODS))
    routes.append(Route("/{rest:path}", _endpoint(engine, {}), methods=ALL_METHODS))
    return Starlette(routes=routes)


ALL_METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"]


def _endpoint(engine: Engine, methods: dict[str, Handler]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        remaining: int | None = None
        try:
            key = request.headers.get("authorization", "").partition(" ")
            if key[0].lower() != "bearer" or not engine.knows_key(key[2].strip()):
                raise LoopsError(401, "Invalid API key")
            allowed, remaining = engine.allow()
            if not allowed:
                raise LoopsError(429, "Rate limit exceeded.")
            if not methods:
                raise LoopsError(404, f"{request.url.path} is not built in Headrace's engine, or does not exist.")
            handler = methods.get(request.method) or methods.get("GET" if request.method == "HEAD" else "")
            if handler is None:
                raise LoopsError(405, f"{request.method} is not allowed here.")
            response: Response = JSONResponse(await handler(engine, request))
        except LoopsError as error:
            response = _refused(error)
        except ClientDisconnect:
            response = Response(status_code=400)
        limit = engine.rate or UNLIMITED
        response.headers["x-ratelimit-limit"] = str(int(limit))
        response.headers["x-ratelimit-remaining"] = str(limit - 1 if remaining is None else remaining)
        return response

    return endpoint


UNLIMITED = 1_000_000  # said while no limit is set, since every answer of Loops says one


def _refused(error: LoopsError) -> Response:
    body = {"success": False, "message": error.message, "error": error.message}
    headers = {"Retry-After": "1"} if error.status == 429 else {}
    return JSONResponse(body, error.status, headers)


async def _body(request: Request) -> dict[str, Any]:
    """The JSON object of a body; {} when there is none."""
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > LARGEST:
            raise LoopsError(413, "The body is larger than 4 MB.")
    if not raw.strip():
        return {}
    if raw.count(b"{") + raw.count(b"[") > DEEPEST and _depth(raw) > DEEPEST:
        raise LoopsError(400, "The body is nested too deeply.")
    try:
        value = json.loads(raw, parse_constant=_no_constant)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise LoopsError(400, "Invalid JSON body.") from None
    if not isinstance(value, dict):
        raise LoopsError(400, "The body must be a JSON object.")
    return value


def _depth(raw: bytes) -> int:
    depth = deepest = 0
    for byte in raw:
        if byte in b"{[":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"}]":
            depth -= 1
    return deepest


def _no_constant(name: str) -> Any:
    raise ValueError(name)


async def _write(engine: Engine, run: Callable[[Any], Any]) -> Any:
    return await asyncio.wrap_future(engine.store.write(run))


async def _read(engine: Engine, run: Callable[[Any], Any]) -> Any:
    return await asyncio.to_thread(engine.store.read, run)


# --- operations -----------------------------------------------------------------------------------------------------


async def api_key(engine: Engine, request: Request) -> Any:
    return {"success": True, "teamName": engine.team}


async def contacts_create(engine: Engine, request: Request) -> Any:
    body = await _body(request)
    check_lengths(body)
    found = await _write(engine, lambda c: audience.create(c, body, engine.now(), engine.new_id))
    return {"success": True, "id": found.id}


async def contacts_update(engine: Engine, request: Request) -> Any:
    body = await _body(request)
    check_lengths(body)
    found = await _write(engine, lambda c: audience.upsert(c, body, engine.now(), engine.new_id))
    return {"success": True, "id": found.id}


async def contacts_find(engine: Engine, request: Request) -> Any:
    email, user_id = request.query_params.get("email"), request.query_params.get("userId")
    if bool(email) == bool(user_id):
        raise LoopsError(400, "Exactly one of email and userId is required.")
    return await _read(engine, lambda c: audience.by_identity(c, audience.Who(email, user_id)))


async def contacts_delete(engine: Engine, request: Request) -> Any:
    body = await _body(request)
    user_id = body.get("userId")
    if isinstance(user_id, list) and len(user_id) == 1:  # Segment sends it so
        body["userId"] = user_id[0]
    who = audience.identity(body)
    await _write(engine, lambda c: audience.delete(c, who))
    return {"success": True, "message": "Contact deleted."}


async def properties_list(engine: Engine, request: Request) -> Any:
    only_custom = request.query_params.get("list") == "custom"
    return await _read(engine, lambda c: audience.properties(c, only_custom))


async def properties_create(engine: Engine, request: Request) -> Any:
    body = await _body(request)
    check_lengths(body)
    await _write(engine, lambda c: audience.create_property(c, body.get("name"), body.get("type"), engine.now()))
    return {"success": True}


async def lists(engine: Engine, request: Request) -> Any:
    return await _read(engine, audience.mailing_lists)


async def events_send(engine: Engine, request: Request) -> Any:
    body = await _body(request)
    check_lengths(body)
    key = request.headers.get("idempotency-key")
    try:
        await _write(engine, lambda c: events.send(c, body, key, engine.now(), engine.new_id))
    except LoopsError as error:
        if engine.burns_keys and key and error.status == 400:
            await _write(engine, lambda c: c.execute("insert or ignore into used_key values(?,?)", (key, engine.now())))
        raise
    return {"success": True}


async def transactional_send(engine: Engine, request: Request) -> Any:
    body = await _body(request)
    for name in ("email", "transactionalId"):
        if not isinstance(body.get(name), str) or not body[name]:
            raise LoopsError(400, f"{name} is required.")
    audience.identity({"email": body["email"]})
    raise LoopsError(404, "Transactional email not found.")


async def transactional_list(engine: Engine, request: Request) -> Any:
    per_page = request.query_params.get("perPage") or "20"
    if not per_page.isdigit() or not 10 <= int(per_page) <= PAGE:
        raise LoopsError(400, "Invalid `perPage` value.")
    pagination = {
        "totalResults": 0,
        "returnedResults": 0,
        "perPage": int(per_page),
        "totalPages": 0,
        "nextCursor": None,
        "nextPage": None,
    }
    return {"pagination": pagination, "data": []}


async def read_contacts(engine: Engine, request: Request) -> Any:
    query = request.query_params
    email, user_id = query.get("email"), query.get("userId")
    if email or user_id:
        found = await _read(engine, lambda c: audience.by_identity(c, audience.Who(email, user_id)))
        return {"data": found, "nextCursor": None}
    data, following = await asyncio.to_thread(engine.contacts, "", query.get("cursor"), PAGE, True)
    return {"data": data, "nextCursor": following}


async def read_event_log(engine: Engine, request: Request) -> Any:
    query = request.query_params
    cursor = query.get("cursor")
    if cursor and not cursor.isdigit():
        raise LoopsError(400, "Invalid `cursor` value.")
    data, following = await asyncio.to_thread(
        engine.event_log, int(cursor) if cursor else None, PAGE,
        event=query.get("event"), email=query.get("email"), user_id=query.get("userId"),
    )  # fmt: skip
    return {"data": data, "nextCursor": str(following) if following else None}


OPERATIONS: dict[str, dict[str, Handler]] = {
    "/v1/api-key": {"GET": api_key},
    "/v1/contacts/create": {"POST": contacts_create},
    "/v1/contacts/update": {"PUT": contacts_update, "POST": contacts_update},
    "/v1/contacts/find": {"GET": contacts_find},
    "/v1/contacts/delete": {"POST": contacts_delete},
    "/v1/contacts/properties": {"GET": properties_list, "POST": properties_create},
    "/v1/lists": {"GET": lists},
    "/v1/events/send": {"POST": events_send},
    "/v1/event-patterns": {"GET": patterns.patterns_list},
    "/v1/event-patterns/by-name/{name:path}": {"GET": patterns.pattern_by_name},
    "/v1/event-patterns/{identifier}": {"GET": patterns.pattern_by_id},
    "/v1/transactional": {"POST": transactional_send, "GET": transactional_list},
    "/headrace/v1/contacts": {"GET": read_contacts},
    "/headrace/v1/event-log": {"GET": read_event_log},
}
