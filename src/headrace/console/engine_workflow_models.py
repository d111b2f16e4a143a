"""Shapes of the workflows' control API."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from headrace.console.models import Json


class NewWorkflow(BaseModel):
    name: str = Field(min_length=1, max_length=255)
    description: str = Field("", max_length=1000)


class Edit(BaseModel):
    """One edit, made for `revision`; which fields it needs depends on `op`."""

    revision: str
    op: Literal["insert", "branch", "reroute", "set", "delete", "delete-all", "list", "rename", "restore"]
    node: str = ""  # where; for insert: the node whose arrow it stands on
    target: str = ""  # insert: where the arrow leads; reroute: where it shall lead; restore: the earlier revision
    kind: str = ""  # insert: type of the new node
    payload: dict[str, Any] = {}  # set: as Loops' API takes it; rename: name, description; list: mailingListId
    discard: bool = False  # let go contacts that would lose their place


class Edited(BaseModel):
    """`status` queuedContactsFound: nothing was changed, because `queued` contacts would be let go."""

    status: str
    queued: int
    node: str | None = None
    revision: str | None = None


class Deleted(BaseModel):
    deleted: str


class Switch(BaseModel):
    to: Literal["start", "pause", "stop"]
    discard: bool = False  # stop: those inside leave


class Totals(BaseModel):
    inside: int
    done: int
    left: int


class WorkflowRow(BaseModel):
    id: str
    name: str
    description: str
    status: Literal["Draft", "Sending", "Paused", "PausedAndQueueing"]
    trigger: str
    emails: int
    sent: int
    totals: Totals
    updatedAt: str


class Metrics(BaseModel):
    sends: int
    opens: int
    clicks: int
    unsubscribes: int
    spamReports: int
    hardBounces: int
    softBounces: int


class Node(BaseModel):
    """What its type has is as in Loops' API; what a type has not is left out."""

    model_config = ConfigDict(extra="allow")

    id: str
    typeName: str
    nextNodeIds: list[str]
    title: str
    inside: int
    problems: list[str]
    metrics: Metrics | None
    eventName: str | None = None
    reEligible: bool | None = None
    mailingListId: str | None = None
    contactPropertyQuery: Json | None = None
    amount: int | None = None
    unit: Literal["m", "h", "d"] | None = None
    samplingRate: int | None = None
    isControl: bool | None = None
    emailMessageId: str | None = None
    subject: str | None = None
    audienceFilter: Json | None = None
    audienceSegmentId: str | None = None
    appliesDownstream: bool | None = None


class Workflow(WorkflowRow):
    revision: str
    mailingList: str | None
    root: str
    pausedAt: str | None
    nodes: list[Node]


class Revision(BaseModel):
    id: str
    at: str
    what: str


class Run(BaseModel):
    id: str
    contact: str
    email: str | None
    node: str
    state: str
    due: str | None
    enteredAt: str
    endedAt: str | None
    why: str


class RehearsedStep(BaseModel):
    node: str
    type: str
    title: str
    at: str
    did: str
    subject: str | None


class Rehearsal(BaseModel):
    contact: str
    email: str
    enters: bool
    why: str
    path: list[RehearsedStep]
    until: str
    ends: str


class Rows(BaseModel):
    data: list[WorkflowRow]
    next: None = None


class WorkflowEmail(BaseModel):
    id: str
    workflow: str
    subject: str


class Emails(BaseModel):
    data: list[WorkflowEmail]
    next: None = None


class Revisions(BaseModel):
    data: list[Revision]
    next: None = None


class Runs(BaseModel):
    data: list[Run]
    next: int | None
