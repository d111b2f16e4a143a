"""Operations of contacts, their properties and mailing lists."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from headrace.engine.api.http import Operations, body_of, read, write
from headrace.engine.audience import contacts, suppression
from headrace.engine.engine import Engine
from headrace.engine.refusal import LoopsError
from headrace.engine.values import check_lengths


async def api_key(engine: Engine, request: Request) -> Any:
    return {"success": True, "teamName": engine.team}


async def contacts_create(engine: Engine, request: Request) -> Any:
    body = await body_of(request)
    check_lengths(body)
    found = await write(engine, lambda desk: contacts.create(desk, body))
    return {"success": True, "id": found.id}


async def contacts_update(engine: Engine, request: Request) -> Any:
    body = await body_of(request)
    check_lengths(body)
    found = await write(engine, lambda desk: contacts.upsert(desk, body))
    return {"success": True, "id": found.id}


async def contacts_find(engine: Engine, request: Request) -> Any:
    email, user_id = request.query_params.get("email"), request.query_params.get("userId")
    if bool(email) == bool(user_id):
        raise LoopsError(400, "Exactly one of email and userId is required.")
    return await read(engine, lambda c: contacts.by_identity(c, contacts.Who(email, user_id)))


async def contacts_delete(engine: Engine, request: Request) -> Any:
    body = await body_of(request)
    user_id = body.get("userId")
    if isinstance(user_id, list) and len(user_id) == 1:  # Segment sends it so
        body["userId"] = user_id[0]
    who = contacts.identity(body)
    await write(engine, lambda desk: contacts.delete(desk, who))
    return {"success": True, "message": "Contact deleted."}


async def properties_list(engine: Engine, request: Request) -> Any:
    only_custom = request.query_params.get("list") == "custom"
    return await read(engine, lambda c: contacts.properties(c, only_custom))


async def properties_create(engine: Engine, request: Request) -> Any:
    body = await body_of(request)
    check_lengths(body)
    await write(engine, lambda desk: contacts.create_property(desk.c, body.get("name"), body.get("type"), desk.now))
    return {"success": True}


def _who(request: Request) -> contacts.Who:
    query = request.query_params
    return contacts.identity({"email": query.get("email"), "userId": query.get("userId")})


async def suppression_status(engine: Engine, request: Request) -> Any:
    who = _who(request)
    return await read(engine, lambda c: suppression.status(c, who, engine.now()))


async def suppression_remove(engine: Engine, request: Request) -> Any:
    who = _who(request)
    return await write(engine, lambda desk: suppression.remove(desk, who))


async def lists(engine: Engine, request: Request) -> Any:
    return await read(engine, contacts.mailing_lists)


OPERATIONS: Operations = {
    "/v1/api-key": {"GET": api_key},
    "/v1/contacts/create": {"POST": contacts_create},
    "/v1/contacts/update": {"PUT": contacts_update, "POST": contacts_update},
    "/v1/contacts/find": {"GET": contacts_find},
    "/v1/contacts/delete": {"POST": contacts_delete},
    "/v1/contacts/suppression": {"GET": suppression_status, "DELETE": suppression_remove},
    "/v1/contacts/properties": {"GET": properties_list, "POST": properties_create},
    "/v1/lists": {"GET": lists},
}
