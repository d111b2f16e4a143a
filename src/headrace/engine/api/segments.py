"""Operations of audience segments."""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request

from headrace.engine.api.http import Operations, body_of, page, per_page, read, write
from headrace.engine.audience import segments
from headrace.engine.engine import Engine
from headrace.engine.refusal import LoopsError

ID = re.compile(r"c[a-z0-9]{8,30}")


async def segments_list(engine: Engine, request: Request) -> Any:
    size, cursor = per_page(request), request.query_params.get("cursor") or ""
    return page(request, *await read(engine, lambda c: segments.page(c, cursor, size)))


async def segments_create(engine: Engine, request: Request) -> Any:
    body = await body_of(request)
    return await write(engine, lambda desk: segments.create(desk, body))


async def segment(engine: Engine, request: Request) -> Any:
    identifier = request.path_params["identifier"]
    if not ID.fullmatch(identifier):
        raise LoopsError(400, "Invalid `audienceSegmentId`.")
    return await read(engine, lambda c: segments.one(c, identifier))


OPERATIONS: Operations = {
    "/v1/audience-segments": {"GET": segments_list, "POST": segments_create},
    "/v1/audience-segments/{identifier}": {"GET": segment},
}
