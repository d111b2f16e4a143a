"""Operations of themes."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from headrace.engine.api.http import Operations, body_of, identifier, page, per_page, read, write
from headrace.engine.emails import themes
from headrace.engine.engine import Engine

ID = "themeId"


async def themes_list(engine: Engine, request: Request) -> Any:
    size, cursor = per_page(request), request.query_params.get("cursor") or ""
    return page(request, *await read(engine, lambda c: themes.page(c, cursor, size)))


async def theme_get(engine: Engine, request: Request) -> Any:
    wanted = identifier(request, ID)
    return await read(engine, lambda c: themes.one(c, wanted))


async def theme_create(engine: Engine, request: Request) -> Any:
    body = await body_of(request)
    return JSONResponse(await write(engine, lambda desk: themes.create(desk, body)), 201)


async def theme_update(engine: Engine, request: Request) -> Any:
    wanted, body = identifier(request, ID), await body_of(request)
    return await write(engine, lambda desk: themes.update(desk, wanted, body))


OPERATIONS: Operations = {
    "/v1/themes": {"GET": themes_list, "POST": theme_create},
    f"/v1/themes/{{{ID}}}": {"GET": theme_get, "POST": theme_update},
}
