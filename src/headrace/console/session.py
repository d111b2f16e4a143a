"""Log in and out, the first password, invitations accepted, one's own name, password and sessions."""

# no postponed annotations here: FastAPI reads them, and they name this function's own dependencies
import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Request, Response

from headrace import __version__
from headrace.clock import rfc3339
from headrace.console import team_models as m
from headrace.console.guard import COOKIE, Guard, Problem
from headrace.console.login import Logins, User
from headrace.console.members import Members
from headrace.console.models import Ok, Page
from headrace.console.port import Instance


def create_router(instance: Instance, logins: Logins, guard: Guard) -> APIRouter:
    router = APIRouter(tags=["session"])
    viewer = Depends(guard.at_least("viewer"))
    members = Members(logins)

    def caller(request: Request) -> tuple[str, str]:
        return request.headers.get("user-agent", ""), guard.address(request)

    def welcome(response: Response, user: User, token: str) -> dict[str, Any]:
        guard.let_in(response, token)
        return {
            "user": shown(user), "version": __version__, "setup_needed": False, "session": logins.session_id(token),
        }  # fmt: skip

    def a_person(user: User) -> None:
        if logins.user(user.id) is None:
            raise Problem(403, "Not a person", "Tokens have no password, no name and no sessions of their own.")

    @router.post("/session", summary="Log in", response_model=m.Session)
    async def log_in(request: Request, response: Response, given: Annotated[m.Credentials, Body()]) -> Any:
        guard.same_origin(request)
        return welcome(response, *await asyncio.to_thread(logins.log_in, given.email, given.password, *caller(request)))

    @router.post("/session/setup", summary="Set the owner's password with a one-time link", response_model=m.Session)
    async def set_up(request: Request, response: Response, given: Annotated[m.FirstPassword, Body()]) -> Any:
        guard.same_origin(request)
        args = (given.token, given.email, given.password, *caller(request))
        return welcome(response, *await asyncio.to_thread(logins.set_up, *args))

    @router.post("/session/invitation/look", summary="Whom an invitation invites", response_model=m.InvitationShown)
    async def look(request: Request, given: Annotated[m.Invited, Body()]) -> Any:
        guard.same_origin(request)
        return members.invited(given.token)

    @router.post("/session/invitation", summary="Accept an invitation", response_model=m.Session)
    async def accept(request: Request, response: Response, given: Annotated[m.Accepted, Body()]) -> Any:
        guard.same_origin(request)
        args = (given.token, given.name, given.password, *caller(request))
        return welcome(response, *await asyncio.to_thread(members.accept, *args))

    @router.get("/session", summary="Who is logged in", response_model=m.Session)
    async def who(request: Request, user: Annotated[User, viewer]) -> Any:
        session = logins.session_id(request.cookies.get(COOKIE, ""))
        return {"user": shown(user), "version": __version__, "setup_needed": logins.setup_needed(), "session": session}

    @router.patch("/session", summary="Change one's own name", response_model=m.Person)
    async def rename(given: Annotated[m.ChangedSelf, Body()], user: Annotated[User, viewer]) -> Any:
        a_person(user)
        return shown(members.rename(user, given.name))

    @router.delete("/session", summary="Log out", response_model=Ok)
    async def log_out(request: Request, response: Response, user: Annotated[User, viewer]) -> Any:
        logins.log_out(request.cookies.get(COOKIE, ""))
        response.delete_cookie(COOKIE, path=guard.cookie_path(), httponly=True, samesite="strict", secure=guard.secure())
        return Ok()

    @router.post("/session/password", summary="Change one's own password; other sessions end", response_model=Ok)
    async def password(request: Request, given: Annotated[m.NewPassword, Body()], user: Annotated[User, viewer]) -> Any:
        a_person(user)
        args = (user, given.old, given.new, request.cookies.get(COOKIE, ""), guard.address(request))
        await asyncio.to_thread(logins.change_password, *args)
        return Ok()

    @router.get("/sessions", summary="Where one is logged in; an owner may see all", response_model=Page[m.SessionRow])
    async def sessions(request: Request, user: Annotated[User, viewer], all: bool = False) -> Any:
        current = logins.session_id(request.cookies.get(COOKIE, ""))
        found = members.sessions(None if all and user.may("owner") else user.id)
        times = ("created_at", "seen_at")
        data = [row | {key: rfc3339(row[key]) for key in times} | {"current": row["id"] == current} for row in found]
        return {"data": data, "next": None}

    @router.delete("/sessions/{identifier}", summary="End a session: one's own, or any for an owner", response_model=Ok)
    async def end(identifier: str, user: Annotated[User, viewer]) -> Any:
        members.end_session(identifier, None if user.may("owner") else user.id)
        return Ok()

    return router


def shown(user: User) -> dict[str, str]:
    return {"id": user.id, "email": user.email, "name": user.name, "role": user.role}
