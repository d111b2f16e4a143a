"""The console's ASGI application: control API under /api/v1, metrics, and the pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from headrace import __version__
from headrace.console import checks, destinations, engine_pages, events, live, replays, session, sources, workspace_file
from headrace.console.guard import Guard, Problem
from headrace.console.login import LoginError, Logins, TooManyTries
from headrace.console.port import Instance
from headrace.errors import Conflict, HeadraceError, NotFound, WorkspaceError

STATIC = Path(__file__).parent / "static"
POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; connect-src 'self';"
    " font-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
STATUS = {NotFound: 404, Conflict: 409, WorkspaceError: 422, TooManyTries: 429, LoginError: 401}
NOT_BUILT = "<h1>The pages were not built</h1><p>Run <code>make frontend</code>, then reload. The API works meanwhile.</p>"


def create_console(instance: Instance, logins: Logins) -> FastAPI:
    """ASGI application of the console's listener."""
    app = FastAPI(
        title="Headrace control API",
        version=__version__,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        description="Everything the console does. Errors are RFC 9457 problems; times are RFC 3339 in UTC.",
    )
    guard = Guard(instance, logins)
    for part in (session, sources, destinations, checks, events, live, replays, engine_pages, workspace_file):
        app.include_router(part.create_router(instance, logins, guard), prefix="/api/v1")
    _errors(app)
    _pages(app, instance, guard)

    @app.middleware("http")
    async def harden(request: Request, call_next: Any) -> Response:
        response: Response = await call_next(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.url.path.startswith("/api/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return app


def _problem(status: int, title: str, detail: str, **more: Any) -> JSONResponse:
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return JSONResponse(body, status, media_type="application/problem+json")


def _errors(app: FastAPI) -> None:
    @app.exception_handler(Problem)
    async def problem(request: Request, error: Problem) -> JSONResponse:
        return _problem(error.status, error.title, error.detail, **error.more)

    @app.exception_handler(HeadraceError)
    async def ours(request: Request, error: HeadraceError) -> JSONResponse:
        status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 400)
        return _problem(status, type(error).__name__, str(error), **getattr(error, "more", {}))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:])
        return _problem(422, "Invalid request", f"{where}: {first['msg']}")

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        return _problem(error.status_code, str(error.detail), str(error.detail))


def _pages(app: FastAPI, instance: Instance, guard: Guard) -> None:
    @app.get("/metrics", include_in_schema=False)
    async def metrics(request: Request) -> Response:
        guard.metrics(request)
        return Response(instance.metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @app.get("/assets/{name:path}", include_in_schema=False)
    async def asset(name: str) -> Response:
        path = (STATIC / "assets" / name).resolve()
        if not path.is_file() or STATIC.resolve() not in path.parents:
            raise NotFound("There is no such file.")
        return FileResponse(path, headers={"Cache-Control": "public, max-age=31536000, immutable"})

    @app.get("/{path:path}", include_in_schema=False)
    async def page(path: str) -> Response:
        if path.startswith("api/"):
            raise NotFound("The API has no such address.")
        index = STATIC / "index.html"
        if not index.is_file():
            return HTMLResponse(NOT_BUILT, 503)
        prefix = urlsplit(instance.url("console") or "").path.rstrip("/")
        text = index.read_text().replace('content="/"', f'content="{prefix}/"').replace('="/assets/', f'="{prefix}/assets/')
        return HTMLResponse(text, headers={"Cache-Control": "no-cache"})
