"""The console's ASGI application: control API under /api/v1, metrics, and the pages."""

from __future__ import annotations

import mimetypes
import re
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from headrace import __version__
from headrace.console import (
    about,
    charts,
    checks,
    deliveries,
    destinations,
    engine_audience,
    engine_emails,
    engine_inbox,
    engine_moving,
    engine_pages,
    engine_sending,
    engine_webhooks,
    engine_workflows,
    events,
    failed,
    forgetting,
    live,
    people,
    replays,
    session,
    shaping,
    sources,
    team,
    workspace_file,
)
from headrace.console.guard import COOKIE, Guard, Problem
from headrace.console.hub import Hub
from headrace.console.login import LoginError, Logins, TooManyTries, Unusable
from headrace.console.port import Instance
from headrace.console.wire import Wire, path_prefix
from headrace.engine.refusal import LoopsError
from headrace.errors import Conflict, HeadraceError, NotFound, WorkspaceError

STATIC = Path(__file__).parent / "static"
SDK = Path(__file__).parents[1] / "gateway" / "static" / "rudder.js"
STATUS = {NotFound: 404, Conflict: 409, WorkspaceError: 422, Unusable: 422, TooManyTries: 429, LoginError: 401}
SETTING = re.compile(r"([a-z_]+)(?:\.[a-z_]+)?: ")  # how a complaint about a setting begins
NOT_BUILT = "<h1>The pages were not built</h1><p>Run <code>make frontend</code>, then reload. The API works meanwhile.</p>"
PARTS = (
    session, team, about, charts, sources, destinations, checks, shaping, deliveries, events, failed, people, live,
    replays, forgetting, engine_pages, engine_audience, engine_moving, engine_workflows, engine_emails, engine_sending,
    engine_inbox,
    engine_webhooks, workspace_file,
)  # fmt: skip
OPEN = (
    ("/health", "get"), ("/session", "post"), ("/session/setup", "post"), ("/session/invitation", "post"),
    ("/session/invitation/look", "post"),
)  # fmt: skip
PROBLEM = {
    "description": "A problem (RFC 9457): `detail` says what is wrong and what to do next.",
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "required": ["type", "title", "status", "detail"],
                "properties": {
                    "type": {"type": "string"},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "detail": {"type": "string"},
                },
            }
        }
    },
}
PROBLEMS: dict[int | str, dict[str, Any]] = dict.fromkeys((400, 401, 403, 404, 409, 413, 422, 429), PROBLEM)


def create_api(instance: Instance, logins: Logins) -> FastAPI:
    """The application itself; its routes are what `tests/console` goes through."""
    app = FastAPI(
        title="Headrace control API",
        version=__version__,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses=PROBLEMS,
        generate_unique_id_function=_operation,
        description="Everything the console does. Errors are RFC 9457 problems; times are RFC 3339 in UTC.",
    )
    app.state.hub = Hub(instance)
    guard = Guard(instance, logins)
    for part in PARTS:
        app.include_router(part.create_router(instance, logins, guard), prefix="/api/v1")
    _errors(app)
    _pages(app, instance, guard)
    _describe(app)
    return app


def _operation(route: APIRoute) -> str:
    """What a generated client calls it: `sources_change`, `replays_preview`."""
    return f"{route.endpoint.__module__.rpartition('.')[2]}_{route.name}"


def create_console(instance: Instance, logins: Logins) -> Wire:
    """ASGI application of the console's listener."""
    return Wire(create_api(instance, logins), instance)


def _describe(app: FastAPI) -> None:
    """Says in the OpenAPI how to come in: with a token, as a page does with its cookie."""
    generate = app.openapi

    def described() -> dict[str, Any]:
        schema = generate()
        schema["components"]["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer", "description": "Workspace settings → API tokens"},
            "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
        }
        schema["security"] = [{"token": []}, {"session": []}]
        for path, method in OPEN:
            schema["paths"][f"/api/v1{path}"][method]["security"] = []
        return schema

    app.openapi = described  # type: ignore[method-assign]


def _problem(status: int, title: str, detail: str, headers: dict[str, str] | None = None, **more: Any) -> JSONResponse:
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def _errors(app: FastAPI) -> None:
    @app.exception_handler(Problem)
    async def problem(request: Request, error: Problem) -> JSONResponse:
        return _problem(error.status, error.title, error.detail, **error.more)

    @app.exception_handler(HeadraceError)
    async def ours(request: Request, error: HeadraceError) -> JSONResponse:
        status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 400)
        more: dict[str, Any] = dict(getattr(error, "more", {}))
        if isinstance(error, TooManyTries):
            more = {"retry_after": error.seconds, "headers": {"Retry-After": str(error.seconds)}}
        if isinstance(error, WorkspaceError):
            named = SETTING.match(str(error))
            more = {"errors": [{"field": f"settings.{named[1]}" if named else "", "message": str(error)}]}
        return _problem(status, type(error).__name__, str(error), **more)

    @app.exception_handler(LoopsError)
    async def engines(request: Request, error: LoopsError) -> JSONResponse:
        return _problem(error.status, "Not accepted", error.message)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        found = [
            {"field": ".".join(str(part) for part in e["loc"][1:]), "message": e["msg"], "in": str(e["loc"][0])}
            for e in error.errors()
        ]
        detail = "; ".join(f"{e['field']}: {e['message']}" for e in found)
        return _problem(422, "Invalid request", detail, errors=found)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        headers = dict(error.headers) if error.headers else None
        return _problem(error.status_code, str(error.detail), str(error.detail), headers)

    @app.exception_handler(OverflowError)
    async def too_big(request: Request, error: OverflowError) -> JSONResponse:
        return _problem(422, "Invalid request", "A number is too big.")


def _pages(app: FastAPI, instance: Instance, guard: Guard) -> None:
    @app.get("/metrics", include_in_schema=False)
    async def metrics(request: Request) -> Response:
        guard.metrics(request)
        return Response(instance.metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @app.get("/sdk/rudder.js", include_in_schema=False)
    async def sdk() -> Response:
        if not SDK.is_file():
            raise NotFound("The SDK was not built. Run `make frontend`.")
        return FileResponse(SDK, media_type="text/javascript", headers={"Cache-Control": "public, max-age=3600"})

    @app.get("/assets/{name:path}", include_in_schema=False)
    async def asset(name: str, request: Request) -> Response:
        path = (STATIC / "assets" / name.replace("\0", "")).resolve()
        if not path.is_file() or STATIC.resolve() not in path.parents:
            raise NotFound("There is no such file.")
        headers = {"Cache-Control": "public, max-age=31536000, immutable"}
        small = path.with_name(f"{path.name}.gz")  # made at build
        if not small.is_file():
            return FileResponse(path, headers=headers)
        headers["Vary"] = "Accept-Encoding"
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return FileResponse(path, headers=headers)
        kind, _ = mimetypes.guess_type(path.name)
        return FileResponse(small, media_type=kind, headers=headers | {"Content-Encoding": "gzip"})

    @app.get("/{path:path}", include_in_schema=False)
    async def page(path: str) -> Response:
        if path.startswith("api/"):
            raise NotFound("The API has no such address.")
        index = STATIC / "index.html"
        if not index.is_file():
            return HTMLResponse(NOT_BUILT, 503)
        prefix = path_prefix(instance.url("console"))
        text = index.read_text().replace('content="/"', f'content="{prefix}/"').replace('="./assets/', f'="{prefix}/assets/')
        return HTMLResponse(text, headers={"Cache-Control": "no-cache"})
