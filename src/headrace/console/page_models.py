"""The JSON of the control API, as OpenAPI shows it: charts, the overview, people, names seen, previews."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from headrace.console.event_models import EventWithMessage
from headrace.console.models import Page, Typed

RangeName = Literal["2h", "1d", "7d", "30d"]


class EventPoint(BaseModel):
    at: str
    types: dict[str, int]


class EventChart(BaseModel):
    data: list[EventPoint]
    next: None = None
    step: int
    total: int


class DeliveryPoint(BaseModel):
    at: str
    states: dict[str, int]
    p50: int | None
    p95: int | None


class DeliveryChart(BaseModel):
    data: list[DeliveryPoint]
    next: None = None
    step: int
    totals: dict[str, int]
    failure_rate: float | None
    p50: int | None
    p95: int | None


class FlowSource(Typed):
    enabled: bool
    rate: float
    last_event_at: str | None
    destinations: list[str]


class FlowDestination(Typed):
    label: str
    state: str
    reason: str
    rate: float
    waiting: int
    failed: int


class Connection(BaseModel):
    source: str
    destination: str


class Attention(BaseModel):
    level: Literal["bad", "wait"]
    kind: str
    title: str
    text: str
    destination: str | None = None
    source: str | None = None
    count: int | None = None


class Overview(BaseModel):
    sources: list[FlowSource]
    destinations: list[FlowDestination]
    connections: list[Connection]
    day: DeliveryChart
    events_day: EventChart
    attention: list[Attention]
    unrouted: int
    accepted: int


class Identifier(BaseModel):
    kind: Literal["user", "email", "anon"]
    value: str


class SeenIdentifier(Identifier):
    last_seen: str


class PersonRow(BaseModel):
    person: str
    identifiers: list[Identifier]
    last_seen: str


class Timeline(Page[EventWithMessage]):
    person: str
    identifiers: list[SeenIdentifier]


class SeenName(BaseModel):
    name: str
    count: int
    last_seen: str
    passes: bool


class SeenPath(BaseModel):
    path: str
    kind: str
    sample: str
    count: int


class SeenNames(BaseModel):
    events: list[SeenName]
    traits: list[SeenPath]
    properties: list[SeenPath]


class Rendering(BaseModel):
    """What one call would become; secrets are masked."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    outcome: Literal["request", "filtered", "refused"]
    method: str | None = None
    url: str | None = None
    headers: dict[str, str] = {}
    body: Any = None
    code: str | None = None
    reason: str | None = None
    warnings: list[str] = []


class Preview(BaseModel):
    position: int
    type: str
    event: str
    person: str
    received_at: str
    before: Rendering
    after: Rendering
    changed: bool
