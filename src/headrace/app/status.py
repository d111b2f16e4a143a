"""What `headrace status --json` says, of an instance that runs or is only opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from headrace import __version__
from headrace.clock import rfc3339
from headrace.console.port import Journal
from headrace.delivery.port import DestinationHealth
from headrace.engine.engine import Engine
from headrace.eventlog.port import EventLogReader
from headrace.fate import State
from headrace.workspace.store import WorkspaceStore


class Opened(Protocol):
    """What it needs of the opened data directory (`app.instance`)."""

    store: WorkspaceStore
    journal: Journal
    log: EventLogReader
    engine: Engine | None
    local: Mapping[str, str | None]
    pids: Callable[[], dict[str, int]]
    watched: Callable[[], dict[str, Any]]

    def health(self) -> dict[str, DestinationHealth]: ...


def status(instance: Opened) -> dict[str, Any]:
    stats = instance.log.stats()
    return {
        "version": __version__,
        "running": bool(instance.local),
        "pids": instance.pids() or {"gateway": None, "worker": None},
        **{name: instance.local.get(name) for name in ("gateway", "console", "engine")},
        "engine_api_key": instance.engine.api_key() if instance.engine else None,
        "sources": [
            {"id": s.id, "name": s.name, "write_key": s.write_key, "enabled": s.enabled}
            for s in instance.store.snapshot().sources
        ],
        "destinations": _destinations(instance),
        "log": {
            "accepted": stats.accepted,
            "unrouted": max(0, stats.head - instance.journal.cursor()),
            "duplicates": stats.duplicates,
            "bytes": stats.bytes,
            "segments": stats.segments,
            "oldest": rfc3339(stats.oldest) if stats.oldest else None,
        },
        "deliveries": _deliveries(instance),
        **instance.watched(),
    }


def _destinations(instance: Opened) -> list[dict[str, Any]]:
    health = instance.health()
    found = []
    for d in instance.store.snapshot().destinations:
        known = health.get(d.id)
        now = "disabled" if not d.enabled else known.state if known else "running"
        reason = known.reason if known and d.enabled else ""
        found.append({"id": d.id, "name": d.name, "type": d.type, "state": now, "reason": reason})
    return found


def _deliveries(instance: Opened) -> dict[str, int]:
    total: dict[str, int] = {str(state): 0 for state in State}
    for states in instance.journal.counts().values():
        for state, number in states.items():
            total[str(state)] += number
    return total
