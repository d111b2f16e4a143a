"""Operations of transactional emails: sent, listed, written, published, counted."""

from __future__ import annotations

from typing import Any

import apsw
from starlette.requests import Request
from starlette.responses import JSONResponse

from headrace.clock import rfc3339
from headrace.engine.api.http import Operations, body_of, identifier, once, page, per_page, read, write
from headrace.engine.desk import Desk
from headrace.engine.emails import sending, transactional
from headrace.engine.engine import Engine
from headrace.engine.outbox import listing

ID = "transactionalId"


async def transactional_send(engine: Engine, request: Request, key: str | None) -> Any:
    asked = sending.read(await body_of(request))
    await write(engine, lambda desk: sending.send(desk, engine.outbox, asked, key))
    return {"success": True}


async def published_list(engine: Engine, request: Request) -> Any:
    size, cursor = per_page(request), request.query_params.get("cursor") or ""

    def run(c: apsw.Connection) -> tuple[list[dict[str, Any]], int, str | None]:
        found, total, following = transactional.page(c, cursor, size, only_published=True)
        return [_legacy(c, entry) for entry in found], total, following

    return page(request, *await read(engine, run))


def _legacy(c: apsw.Connection, found: transactional.Transactional) -> dict[str, Any]:
    names = transactional.data_variables(c, found)
    return {"id": found.id, "name": found.name, "lastUpdated": rfc3339(found.updated_at), "dataVariables": names}


async def emails_list(engine: Engine, request: Request) -> Any:
    size, cursor = per_page(request), request.query_params.get("cursor") or ""

    def run(c: apsw.Connection) -> tuple[list[dict[str, Any]], int, str | None]:
        found, total, following = transactional.page(c, cursor, size)
        return [transactional.as_loops(c, entry, engine.console_url) for entry in found], total, following

    return page(request, *await read(engine, run))


async def email_create(engine: Engine, request: Request) -> Any:
    body = await body_of(request)

    def run(desk: Desk) -> dict[str, Any]:
        return transactional.as_draft(desk.c, transactional.create(desk, body), engine.console_url)

    return JSONResponse(await write(engine, run), 201)


async def email_get(engine: Engine, request: Request) -> Any:
    wanted = identifier(request, ID)
    return await read(engine, lambda c: transactional.as_loops(c, transactional.one(c, wanted), engine.console_url))


async def email_update(engine: Engine, request: Request) -> Any:
    wanted, body = identifier(request, ID), await body_of(request)

    def run(desk: Desk) -> dict[str, Any]:
        return transactional.as_loops(desk.c, transactional.rename(desk, wanted, body), engine.console_url)

    return await write(engine, run)


async def email_draft(engine: Engine, request: Request) -> Any:
    wanted = identifier(request, ID)

    def run(desk: Desk) -> dict[str, Any]:
        return transactional.as_draft(desk.c, transactional.ensure_draft(desk, wanted), engine.console_url)

    return await write(engine, run)


async def email_publish(engine: Engine, request: Request) -> Any:
    wanted = identifier(request, ID)

    def run(desk: Desk) -> dict[str, Any]:
        return transactional.as_loops(desk.c, transactional.publish(desk, wanted), engine.console_url)

    return await write(engine, run)


async def email_metrics(engine: Engine, request: Request) -> Any:
    wanted = identifier(request, ID)

    def run(c: apsw.Connection) -> dict[str, int]:
        transactional.one(c, wanted)
        return transactional.metrics(listing.counts(c, source=wanted))

    return await read(engine, run)


OPERATIONS: Operations = {
    "/v1/transactional": {"POST": once("transactional_key", transactional_send), "GET": published_list},
    "/v1/transactional-emails": {"GET": emails_list, "POST": email_create},
    f"/v1/transactional-emails/{{{ID}}}": {"GET": email_get, "POST": email_update},
    f"/v1/transactional-emails/{{{ID}}}/draft": {"POST": email_draft},
    f"/v1/transactional-emails/{{{ID}}}/publish": {"POST": email_publish},
    f"/v1/transactional-emails/{{{ID}}}/metrics": {"GET": email_metrics},
}
