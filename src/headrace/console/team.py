"""People and roles, invitations, tokens and login links: what owners see to."""

# no postponed annotations here: FastAPI reads them, and they name this function's own dependencies
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends

from headrace.clock import rfc3339
from headrace.console import team_models as m
from headrace.console.guard import Guard
from headrace.console.login import Logins, User
from headrace.console.members import Members
from headrace.console.models import Ok, Page
from headrace.console.port import Instance
from headrace.errors import NotFound


def create_router(instance: Instance, logins: Logins, guard: Guard) -> APIRouter:
    router = APIRouter(tags=["people"])
    owner = Depends(guard.at_least("owner"))
    members = Members(logins)

    @router.get("/users", summary="People and their roles", response_model=Page[m.Member])
    async def users(user: Annotated[User, owner]) -> Any:
        return {"data": [_timed(row, "created_at", "last_seen") for row in members.all()], "next": None}

    @router.patch("/users/{identifier}", summary="Change a person's role or name", response_model=m.Member)
    async def change(identifier: str, given: Annotated[m.ChangedMember, Body()], user: Annotated[User, owner]) -> Any:
        members.change(user, identifier, given.role, given.name)
        found = next((row for row in members.all() if row["id"] == identifier), None)
        if found is None:
            raise NotFound("There is no such person.")
        return _timed(found, "created_at", "last_seen")

    @router.delete("/users/{identifier}", summary="Remove a person; their sessions end", response_model=Ok)
    async def remove(identifier: str, user: Annotated[User, owner]) -> Any:
        members.remove(user, identifier)
        return Ok()

    @router.get("/invitations", summary="Invitations that wait to be accepted", response_model=Page[m.Invitation])
    async def invitations(user: Annotated[User, owner]) -> Any:
        return {"data": [_timed(row, "created_at", "expires_at") for row in members.invitations()], "next": None}

    @router.post("/invitations", summary="Invite by a one-time link, shown once", response_model=m.MadeInvitation)
    async def invite(given: Annotated[m.NewInvitation, Body()], user: Annotated[User, owner]) -> Any:
        made, token = members.invite(user, given.email, given.role)
        return _timed(made, "created_at", "expires_at") | {"url": f"{instance.url('console') or ''}/join?token={token}"}

    @router.delete("/invitations/{identifier}", summary="Withdraw an invitation", response_model=Ok)
    async def withdraw(identifier: str, user: Annotated[User, owner]) -> Any:
        members.withdraw(user, identifier)
        return Ok()

    @router.get("/tokens", summary="Tokens for this API", response_model=Page[m.Token])
    async def tokens(user: Annotated[User, owner]) -> Any:
        return {"data": [_timed(row, "created_at", "last_used") for row in members.tokens()], "next": None}

    @router.post("/tokens", summary="Make a token; it is shown once", response_model=m.MadeToken)
    async def create_token(given: Annotated[m.NewToken, Body()], user: Annotated[User, owner]) -> Any:
        identifier, token = logins.create_token(given.name, given.role, user.signature)
        return {"id": identifier, "name": given.name, "role": given.role, "token": token}

    @router.delete("/tokens/{identifier}", summary="Revoke a token", response_model=Ok)
    async def revoke(identifier: str, user: Annotated[User, owner]) -> Any:
        members.revoke_token(user, identifier)
        return Ok()

    @router.post("/login-links", summary="A one-time login link", response_model=m.Url)
    async def login_link(user: Annotated[User, owner]) -> Any:
        return {"url": f"{instance.url('console')}/login?token={logins.new_link()}"}

    return router


def _timed(row: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return dict(row) | {key: rfc3339(row[key]) if row[key] else None for key in keys}
