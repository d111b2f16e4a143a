"""Operations of transactional emails."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from headrace.engine.api.http import Operations, body_of, page
from headrace.engine.audience import contacts
from headrace.engine.engine import Engine
from headrace.engine.refusal import LoopsError


async def transactional_send(engine: Engine, request: Request) -> Any:
    body = await body_of(request)
    for name in ("email", "transactionalId"):
        if not isinstance(body.get(name), str) or not body[name]:
            raise LoopsError(400, f"{name} is required.")
    contacts.identity({"email": body["email"]})
    raise LoopsError(404, "Transactional email not found.")


async def transactional_list(engine: Engine, request: Request) -> Any:
    return page(request, [], 0, None)


OPERATIONS: Operations = {"/v1/transactional": {"POST": transactional_send, "GET": transactional_list}}
