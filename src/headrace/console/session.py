"""Log in, out, and set the first password; status, audit and tokens."""

# no postponed annotations here: FastAPI reads them, and they name this function's own dependencies
import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Request, Response
from pydantic import BaseModel

from headrace import __version__
from headrace.clock import rfc3339
from headrace.console.guard import COOKIE, Guard
from headrace.console.login import Logins, User
from headrace.console.port import Instance
from headrace.errors import NotFound


class Credentials(BaseModel):
    email: str
    password: str


class FirstPassword(BaseModel):
    token: str
    email: str
    password: str


class NewToken(BaseModel):
    name: str


def create_router(instance: Instance, logins: Logins, guard: Guard) -> APIRouter:
    router = APIRouter(tags=["session"])
    viewer, owner = Depends(guard.at_least("viewer")), Depends(guard.at_least("owner"))

    def welcome(response: Response, user: User, token: str) -> dict[str, Any]:
        response.set_cookie(
            COOKIE, token, max_age=30 * 86400, httponly=True, samesite="lax", secure=guard.secure(), path=guard.cookie_path()
        )
        return {"user": _shown(user), "version": __version__, "setup_needed": False}

    @router.post("/session", summary="Log in")
    async def log_in(request: Request, response: Response, given: Annotated[Credentials, Body()]) -> dict[str, Any]:
        guard.same_origin(request)
        agent, address = request.headers.get("user-agent", ""), request.client.host if request.client else ""
        user, token = await asyncio.to_thread(logins.log_in, given.email, given.password, agent, address)
        return welcome(response, user, token)

    @router.post("/session/setup", summary="Set the owner's password with a one-time link")
    async def set_up(request: Request, response: Response, given: Annotated[FirstPassword, Body()]) -> dict[str, Any]:
        guard.same_origin(request)
        agent = request.headers.get("user-agent", "")
        user, token = await asyncio.to_thread(logins.set_up, given.token, given.email, given.password, agent)
        return welcome(response, user, token)

    @router.get("/session", summary="Who is logged in")
    async def who(user: Annotated[User, viewer]) -> dict[str, Any]:
        return {"user": _shown(user), "version": __version__, "setup_needed": logins.setup_needed()}

    @router.delete("/session", summary="Log out")
    async def log_out(request: Request, response: Response, user: Annotated[User, viewer]) -> dict[str, bool]:
        logins.log_out(request.cookies.get(COOKIE, ""))
        response.delete_cookie(COOKIE, path=guard.cookie_path())
        return {"ok": True}

    @router.post("/login-links", summary="A one-time login link")
    async def login_link(user: Annotated[User, owner]) -> dict[str, str]:
        return {"url": f"{instance.url('console')}/login?token={logins.new_link()}"}

    @router.get("/status", summary="What runs and what became of the events")
    async def status(user: Annotated[User, viewer]) -> dict[str, Any]:
        return await asyncio.to_thread(instance.status)

    @router.get("/audit", summary="Whether every accepted event has a fate")
    async def audit(user: Annotated[User, viewer]) -> dict[str, Any]:
        return await asyncio.to_thread(instance.audit)

    @router.get("/tokens", summary="Tokens for this API")
    async def tokens(user: Annotated[User, owner]) -> dict[str, Any]:
        return {"data": [t | {"created_at": rfc3339(t["created_at"])} for t in logins.tokens()], "next": None}

    @router.post("/tokens", summary="Make a token; it is shown once")
    async def create_token(given: Annotated[NewToken, Body()], user: Annotated[User, owner]) -> dict[str, str]:
        identifier, token = logins.create_token(given.name)
        return {"id": identifier, "name": given.name, "token": token}

    @router.delete("/tokens/{identifier}", summary="Revoke a token")
    async def revoke(identifier: str, user: Annotated[User, owner]) -> dict[str, bool]:
        if not logins.revoke_token(identifier):
            raise NotFound("There is no such token.")
        return {"ok": True}

    return router


def _shown(user: User) -> dict[str, str]:
    return {"id": user.id, "email": user.email, "name": user.name, "role": user.role}
