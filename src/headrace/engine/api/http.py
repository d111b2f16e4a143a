"""What every operation of the API needs: a JSON body within limits, a page of a list, the store without blocking."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import apsw
from starlette.requests import Request

from headrace.engine.desk import Desk
from headrace.engine.engine import Engine
from headrace.engine.idempotency import Table, burn
from headrace.engine.refusal import LoopsError
from headrace.engine.store import numbered

LARGEST = 4 * 2**20  # bytes of a body
DEEPEST = 64
PER_PAGE, LEAST, MOST = 20, 10, 50
T = TypeVar("T")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
Handler = Callable[[Engine, Request], Awaitable[Any]]  # gives JSON, or a Response
Operations = dict[str, dict[str, Handler]]  # by path under /api, by method


async def body_of(request: Request) -> dict[str, Any]:
    """The JSON object of a body; {} when there is none."""
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > LARGEST:
            raise LoopsError(413, "The body is larger than 4 MB.")
    request.state.body = raw  # what is refused is shown as it came
    if not raw.strip():
        return {}
    if raw.count(b"{") + raw.count(b"[") > DEEPEST and _depth(raw) > DEEPEST:
        raise LoopsError(400, "The body is nested too deeply.")
    try:
        value = json.loads(raw, parse_constant=_no_constant)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()  # 1e999 is read as infinity, which is no JSON
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


async def write(engine: Engine, run: Callable[[Desk], T]) -> T:
    """In one transaction, durable when it returns."""
    return await asyncio.wrap_future(engine.write(run))


def once(table: Table, handler: Callable[[Engine, Request, str | None], Awaitable[Any]]) -> Handler:
    """With the request's idempotency key; where tests want it so, a request that is refused for anything uses it up."""

    async def run(engine: Engine, request: Request) -> Any:
        key = request.headers.get("idempotency-key")
        try:
            return await handler(engine, request, key)
        except LoopsError as error:
            if engine.burns_keys and key and error.status == 400:
                await write(engine, lambda desk: burn(desk, table, key))
            raise

    return run


async def read(engine: Engine, run: Callable[[apsw.Connection], T]) -> T:
    return await asyncio.to_thread(engine.store.read, run)


def identifier(request: Request, name: str) -> str:
    """An id of the path. Raises LoopsError(400) for what can be none."""
    given = str(request.path_params[name])
    if not _ID.fullmatch(given):
        raise LoopsError(400, f"Invalid `{name}`.")
    return given


def position(request: Request) -> int | None:
    """The `cursor` of a list that is numbered. Raises LoopsError(400)."""
    given = request.query_params.get("cursor")
    if given and numbered(given) is None:
        raise LoopsError(400, "Invalid `cursor` value.")
    return numbered(given)


def per_page(request: Request) -> int:
    """Raises LoopsError(400) for a `perPage` that Loops refuses."""
    given = request.query_params.get("perPage") or str(PER_PAGE)
    size = numbered(given)
    if size is None or not LEAST <= size <= MOST:
        raise LoopsError(400, "Invalid `perPage` value.")
    return size


def page(request: Request, data: list[Any], total: int, following: str | None) -> dict[str, Any]:
    """A list as Loops gives it; `following` is the cursor of the next page."""
    size = per_page(request)
    path = request.url.path
    return {
        "pagination": {
            "totalResults": total,
            "returnedResults": len(data),
            "perPage": size,
            "totalPages": -(-total // size),
            "nextCursor": following,
            "nextPage": f"{path}?perPage={size}&cursor={following}" if following else None,
        },
        "data": data,
    }
