"""The JSON of the control API, as OpenAPI shows it: events, deliveries, sources, destinations."""

# field names are the API's own: camelCase where `headrace events --json` has it
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel

from headrace.fate import State

T = TypeVar("T")
Role = Literal["viewer", "editor", "owner"]
Tone = Literal["good", "idle", "wait", "bad"]
Json = dict[str, Any]


class Page(BaseModel, Generic[T]):
    """A list. `next` is what to ask for as `before` (or `cursor`, `offset`); null at the end."""

    data: list[T]
    next: int | str | None = None


class Counted(Page[T], Generic[T]):
    total: int


class Ok(BaseModel):
    ok: bool = True


class Named(BaseModel):
    id: str
    name: str


class Typed(Named):
    type: str


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


class Delivery(BaseModel):
    position: int
    destination: Named
    source: Named
    type: str
    event: str
    person: str
    received_at: str
    state: State
    code: str
    reason: str
    attempts: int
    at: str
    next_at: str | None
    warnings: list[str]


class Attempt(BaseModel):
    """One request with its answer; secrets are masked. `curl`: the same request for a terminal, masked too."""

    number: int
    kind: str
    at: str
    method: str
    url: str
    headers: dict[str, str]
    body: Any
    status: int | None
    answer: str | None
    error: str | None
    duration_ms: int
    outcome: str
    curl: str


class Chapter(BaseModel):
    at: str | None
    tone: Tone
    title: str
    text: str
    attempt: int | None = None


class Next(BaseModel):
    text: str
    at: str | None = None


class Action(BaseModel):
    id: str
    label: str
    warning: str | None = None
    role: Role


class Link(BaseModel):
    label: str
    url: str


class Story(BaseModel):
    delivery: Delivery
    message: Json | None
    attempts: list[Attempt]
    sentence: str
    chapters: list[Chapter]
    next: Next
    actions: list[Action]
    links: list[Link]


class Difference(BaseModel):
    name: str
    sent: Any
    there: Any


class Lookup(BaseModel):
    """What the destination knows of the person, beside what was sent."""

    ok: bool
    asked: str
    message: str
    found: Json | None
    sent: Json
    differences: list[Difference]


class Trail(BaseModel):
    event: EventWithMessage | None
    deliveries: list[dict[str, Any]]
    contact: Json | None
    log: list[Json]


class OldKey(BaseModel):
    key: str
    until: str


class Source(BaseModel):
    id: str
    name: str
    type: str
    write_key: str
    old_write_keys: list[OldKey]
    enabled: bool
    created_at: str
    destinations: list[Typed]
    last_event_at: str | None
    events: int
    rate: float
    data_plane_url: str | None


class SourceEventRow(BaseModel):
    type: str
    name: str
    count: int
    last_seen: str


class Call(BaseModel):
    """What the gateway answered."""

    status: int
    answer: str
    message_id: str


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


class Sample(BaseModel):
    position: int


class Reason(BaseModel):
    code: str
    sentence: str
    count: int
    sample: Sample


class ErrorSample(BaseModel):
    position: int
    person: str
    payload: Json | None
    request: Attempt | None


class ErrorRow(BaseModel):
    code: str
    sentence: str
    reason: str
    status: int | None
    count: int
    last_at: str
    sample: ErrorSample


class FailedRow(BaseModel):
    destination: Named
    code: str
    sentence: str
    count: int
    newest: int
    last_at: str
