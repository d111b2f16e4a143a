"""The JSON of deliveries in the control API: one with its story, and those that failed, by reason."""

from typing import Any, Literal

from pydantic import BaseModel

from headrace.console.models import Json, Named, Role
from headrace.fate import State

Tone = Literal["good", "idle", "wait", "bad"]


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
