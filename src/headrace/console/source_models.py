"""The JSON of sources in the control API, and of a call that one of them makes here."""

from pydantic import BaseModel

from headrace.console.models import Typed


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
