"""The lines of `headrace events` and of the page: what came, newest first, with what became of it."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from headrace.console import shapes
from headrace.console.port import Journal
from headrace.event import LoggedEvent
from headrace.eventlog.port import EventLogReader, IdKind
from headrace.fate import Fate
from headrace.routing.message import person
from headrace.workspace.store import WorkspaceStore


class Opened(Protocol):
    """What it needs of the opened data directory (`app.instance`)."""

    store: WorkspaceStore
    journal: Journal
    log: EventLogReader

    def message(self, position: int) -> dict[str, Any] | None: ...


def events(
    instance: Opened, state: str | None, destination: str | None, who: str | None, source: str | None, before: int | None
) -> Iterator[dict[str, Any]]:
    """Lazily: who takes ten lines reads no more of the log than these need."""
    workspace = instance.store.snapshot()
    sources = {s.id: s.name for s in workspace.sources}
    names = {d.id: d.name for d in workspace.destinations}
    cursor = instance.journal.cursor()

    def message_id(position: int) -> str | None:
        logged = instance.log.get(position)
        return logged.message_id if logged is not None else None

    for logged in logged_of(instance.log, who, before):
        if source is not None and source not in (logged.source_id, sources.get(logged.source_id)):
            continue
        fates = instance.journal.fates(logged.position) if logged.position <= cursor else []
        if not _wanted(fates, state, destination, names):
            continue
        message = instance.message(logged.position) or {}
        shown, name = person(logged, message), sources.get(logged.source_id)
        yield shapes.event(logged, message, shown, fates, name, names, message_id)


def logged_of(log: EventLogReader, who: str | None, before: int | None) -> Iterator[LoggedEvent]:
    """Entries that name a person by any of the three ids, newest first; of nobody in particular, all."""
    if not who:
        yield from log.newest(before)
        return
    kind, _, value = who.partition(":")
    if kind in ("user", "anon") and value:
        yield from log.find("user" if kind == "user" else "anon", value, before)
        return
    wanted = value if kind == "email" and value else who
    kinds: tuple[IdKind, ...] = ("user", "anon")
    found = [log.find(k, who, before) for k in kinds]
    if "@" in wanted:
        found.append(_with_text(log, wanted.lower(), before))
    last = 0
    for logged in heapq.merge(*found, key=lambda e: -e.position):
        if logged.position != last:
            yield logged
        last = logged.position


def _with_text(log: EventLogReader, text: str, before: int | None) -> Iterator[LoggedEvent]:
    for logged in log.newest(before):
        if logged.duplicate_of is None and text in logged.payload.decode(errors="replace").lower():
            yield logged


def _wanted(fates: Sequence[Fate], state: str | None, destination: str | None, names: Mapping[str, str]) -> bool:
    if destination is not None:
        fates = [f for f in fates if destination in (f.destination_id, names.get(f.destination_id or ""))]
        if not fates:
            return False
    return state is None or any(f.state == state for f in fates)
