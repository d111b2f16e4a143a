"""Forgetting a person: whom it would concern, start, how far it has come, and collecting them again."""

# no postponed annotations here: FastAPI reads them, and they name this function's own dependencies
import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Depends
from pydantic import BaseModel

from headrace.clock import rfc3339
from headrace.console.guard import Guard
from headrace.console.login import Logins, User
from headrace.console.models import Page
from headrace.console.port import Forgetting, Instance
from headrace.journal.forgetting import Forgotten, Seen


class Somebody(BaseModel):
    """One of the two."""

    user_id: str | None = None
    email: str | None = None


class Forget(Somebody):
    """`unknown`: also when nothing here tells of them."""

    unknown: bool = False


class PersonName(BaseModel):
    kind: Literal["user", "email"]
    value: str


class WouldAsk(BaseModel):
    destination: str
    names: list[PersonName]


class WouldForget(BaseModel):
    """`destinations` are asked to delete these names; `not_asked` have no such request. `record`: of an earlier time."""

    names: list[PersonName]
    events: int
    known: bool
    record: int | None
    destinations: list[WouldAsk]
    not_asked: list[str]


class AskedOf(BaseModel):
    destination_id: str
    destination: str
    state: str
    code: str
    reason: str
    at: str


class ForgottenRecord(BaseModel):
    """Says nothing of who it was."""

    id: int
    state: str
    phase: str
    waits_for: str
    by: str
    events: int
    deliveries: int
    ended: int
    asked: list[AskedOf]
    lifted: bool
    at: str
    changed_at: str


def create_router(instance: Instance, logins: Logins, guard: Guard) -> APIRouter:
    """Only owners forget and lift: it cannot be undone, and it decides who is collected."""
    router = APIRouter(prefix="/forgotten", tags=["forgetting"])
    viewer, owner = Depends(guard.at_least("viewer")), Depends(guard.at_least("owner"))

    def shown(found: Forgotten) -> ForgottenRecord:
        return record(instance.forgetting, found, names(instance))

    @router.post("/preview", summary="Whom it would concern; changes nothing")
    async def preview(person: Annotated[Somebody, Body()], user: Annotated[User, owner]) -> WouldForget:
        seen = await asyncio.to_thread(instance.forgetting.preview, person.user_id, person.email)
        return would_forget(seen, names(instance))

    @router.post("", summary="Forget a person: here, and at every destination")
    async def start(person: Annotated[Forget, Body()], user: Annotated[User, owner]) -> ForgottenRecord:
        return shown(await instance.forgetting.start(person.user_id, person.email, user.name, person.unknown))

    @router.get("", summary="Who was forgotten, without saying who, newest first")
    async def records(user: Annotated[User, viewer]) -> Page[ForgottenRecord]:
        found = await asyncio.to_thread(lambda: [shown(f) for f in instance.forgetting.all()])
        return Page(data=found)

    @router.get("/{number}", summary="How far one has come")
    async def one(number: int, user: Annotated[User, viewer]) -> ForgottenRecord:
        return await asyncio.to_thread(lambda: shown(instance.forgetting.get(number)))

    @router.post("/lift", summary="Collect a person again from now on; the records of them")
    async def lift(person: Annotated[Somebody, Body()], user: Annotated[User, owner]) -> Page[ForgottenRecord]:
        lifted = await instance.forgetting.lift(person.user_id, person.email, user.name)
        return Page(data=[shown(f) for f in lifted])

    @router.post("/{number}/lift", summary="Collect the person of this record again from now on")
    async def lift_record(number: int, user: Annotated[User, owner]) -> ForgottenRecord:
        return shown(await instance.forgetting.lift_record(number, user.name))

    return router


def names(instance: Instance) -> dict[str, str]:
    """Of the destinations that are there, by id."""
    return {d.id: d.name for d in instance.store.snapshot().destinations}


def would_forget(seen: Seen, destinations: dict[str, str]) -> WouldForget:
    at = seen.whom.at
    return WouldForget(
        names=_named(seen.whom.names),
        events=seen.events,
        known=seen.known,
        record=seen.record,
        destinations=[WouldAsk(destination=destinations[d], names=_named(at[d])) for d in at if d in destinations],
        not_asked=[name for d, name in destinations.items() if d not in at],
    )


def record(forgetting: Forgetting, found: Forgotten, destinations: dict[str, str]) -> ForgottenRecord:
    c = found.course
    asked = [
        AskedOf(
            destination_id=a.destination_id, destination=destinations.get(a.destination_id, "(removed)"), state=a.state,
            code=a.code, reason=a.reason, at=rfc3339(a.at),
        )
        for a in forgetting.asked(found)
    ]  # fmt: skip
    return ForgottenRecord(
        id=found.id, state=found.state, phase=c.phase, waits_for=c.waits_for, by=c.by, events=c.events,
        deliveries=c.deliveries, ended=c.ended, asked=asked, lifted=c.lifted, at=rfc3339(found.at),
        changed_at=rfc3339(found.changed_at),
    )  # fmt: skip


def _named(names: tuple[str, ...]) -> list[PersonName]:
    return [PersonName(kind="user" if name.startswith("u:") else "email", value=name[2:]) for name in names]
