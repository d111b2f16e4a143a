"""The JSON of emails in the control API."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from headrace.console.models import Json

Scheme = Literal["light", "dark"]
Space = Literal["contact", "event", "data"]
Name = Field(min_length=1, max_length=255)


class NewEmail(BaseModel):
    name: str = Name


class EmailProperty(BaseModel):
    name: str
    label: str


class Offered(BaseModel):
    """Names that can be used in this email. `eventName`: the event that starts its workflow."""

    contact: list[EmailProperty]
    event: list[str]
    eventName: str | None
    system: list[str]


class EmailMessage(BaseModel):
    id: str
    kind: Literal["workflow", "transactional"]
    parent: str
    draft: bool
    subject: str
    previewText: str
    fromName: str
    fromEmail: str
    replyToEmail: str
    ccEmail: str
    bccEmail: str
    languageCode: str
    emailFormat: Literal["styled", "plain"]
    lmx: str
    contentRevisionId: str
    updatedAt: str
    fallbacks: dict[Space, dict[str, str]]
    offered: Offered


class EmailSaving(BaseModel):
    """As `POST /v1/email-messages/{id}` takes it: only what is given is changed."""

    model_config = ConfigDict(extra="forbid")
    expectedRevisionId: str | None = None
    subject: str = ""
    previewText: str = ""
    fromName: str = ""
    fromEmail: str = ""
    replyToEmail: str = ""
    ccEmail: str = ""
    bccEmail: str = ""
    languageCode: str = ""
    emailFormat: Literal["styled", "plain"] = "styled"
    lmx: str = ""
    contactPropertiesFallbacks: dict[str, str | None] = {}
    eventPropertiesFallbacks: dict[str, str | None] = {}
    dataVariablesFallbacks: dict[str, str | None] = {}


class EmailPreviewing(BaseModel):
    """`email`: what is not saved yet. `contact`, `log`: whose values; null: the newest."""

    email: EmailSaving = EmailSaving()
    contact: str | None = None
    log: int | None = Field(None, ge=0, le=2**53)
    data: Json = {}


class EmailProblem(BaseModel):
    line: int
    column: int
    message: str
    rule: str
    severity: Literal["error", "warning"]
    path: str


class EmailRule(BaseModel):
    rule: str
    title: str
    description: str
    items: list[dict[str, str]]


class Used(BaseModel):
    space: str
    name: str
    value: str | None
    fallback: str | None


class FilledContact(BaseModel):
    id: str
    email: str


class FilledEvent(BaseModel):
    id: str
    at: str
    eventName: str


class Filled(BaseModel):
    """Whose values the preview shows."""

    contact: FilledContact | None = None
    log: FilledEvent | None = None


class EmailPreview(BaseModel):
    """`problems` keep it from being saved, `wrong` and `errors` from being published, `reason` from being sent."""

    problems: list[EmailProblem]
    wrong: list[str]
    errors: list[EmailRule]
    warnings: list[EmailRule]
    subject: str
    text: str
    reason: str | None
    variables: list[Used]
    filled: Filled
    frame: str | None = None


class EmailTesting(BaseModel):
    email: str = Field(max_length=320)
    contact: str | None = None
    log: int | None = Field(None, ge=0, le=2**53)
    data: Json = {}


class EmailSent(BaseModel):
    id: str


class Transactional(BaseModel):
    """`state`: draft (never published), published, or changed (published, with a draft beside it)."""

    id: str
    name: str
    state: Literal["draft", "published", "changed"]
    draft: str | None
    published: str | None
    subject: str
    createdAt: str
    updatedAt: str
    counts: dict[str, int]


class EmailExample(BaseModel):
    url: str
    body: Json


class OneTransactional(Transactional):
    dataVariables: list[str]
    problems: list[str]
    example: EmailExample


class EmailSend(BaseModel):
    id: str
    kind: str
    email: str
    subject: str
    state: str
    why: str
    at: str
    sentAt: str | None
