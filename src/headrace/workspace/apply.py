"""`apply`: brings the stored workspace to what a file says. Checks everything before it changes anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from headrace.errors import Conflict, NotFound, WorkspaceError
from headrace.workspace.model import Destination
from headrace.workspace.secrets import MASK, joined, kept, texts
from headrace.workspace.store import WorkspaceStore
from headrace.workspace.yaml_file import FileDestination, FileSource, WorkspaceFile

DEFAULT_TYPE = "javascript"


class Applied(msgspec.Struct):
    changes: list[str] = []
    warnings: list[str] = []


Check = Callable[[str, Mapping[str, Any]], list[str]]


def apply(
    file: WorkspaceFile,
    store: WorkspaceStore,
    check: Check,
    head: int,
    queue_of: Callable[[str], int],
    prune: bool = False,
    force: bool = False,
    who: str = "apply",
) -> Applied:
    """`check(type, settings)` gives warnings or raises WorkspaceError; `head`: log position for new connections."""
    _check_all(file, store, check)
    done = Applied()
    for source in file.sources:
        _source(source, store, done, who)
    for destination in file.destinations:
        _destination(destination, store, check, done, who)
    _connections(file, store, head, done, who)
    if prune:
        _prune(file, store, queue_of, force, done, who)
    return done


class Planned(msgspec.Struct, frozen=True):
    """A destination as the file makes it; `sources`: names of those that will be connected to it."""

    before: Destination | None
    after: Destination
    sources: frozenset[str]


def plan(file: WorkspaceFile, store: WorkspaceStore, check: Check) -> list[Planned]:
    """What `apply` will save of destinations. Changes nothing; raises as `apply` does."""
    _check_all(file, store, check)
    workspace = store.snapshot()
    names = {s.id: s.name for s in workspace.sources}
    found = []
    for entry in file.destinations:
        before = next((d for d in workspace.destinations if d.name == entry.name), None)
        kind = before.type if before else entry.type
        assert kind is not None
        settings = _merged(entry, before.settings if before else {}, store.secrets_of(kind))
        enabled = entry.enabled if entry.enabled is not None else before.enabled if before else True
        identifier = before.id if before else f"new {entry.name}"
        after = Destination(identifier, entry.name, kind, enabled, settings)
        stored = {names[c.source_id] for c in workspace.connections if c.destination_id == identifier}
        wanted = {source for source, destination, _ in file.connections if destination == entry.name}
        found.append(Planned(before, after, frozenset(stored | wanted)))
    return found


def _merged(entry: FileDestination, stored: Mapping[str, Any], secret: frozenset[str]) -> dict[str, Any]:
    """Settings as they will be: the file's, and stored secrets that the file leaves out."""
    if entry.settings is None:
        return dict(stored)
    named = dict.fromkeys(entry.absent, MASK)  # a reference without a value keeps what is stored
    return kept(joined(entry.settings, named), stored, secret)


def _check_all(file: WorkspaceFile, store: WorkspaceStore, check: Check) -> None:
    workspace = store.snapshot()
    destinations = {d.name: d for d in workspace.destinations}
    for entry in file.destinations:
        before = destinations.get(entry.name)
        kind = entry.type or (before.type if before else None)
        if kind is None:
            raise WorkspaceError(f"line {entry.line}: destination {entry.name!r} needs a type.")
        if before is not None and kind != before.type:
            raise WorkspaceError(f"line {entry.line}: {entry.name!r} is of type {before.type}; the type cannot change.")
        stored = before.settings if before else {}
        for key, name in entry.absent.items():
            if key not in texts(stored, store.secrets_of(kind)):
                raise WorkspaceError(f"line {entry.line}: ${{{name}}} is not set in the environment of this command.")
        try:
            check(kind, _merged(entry, stored, store.secrets_of(kind)))
        except (NotFound, WorkspaceError) as error:
            raise WorkspaceError(f"line {entry.line}: destination {entry.name!r}: {error}") from None
    sources = {s.name for s in workspace.sources} | {s.name for s in file.sources}
    known = set(destinations) | {d.name for d in file.destinations}
    for source, destination, line in file.connections:
        if source not in sources:
            raise WorkspaceError(f"line {line}: there is no source named {source!r}.")
        if destination not in known:
            raise WorkspaceError(f"line {line}: there is no destination named {destination!r}.")


def _source(entry: FileSource, store: WorkspaceStore, done: Applied, who: str) -> None:
    before = next((s for s in store.snapshot().sources if s.name == entry.name), None)
    if before is None:
        enabled = entry.enabled is not False
        store.add_source(who, entry.name, entry.type or DEFAULT_TYPE, entry.write_key, enabled)
        done.changes.append(f"source {entry.name} added")
        return
    wanted = {"type": entry.type, "write_key": entry.write_key, "enabled": entry.enabled}
    changed = {key: value for key, value in wanted.items() if value is not None and getattr(before, key) != value}
    if changed:
        store.change_source(who, before.id, **changed)
        done.changes.append(f"source {entry.name} changed: {', '.join(sorted(changed))}")


def _destination(entry: FileDestination, store: WorkspaceStore, check: Check, done: Applied, who: str) -> None:
    before = next((d for d in store.snapshot().destinations if d.name == entry.name), None)
    if before is None:
        assert entry.type is not None
        settings = _merged(entry, {}, store.secrets_of(entry.type))
        store.add_destination(who, entry.name, entry.type, settings, entry.enabled is not False, entry.names)
        done.changes.append(f"destination {entry.name} added")
        kind = entry.type
    else:
        kind = before.type
        settings = _merged(entry, before.settings, store.secrets_of(kind))
        enabled = before.enabled if entry.enabled is None else entry.enabled
        stored_names = {k: n for k, n in store.secret_names(before.id).items() if n}
        names = stored_names | entry.names
        if settings != before.settings or enabled != before.enabled or names != stored_names:
            store.change_destination(who, before.id, names, settings=settings, enabled=enabled)
            done.changes.append(f"destination {entry.name} changed")
    done.warnings += [f"destination {entry.name}: {line}" for line in check(kind, settings)]


def _connections(file: WorkspaceFile, store: WorkspaceStore, head: int, done: Applied, who: str) -> None:
    workspace = store.snapshot()
    sources = {s.name: s.id for s in workspace.sources}
    destinations = {d.name: d.id for d in workspace.destinations}
    present = {(c.source_id, c.destination_id) for c in workspace.connections}
    for source, destination, _ in file.connections:
        pair = (sources[source], destinations[destination])
        if pair not in present:
            store.connect(who, *pair, head)
            done.changes.append(f"{source} connected to {destination}")


def _prune(
    file: WorkspaceFile, store: WorkspaceStore, queue_of: Callable[[str], int], force: bool, done: Applied, who: str
) -> None:
    workspace = store.snapshot()
    names = {s.id: s.name for s in workspace.sources} | {d.id: d.name for d in workspace.destinations}
    wanted = {(source, destination) for source, destination, _ in file.connections}
    gone = [d for d in workspace.destinations if d.name not in {e.name for e in file.destinations}]
    for destination in gone:
        if (waiting := queue_of(destination.id)) and not force:
            raise Conflict(
                f"{waiting} events wait for destination {destination.name}. With --force they become failed events."
            )
    for c in workspace.connections:
        if (names[c.source_id], names[c.destination_id]) not in wanted:
            store.disconnect(who, c.source_id, c.destination_id)
            done.changes.append(f"{names[c.source_id]} disconnected from {names[c.destination_id]}")
    for destination in gone:
        store.remove_destination(who, destination.id)
        done.changes.append(f"destination {destination.name} removed")
    for source in workspace.sources:
        if source.name not in {e.name for e in file.sources}:
            store.remove_source(who, source.id)
            done.changes.append(f"source {source.name} removed")
