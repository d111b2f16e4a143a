"""Forgetting a person: whom it would concern, start, how far it has come, and collecting them again."""

# no postponed annotations here: FastAPI reads them, and they name this function's own dependencies
import asyncio
from typing import Annotated

from fastapi import APIRouter, Body, Depends
from pydantic import BaseModel

from headrace.clock import rfc3339
from headrace.console.guard import Guard
from headrace.console.login import Logins, User
from headrace.console.port import Forgetting, Instance
from headrace.journal.forgetting import Forgotten, Whom


class Person(BaseModel):
    """One of the two."""

    user_id: str | None = None
    email: str | None = None


class WouldForget(BaseModel):
    names: list[str]
    events: int
    destinations: dict[str, list[str]]
    not_asked: list[str]


class Asked(BaseModel):
    destination: str
    state: str
    code: str
    reason: str


class ForgottenRecord(BaseModel):
    """Says nothing of who it was."""

    id: int
    state: str
    phase: str
    waits_for: str
    events: int
    deliveries: int
    ended: int
    asked: list[Asked]
    lifted: bool
    at: str
    changed_at: str


class ForgottenRecords(BaseModel):
    data: list[ForgottenRecord]
    next: None = None


class Lifted(BaseModel):
    lifted: int


def create_router(instance: Instance, logins: Logins, guard: Guard) -> APIRouter:
    router = APIRouter(prefix="/forgotten", tags=["forgetting"])
    viewer, owner = Depends(guard.at_least("viewer")), Depends(guard.at_least("owner"))

    def names() -> dict[str, str]:
        return {d.id: d.name for d in instance.store.snapshot().destinations}

    @router.post("/preview", summary="Whom it would concern; changes nothing")
    async def preview(person: Annotated[Person, Body()], user: Annotated[User, owner]) -> WouldForget:
        whom, events = await asyncio.to_thread(instance.forgetting.preview, person.user_id, person.email)
        return would_forget(whom, events, names())

    @router.post("", summary="Forget a person: here, and at every destination")
    async def start(person: Annotated[Person, Body()], user: Annotated[User, owner]) -> ForgottenRecord:
        found = await instance.forgetting.start(person.user_id, person.email, user.name)
        return record(instance.forgetting, found, names())

    @router.get("", summary="Who was forgotten, without saying who, newest first")
    async def records(user: Annotated[User, viewer]) -> ForgottenRecords:
        return ForgottenRecords(data=[record(instance.forgetting, f, names()) for f in instance.forgetting.all()])

    @router.get("/{number}", summary="How far one has come")
    async def one(number: int, user: Annotated[User, viewer]) -> ForgottenRecord:
        return record(instance.forgetting, instance.forgetting.get(number), names())

    @router.post("/lift", summary="Collect a person again from now on")
    async def lift(person: Annotated[Person, Body()], user: Annotated[User, owner]) -> Lifted:
        return Lifted(lifted=await instance.forgetting.lift(person.user_id, person.email, user.name))

    return router


def would_forget(whom: Whom, events: int, names: dict[str, str]) -> WouldForget:
    at = {names[d]: list(who) for d, who in whom.at.items() if d in names}
    return WouldForget(
        names=list(whom.names), events=events, destinations=at, not_asked=[n for d, n in names.items() if d not in whom.at]
    )


def record(forgetting: Forgetting, found: Forgotten, names: dict[str, str]) -> ForgottenRecord:
    c = found.course
    return ForgottenRecord(
        id=found.id, state=found.state, phase=c.phase, waits_for=c.waits_for, events=c.events, deliveries=c.deliveries,
        ended=c.ended, lifted=c.lifted, at=rfc3339(found.at), changed_at=rfc3339(found.changed_at),
        asked=[
            Asked(destination=names.get(d, d), state=state, code=code, reason=reason)
            for d, state, code, reason in forgetting.asked(found.id)
        ],
    )  # fmt: skip
