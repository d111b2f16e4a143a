"""What tests want to read and Loops' API does not give, under /api/headrace/v1."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request

from headrace.engine.api.http import Operations, position, read
from headrace.engine.audience import contacts
from headrace.engine.engine import Engine
from headrace.engine.events.log import Wanted

PAGE = 50


async def read_contacts(engine: Engine, request: Request) -> Any:
    query = request.query_params
    email, user_id = query.get("email"), query.get("userId")
    if email or user_id:
        found = await read(engine, lambda c: contacts.by_identity(c, contacts.Who(email, user_id)))
        return {"data": found, "nextCursor": None}
    data, following = await asyncio.to_thread(engine.contacts, "", query.get("cursor"), PAGE, True)
    return {"data": data, "nextCursor": following}


async def read_event_log(engine: Engine, request: Request) -> Any:
    query = request.query_params
    data, following = await asyncio.to_thread(
        engine.event_log,
        position(request),
        PAGE,
        Wanted(query.get("event"), query.get("email"), query.get("userId"), result=query.get("result") or "processed"),
    )
    return {"data": data, "nextCursor": str(following) if following else None}


OPERATIONS: Operations = {
    "/headrace/v1/contacts": {"GET": read_contacts},
    "/headrace/v1/event-log": {"GET": read_event_log},
}
