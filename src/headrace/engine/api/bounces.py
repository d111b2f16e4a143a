"""Bounces and complaints that a mail provider tells later, under /api/headrace/v1/bounces."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from headrace.engine.api.http import Operations, body_of, write
from headrace.engine.engine import Engine
from headrace.engine.outbox import returned
from headrace.engine.refusal import LoopsError

KINDS = ("hard", "soft", "complaint")
LONGEST = 300  # characters of a text that are kept


async def take_bounce(engine: Engine, request: Request) -> Any:
    """Saying it twice changes nothing, so that a provider may repeat itself."""
    body = await body_of(request)
    if unknown := sorted(set(body) - {"email", "send", "kind", "text"}):
        raise LoopsError(400, f"Unknown field `{unknown[0]}`. There are: email, send, kind, text.")
    if body.get("kind") not in KINDS:
        raise LoopsError(400, f"`kind` is one of {', '.join(KINDS)}.")
    email, send, text = (_text(body, name) for name in ("email", "send", "text"))
    if not email and not send:
        raise LoopsError(400, "`email` (an address) or `send` (the id of a send, or its Message-ID) is required.")
    if email and "@" not in email.strip("@"):
        raise LoopsError(400, "`email` is no address.")
    said = " ".join((text or "").split())[:LONGEST]
    outcome = await write(engine, lambda desk: returned.take(desk, body["kind"], said, send, email))
    if outcome is None:
        raise LoopsError(404, "There is no such send. Give the `email`, too: then the address is known without it.")
    return {
        "success": True, "send": outcome.send, "email": outcome.email, "news": outcome.news,
        "suppressed": outcome.suppressed,
    }  # fmt: skip


def _text(body: dict[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise LoopsError(400, f"`{name}` is a text.")
    return value.strip() or None if value else None


OPERATIONS: Operations = {"/headrace/v1/bounces": {"POST": take_bounce}}
