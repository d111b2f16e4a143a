"""The JSON of sending, Inbox and webhooks of Loops (built-in), as OpenAPI shows it."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from headrace.console.models import Page
from headrace.engine.outbox.config import Trouble
from headrace.engine.outbox.sends import State


class SendingChange(BaseModel):
    """What is not given stays. `password`: "" forgets it."""

    model_config = ConfigDict(extra="forbid")

    mode: Literal["inbox", "smtp"] | None = None
    host: str | None = Field(None, max_length=253)
    port: int | None = Field(None, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] | None = None
    verify: bool | None = None
    username: str | None = Field(None, max_length=320)
    password: str | None = Field(None, max_length=1000)
    domain: str | None = Field(None, max_length=253)
    return_domain: str | None = Field(None, max_length=253)
    selector: str | None = Field(None, max_length=63)
    company: str | None = Field(None, max_length=200)
    address: str | None = Field(None, max_length=500)
    rate: float | None = Field(None, ge=0, le=10_000)
    connections: int | None = Field(None, ge=1, le=16)
    track_opens: bool | None = None
    track_clicks: bool | None = None
    trouble: Trouble | None = None
    inbox_keep: int | None = Field(None, ge=1, le=100_000)
    inbox_megabytes: int | None = Field(None, ge=20, le=100_000)
    inbox_port: int | None = Field(None, ge=0, le=65535)


class DnsRecord(BaseModel):
    purpose: str
    name: str
    kind: str
    value: str
    why: str


class DnsCheck(BaseModel):
    record: DnsRecord
    verdict: Literal["good", "missing", "wrong", "unknown"]
    found: list[str]
    said: str


class MailTrouble(BaseModel):
    """Why no mail leaves at all, since when, and when the mail server is asked again."""

    why: str
    since: str
    until: str


class SendingSettings(BaseModel):
    mode: Literal["inbox", "smtp"]
    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    verify: bool
    username: str
    has_password: bool
    domain: str
    return_domain: str
    selector: str
    has_dkim: bool
    company: str
    address: str
    rate: float
    connections: int
    track_opens: bool
    track_clicks: bool
    trouble: Trouble
    inbox_keep: int
    inbox_megabytes: int
    inbox_port: int
    inbox_port_trouble: str | None
    records: list[DnsRecord]
    down: MailTrouble | None
    counts: dict[str, int]


class DkimKey(BaseModel):
    """Without a key a new one is made."""

    private_key: str | None = Field(None, max_length=20_000)


class TestMail(BaseModel):
    to: str = Field(max_length=320)


class DnsChecks(BaseModel):
    data: list[DnsCheck]


class SendRow(BaseModel):
    """One mail: what was sent to whom, and what became of it. `openedAt`, `clickedAt`: the first time."""

    id: str
    kind: Literal["workflow", "transactional", "test"]
    source: str
    message: str
    contact: str | None
    email: str
    subject: str
    state: State
    why: str
    at: str
    next: str | None
    attempts: int
    sentAt: str | None
    via: str
    mailId: str
    opens: int
    clicks: int
    openedAt: str | None
    clickedAt: str | None
    log: int | None


class MailRow(BaseModel):
    id: str
    send: str | None
    at: str
    # `from` is a word of Python's
    from_: str = Field(alias="from")
    to: list[str]
    subject: str
    size: int
    mark: str
    seen: bool


class MailList(Page[MailRow]):
    total: int
    unseen: int


class Attached(BaseModel):
    filename: str
    contentType: str
    size: int


class Linked(BaseModel):
    """`target`: where one of our own tracked links leads."""

    url: str
    target: str | None
    problem: str | None


class MailCheck(BaseModel):
    """ok null: does not apply."""

    name: str
    ok: bool | None
    detail: str


class MailFull(MailRow):
    headers: list[list[str]]
    html: str | None
    text: str | None
    attachments: list[Attached]
    links: list[Linked]
    checks: list[MailCheck]


class Deleted(BaseModel):
    deleted: int


class EndpointRow(BaseModel):
    id: str
    url: str
    events: list[str]
    enabled: bool
    why: str
    at: str
    failingSince: str | None


class EndpointList(Page[EndpointRow]):
    """`known`: every event there is to tick."""

    known: list[str]


class NewEndpoint(BaseModel):
    url: str = Field(max_length=2000)
    events: list[str] = Field(max_length=100)


class EndpointChange(NewEndpoint):
    enabled: bool = True


class Secret(BaseModel):
    secret: str


class Replayed(BaseModel):
    replayed: int


class WebhookAttempt(BaseModel):
    """status 0: no answer, `text` says why."""

    at: str
    status: int
    text: str
    ms: int


class WebhookMessage(BaseModel):
    id: str
    endpoint: str
    type: str
    payload: dict[str, Any]
    at: str
    state: Literal["queued", "delivered", "failed"]
    next: str | None
    tries: int
    attempts: list[WebhookAttempt]
