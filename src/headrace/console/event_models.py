"""The JSON of events in the control API: a call as it was accepted, or refused, and what became of it."""

# field names are those of `headrace events --json`
from typing import Any

from pydantic import BaseModel

from headrace.console.models import Json


class Fate(BaseModel):
    destination: str | None
    destinationId: str | None
    state: str
    code: str
    reason: str
    attempts: int
    at: str
    carriedBy: str | None
    warnings: list[str]


class EventRow(BaseModel):
    """One call as it was accepted, and what became of it."""

    id: int
    messageId: str
    type: str | None
    event: str | None
    userId: str | None
    anonymousId: str | None
    person: str | None
    source: str
    receivedAt: str
    fates: list[Fate]


class EventWithMessage(EventRow):
    message: Json | None


class Rejected(BaseModel):
    id: int
    at: str
    status: int
    reason: str
    path: str
    source: str | None
    sdk: str
    ip: str
    sample: str


class Trail(BaseModel):
    event: EventWithMessage | None
    deliveries: list[dict[str, Any]]
    contact: Json | None
    log: list[Json]
