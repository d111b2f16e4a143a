"""A destination's definitions beside what is sent to it: the last check, check now, create a contact property."""

# no postponed annotations here: FastAPI reads them, and they name this function's own dependencies
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends
from pydantic import BaseModel, ConfigDict

from headrace.console.guard import Guard
from headrace.console.login import Logins, User
from headrace.console.port import Instance


class CheckedProperty(BaseModel):
    name: str
    type_seen: str | None
    type_defined: str | None


class CheckedEvent(BaseModel):
    name: str
    seen: str | None  # when it was sent last, RFC 3339
    defined: bool
    checked: bool  # False: it was sent first after the last check, which comes within a minute
    near: str | None  # the defined name that was probably meant
    properties: list[CheckedProperty]


class CheckedContactProperty(BaseModel):
    name: str
    type: str
    defined: bool
    checked: bool
    seen: str | None


class CheckedList(BaseModel):
    id: str
    name: str
    seen: str | None


class Check(BaseModel):
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    at: str | None  # None: never checked
    ok: bool
    problem: str | None
    events: list[CheckedEvent] = []
    contactProperties: list[CheckedContactProperty] = []  # noqa: N815 - as the page reads it
    lists: list[CheckedList] = []
    unknownLists: list[str] = []  # noqa: N815


class NewProperty(BaseModel):
    name: str
    type: Literal["string", "number", "boolean", "date"]


class Done(BaseModel):
    ok: bool
    message: str


def create_router(instance: Instance, logins: Logins, guard: Guard) -> APIRouter:
    router = APIRouter(prefix="/destinations/{identifier}/check", tags=["checks"])
    viewer, editor = Depends(guard.at_least("viewer")), Depends(guard.at_least("editor"))
    store = instance.store

    @router.get("", summary="What the destination defines, as last read, beside what is sent to it")
    async def last(identifier: str, user: Annotated[User, viewer]) -> Check:
        return _shown(instance.checked(store.destination(identifier).id))

    @router.post("", summary="Read the destination's definitions now; waits for a moment that no delivery needs")
    async def check(identifier: str, user: Annotated[User, editor]) -> Check:
        return _shown(await instance.check(store.destination(identifier).id))

    @router.post("/properties", summary="Create a contact property at the destination")
    async def create(identifier: str, given: Annotated[NewProperty, Body()], user: Annotated[User, editor]) -> Done:
        done, message = await instance.create_property(store.destination(identifier).id, given.name, given.type)
        if done:
            await instance.check(identifier)
        return Done(ok=done, message=message)

    return router


def _shown(value: dict[str, Any]) -> Check:
    return Check.model_validate(value)
