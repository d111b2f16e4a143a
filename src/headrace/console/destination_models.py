"""The JSON of destinations in the control API: the catalog, each with its health, what went there by event."""

from typing import Any

from pydantic import BaseModel

from headrace.console.models import Json, Named


class Health(BaseModel):
    state: str
    code: str | None
    reason: str
    since: str | None


class Destination(BaseModel):
    id: str
    name: str
    type: str
    label: str
    enabled: bool
    settings: Json
    sources: list[Named]
    health: Health
    counts: dict[str, int]
    created_at: str
    warnings: list[str]


class Field(BaseModel):
    key: str
    label: str
    help: str
    kind: str
    default: Any
    required: bool
    choices: list[str]
    advanced: bool
    link: str | None


class CatalogType(BaseModel):
    type: str
    label: str
    description: str
    keywords: list[str]
    fields: list[Field]


class Trial(BaseModel):
    ok: bool
    message: str


class DestinationEventRow(BaseModel):
    type: str
    name: str
    delivered: int
    last_delivered: str | None
    failed: int
    last_failed: str | None
