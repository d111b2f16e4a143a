"""The engine's listener: routes, keys, the limit, and every refusal in Loops' shape."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from headrace.engine.api import bounces, contacts, emails, events, inbox, own, segments, themes, transactional, workflows
from headrace.engine.api.http import Handler, Operations
from headrace.engine.engine import Engine
from headrace.engine.events.refused import Call, Refusals
from headrace.engine.public.app import routes as public
from headrace.engine.refusal import LoopsError

log = structlog.get_logger(__name__)
OPERATIONS: Operations = (
    contacts.OPERATIONS
    | segments.OPERATIONS
    | events.OPERATIONS
    | emails.OPERATIONS
    | themes.OPERATIONS
    | transactional.OPERATIONS
    | workflows.OPERATIONS
    | own.OPERATIONS
    | inbox.OPERATIONS
    | bounces.OPERATIONS
)


def create_api(engine: Engine) -> Starlette:
    """ASGI application of the engine's listener."""
    refusals = Refusals(engine)
    routes: list[Route] = public(engine, engine.outbox.settings)
    for path, methods in OPERATIONS.items():
        for prefix in ("/api", ""):
            routes.append(Route(prefix + path, _endpoint(engine, methods, refusals), methods=ALL_METHODS))
    routes.append(Route("/{rest:path}", _endpoint(engine, {}, refusals), methods=ALL_METHODS))
    return Starlette(routes=routes)


ALL_METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"]


def _endpoint(engine: Engine, methods: dict[str, Handler], refusals: Refusals) -> Callable[[Request], Awaitable[Response]]:
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
            answer = await handler(engine, request)
            response = answer if isinstance(answer, Response) else JSONResponse(answer)
        except LoopsError as error:
            if (call := _told(request, error)) is not None:
                refusals.note(call, error.message)
            response = _refused(error)
        except ClientDisconnect:
            response = Response(status_code=400)
        except Exception as error:  # a full disk, or a mistake of ours: told here, and asked again by who asked
            log.exception("a request to the engine failed", path=request.url.path, error=type(error).__name__)
            response = _refused(LoopsError(500, "Something went wrong here; it was written to Headrace's log."))
        limit = engine.rate or UNLIMITED
        response.headers["x-ratelimit-limit"] = str(int(limit))
        response.headers["x-ratelimit-remaining"] = str(limit - 1 if remaining is None else remaining)
        return response

    return endpoint


TOLD = {
    ("POST", "/v1/events/send"), ("POST", "/v1/transactional"), ("POST", "/v1/contacts/create"),
    ("PUT", "/v1/contacts/update"), ("POST", "/v1/contacts/update"), ("POST", "/v1/contacts/delete"),
}  # fmt: skip
TOLD_STATUS = (400, 404, 409, 413)
UNLIMITED = 1_000_000  # said while no limit is set, since every answer of Loops says one


def _told(request: Request, error: LoopsError) -> Call | None:
    """What a person looks for in the Event Log when it did not work; nothing of callers without a key."""
    path = request.url.path.removeprefix("/api")
    if error.status not in TOLD_STATUS or (request.method, path) not in TOLD:
        return None
    return Call(f"{request.method} {path}", getattr(request.state, "body", b""))


def _refused(error: LoopsError) -> Response:
    body = {"success": False, "message": error.message, "error": error.message} | error.more
    headers = {"Retry-After": "1"} if error.status == 429 else {}
    return JSONResponse(body, error.status, headers)
