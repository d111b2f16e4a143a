"""The JSON of the control API, as OpenAPI shows it: login, people and roles, the workspace and the program itself."""

from typing import Any

from pydantic import BaseModel, Field

from headrace.console.models import Role

EMAIL = Field(max_length=200)
PASSWORD = Field(max_length=1000)


class Person(BaseModel):
    id: str
    email: str
    name: str
    role: Role


class Session(BaseModel):
    user: Person
    version: str
    setup_needed: bool
    session: str | None = None


class Credentials(BaseModel):
    email: str = EMAIL
    password: str = PASSWORD


class FirstPassword(Credentials):
    token: str


class Invited(BaseModel):
    token: str


class Accepted(Invited):
    name: str = Field(min_length=1, max_length=100)
    password: str = PASSWORD


class InvitationShown(BaseModel):
    email: str
    role: str
    invited_by: str


class NewPassword(BaseModel):
    old: str = PASSWORD
    new: str = PASSWORD


class ChangedSelf(BaseModel):
    name: str = Field(min_length=1, max_length=100)


class SessionRow(BaseModel):
    id: str
    user: Person
    created_at: str
    seen_at: str
    agent: str
    address: str
    current: bool


class Member(Person):
    created_at: str
    last_seen: str | None
    sessions: int


class ChangedMember(BaseModel):
    role: Role | None = None
    name: str | None = Field(None, min_length=1, max_length=100)


class NewInvitation(BaseModel):
    email: str = EMAIL
    role: Role


class Invitation(BaseModel):
    id: str
    email: str
    role: str
    created_at: str
    expires_at: str
    invited_by: str


class MadeInvitation(Invitation):
    url: str


class NewToken(BaseModel):
    name: str = Field(min_length=1, max_length=100)
    role: Role = "editor"


class Token(BaseModel):
    id: str
    name: str
    role: str
    created_at: str
    last_used: str | None


class MadeToken(BaseModel):
    id: str
    name: str
    role: str
    token: str


class Url(BaseModel):
    url: str


class Change(BaseModel):
    """One line of the audit log."""

    id: int
    at: str
    who: str
    what: str
    before: Any
    after: Any


class File(BaseModel):
    text: str
    secrets: dict[str, str] = {}
    prune: bool = False
    force: bool = False
    waiting: str | None = None  # send, drop or since:TIME: what becomes of events that wait
    twice: bool = False  # that every event arrives twice is meant


class Applied(BaseModel):
    changes: list[str]
    warnings: list[str]
    revision: int


class Kept(BaseModel):
    name: str
    title: str
    value: float | None
    text: str
    setting: str


class Now(BaseModel):
    events_bytes: int
    oldest_event: str | None
    segments: int
    free_bytes: int


class Retention(BaseModel):
    data: list[Kept]
    next: None = None
    now: Now


class About(BaseModel):
    version: str
    python: str
    sqlite: str
    started_at: str
    data_directory: str
    gateway: str | None
    console: str | None
    engine: str | None
    pids: dict[str, int]
    license: str


class Alive(BaseModel):
    status: str
    version: str


class LogStatus(BaseModel):
    accepted: int
    unrouted: int
    duplicates: int
    bytes: int
    segments: int
    oldest: str | None


class StatusSource(BaseModel):
    id: str
    name: str
    write_key: str
    enabled: bool


class StatusDestination(BaseModel):
    id: str
    name: str
    type: str
    state: str
    reason: str


class AuditProgress(BaseModel):
    """How far the audit that never ends has come, and what it found."""

    ok: bool
    checked_to: int
    at: str | None
    differences: list[str]


class ActiveAlarm(BaseModel):
    kind: str
    subject: str | None
    sentence: str
    since: str


class Status(BaseModel):
    version: str
    running: bool
    pids: dict[str, int | None]
    gateway: str | None
    console: str | None
    engine: str | None
    engine_api_key: str | None
    sources: list[StatusSource]
    destinations: list[StatusDestination]
    log: LogStatus
    deliveries: dict[str, int]
    audit: AuditProgress
    alarms: list[ActiveAlarm]


class AuditedSource(BaseModel):
    source: str
    accepted: int
    duplicate: int
    forgotten: int
    unique: int
    ok: bool


class AuditedConnection(BaseModel):
    source: str
    destination: str
    routed: int
    states: dict[str, int]
    forgotten: int
    ok: bool


class Audit(BaseModel):
    """Whether every accepted event has a fate; `differences` says where not."""

    sources: list[AuditedSource]
    connections: list[AuditedConnection]
    unrouted: int
    differences: list[str]
