"""The Inbox for tests, under /api/headrace/v1/inbox: list, look, wait for a mail, delete."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from headrace.engine.api.http import Operations
from headrace.engine.engine import Engine
from headrace.engine.inbox.inbox import LONGEST_WAIT, TooManyWaiting
from headrace.engine.refusal import LoopsError

PAGE = 50
PATIENCE = 10.0  # s that `wait` waits when it is not told


async def list_mails(engine: Engine, request: Request) -> Any:
    query = request.query_params
    wanted = {name: query.get(name) for name in ("to", "subject", "search", "after")}
    found = await asyncio.to_thread(lambda: engine.inbox.page(query.get("cursor"), PAGE, **wanted))
    return {"data": found["data"], "nextCursor": found["next"]}


async def wait_for_mail(engine: Engine, request: Request) -> Any:
    query = request.query_params
    try:
        patience = float(query.get("timeout") or PATIENCE)
    except ValueError:
        raise LoopsError(400, "Invalid `timeout` value: seconds.") from None
    if not 0 <= patience <= LONGEST_WAIT:
        raise LoopsError(400, f"Invalid `timeout` value: between 0 and {LONGEST_WAIT:.0f} seconds.")
    try:
        found = await engine.inbox.wait(patience, query.get("to"), query.get("subject"), query.get("after"))
    except TooManyWaiting:
        raise LoopsError(429, "Too many requests wait for mail at once.") from None
    if found is None:
        raise LoopsError(404, f"No such mail came within {patience:g} s.")
    return found


async def read_mail(engine: Engine, request: Request) -> Any:
    return _there(await asyncio.to_thread(engine.inbox.one, request.path_params["id"]))


async def read_source(engine: Engine, request: Request) -> Any:
    raw = _there(await asyncio.to_thread(engine.inbox.raw, request.path_params["id"]))
    return Response(raw, media_type="text/plain; charset=utf-8", headers={"X-Content-Type-Options": "nosniff"})


async def delete_mail(engine: Engine, request: Request) -> Any:
    if not await asyncio.to_thread(engine.inbox.delete, request.path_params["id"]):
        _there(None)
    return Response(status_code=204)


async def clear(engine: Engine, request: Request) -> Any:
    return {"success": True, "deleted": await asyncio.to_thread(engine.inbox.clear)}


def _there(found: Any) -> Any:
    if found is None:
        raise LoopsError(404, "There is no such mail in the Inbox.")
    return found


OPERATIONS: Operations = {
    "/headrace/v1/inbox": {"GET": list_mails, "DELETE": clear},
    "/headrace/v1/inbox/wait": {"GET": wait_for_mail},
    "/headrace/v1/inbox/{id}": {"GET": read_mail, "DELETE": delete_mail},
    "/headrace/v1/inbox/{id}/source": {"GET": read_source},
}
