"""Sources, destinations and connections as plain values."""

from __future__ import annotations

from typing import Any

import msgspec


class Source(msgspec.Struct, frozen=True):
    id: str
    name: str  # unique
    type: str  # javascript, http, python, node, …: decides which snippet is shown first
    write_key: str
    enabled: bool = True
    created_at: int = 0
    old_write_keys: tuple[str, ...] = ()  # after a rotation, valid until `old_until`
    old_until: int = 0


class Destination(msgspec.Struct, frozen=True):
    """`settings` holds secrets in the clear: values of this type live in the worker's memory only."""

    id: str
    name: str  # unique
    type: str  # a name in the catalog
    enabled: bool = True
    settings: dict[str, Any] = {}
    created_at: int = 0


class Connection(msgspec.Struct, frozen=True):
    source_id: str
    destination_id: str
    since: int = 0  # log position at which it began; events above it are routed


class Workspace(msgspec.Struct, frozen=True):
    """Everything that is configured, at one revision. Never changed, only replaced."""

    revision: int = 0
    sources: tuple[Source, ...] = ()
    destinations: tuple[Destination, ...] = ()
    connections: tuple[Connection, ...] = ()

    def source(self, source_id: str) -> Source | None:
        return next((s for s in self.sources if s.id == source_id), None)

    def destination(self, destination_id: str) -> Destination | None:
        return next((d for d in self.destinations if d.id == destination_id), None)

    def connected_to(self, source_id: str) -> tuple[Connection, ...]:
        return tuple(c for c in self.connections if c.source_id == source_id)
