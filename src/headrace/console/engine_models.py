"""The JSON of Loops (built-in) in the control API: audience, lists, keys, properties, events."""

from typing import Literal

from pydantic import BaseModel, Field

from headrace.console.models import Json, Page
from headrace.engine.notes import Kind

Type = Literal["string", "number", "boolean", "date"]
Color = Literal["", "gray", "red", "orange", "yellow", "green", "teal", "blue", "purple", "pink"]
Name = Field(min_length=1, max_length=498)


class Who(BaseModel):
    id: str | None
    email: str | None
    userId: str | None


class WouldDefine(BaseModel):
    """A definition that would have made use of what came: `POST /engine/define` takes it."""

    of: Literal["contact", "event"]
    name: str
    type: Type


class Note(BaseModel):
    kind: Kind
    text: str
    name: str
    near: str | None
    define: WouldDefine | None


class LogRow(BaseModel):
    """One event as it was received and as it was processed. `notes`: what the engine has to say about it."""

    id: str
    at: str
    eventName: str
    contact: Who
    source: str
    result: str
    received: Json
    processed: Json
    warnings: list[str]
    notes: list[Note]


class Started(BaseModel):
    id: str
    name: str
    started: bool
    why: str


class LoggedEmail(BaseModel):
    id: str
    kind: str
    sourceId: str
    email: str
    subject: str
    state: str
    why: str
    at: str
    opens: int
    clicks: int


class LogEntry(LogRow):
    workflows: list[Started]
    emails: list[LoggedEmail]


class ContactRow(BaseModel):
    id: str
    email: str
    userId: str | None
    firstName: str | None
    lastName: str | None
    source: str
    subscribed: bool
    userGroup: str
    notes: str | None = None
    createdAt: str
    optInStatus: str | None
    mailingLists: dict[str, bool]
    properties: Json


class Membership(BaseModel):
    id: str
    name: str
    subscribed: bool


class Moment(BaseModel):
    """`name`: of the event, workflow, list, or the mail's subject; `ref`: its id; `state` and `why`: of a mail or a run."""

    at: str
    kind: Literal[
        "created", "event", "entered", "mail", "opened", "clicked", "ended", "joined", "left", "resubscribed", "unsubscribed"
    ]
    name: str
    ref: str
    state: str
    why: str


class Contact(ContactRow):
    lists: list[Membership]
    events: list[LogRow]
    emails: list[LoggedEmail]
    timeline: list[Moment] = Field(description="The newest first: what they did, what they were sent, what they chose.")
    suppressed: str | None = Field(description="Why nothing is sent to the address; null when mail is.")


class Audience(Page[ContactRow]):
    pass


class Query(BaseModel):
    """Whom: a search, and a filter as in Loops' API; both may be empty."""

    search: str = Field("", max_length=200)
    filter: Json | None = None
    cursor: str | None = Field(None, max_length=100)
    limit: int = Field(50, ge=1, le=500)


class Whom(BaseModel):
    """Contacts by id, or all that a search and a filter find."""

    ids: list[str] | None = Field(None, max_length=10_000)
    search: str = Field("", max_length=200)
    filter: Json | None = None


class Bulk(Whom):
    action: Literal["delete", "add_to_list", "remove_from_list"]
    list: str | None = Field(None, max_length=100)


class BulkDone(BaseModel):
    done: int
    skipped: int = 0


class Count(BaseModel):
    count: int


class ContactSaving(BaseModel):
    """`properties` as in Loops' API, null clears; `lists` {id: true | false}. `trigger`: workflows are told."""

    properties: Json = {}
    lists: dict[str, bool] = {}
    trigger: bool = False


class Saved(BaseModel):
    id: str
    warnings: list[str]


class NewContact(ContactSaving):
    email: str = Field(max_length=498)
    userId: str | None = Field(None, max_length=498)


class NewSegment(BaseModel):
    name: str = Field(min_length=1, max_length=255)
    description: str | None = Field(None, max_length=1000)
    filter: Json


class Segment(NewSegment):
    id: str
    createdAt: str
    updatedAt: str


class NewList(BaseModel):
    name: str = Field(min_length=1, max_length=255)
    description: str | None = Field(None, max_length=1000)
    isPublic: bool = False
    color: Color = ""
    id: str | None = Field(None, max_length=100, description="So that it can be the same as in a Loops account.")


class ChangedList(BaseModel):
    name: str | None = Field(None, min_length=1, max_length=255)
    description: str | None = Field(None, max_length=1000)
    isPublic: bool | None = None
    color: Color | None = None


class MailingList(BaseModel):
    id: str
    name: str
    description: str | None
    isPublic: bool
    color: str
    members: int


class NewKey(BaseModel):
    name: str = Field(min_length=1, max_length=100)


class Key(BaseModel):
    id: str
    name: str
    createdAt: str
    lastUsed: str | None
    own: bool = Field(description="The key of the pipeline itself; revoking it makes a new one.")


class MadeKey(Key):
    key: str = Field(description="In the clear; it is shown only now.")


class ContactProperty(BaseModel):
    key: str
    label: str
    type: str
    custom: bool


class NewContactProperty(BaseModel):
    name: str = Name
    type: Type


class EventProperty(BaseModel):
    name: str = Name
    type: Type


class NewDefinition(BaseModel):
    name: str = Name
    properties: list[EventProperty] = Field([], max_length=200)


class ChangedDefinition(BaseModel):
    properties: list[EventProperty] = Field(max_length=200)


class Define(BaseModel):
    """One click on a row of the Event Log: a contact property, or a property of the row's event."""

    of: Literal["contact", "event"]
    event: str | None = Field(None, max_length=498)
    name: str = Name
    type: Type


class Definition(BaseModel):
    id: str
    name: str
    properties: list[EventProperty]
    count: int
    lastSeen: str | None
