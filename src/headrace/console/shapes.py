"""The JSON of events, deliveries, sources and destinations: one place, for the API and for the command line. Pure."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from headrace.clock import rfc3339
from headrace.console.port import Health
from headrace.event import LoggedEvent
from headrace.fate import SENTENCES, Code, Fate, State
from headrace.journal.port import Attempt, Delivery
from headrace.workspace.model import Destination, Workspace

COUNTED = tuple(State)


def event(
    logged: LoggedEvent,
    message: Mapping[str, Any],
    person: str,
    fates: Sequence[Fate],
    source: str | None,
    destinations: Mapping[str, str],
    carrier: Callable[[int], str | None] = lambda position: None,
) -> dict[str, Any]:
    """One line of `headrace events --json`. `destinations`: names by id; `carrier`: messageId at a position."""
    name = message.get("event")
    kind = message.get("type")
    return {
        "id": logged.position,
        "messageId": logged.message_id,
        "type": kind if isinstance(kind, str) else logged.type,
        "event": name if isinstance(name, str) else None,
        "userId": logged.user_id or None,
        "anonymousId": logged.anonymous_id or None,
        "person": person or None,
        "source": source or logged.source_id,
        "receivedAt": rfc3339(logged.received_at),
        "fates": [fate(f, destinations, carrier) for f in fates],
    }


def fate(
    f: Fate, destinations: Mapping[str, str], carrier: Callable[[int], str | None] = lambda position: None
) -> dict[str, Any]:
    name = destinations.get(f.destination_id, f.destination_id) if f.destination_id is not None else None
    return {
        "destination": name,
        "destinationId": f.destination_id,
        "state": str(f.state),
        "code": str(f.code),
        "reason": f.reason,
        "attempts": f.attempts,
        "at": rfc3339(f.at),
        "carriedBy": carrier(f.carried_by) if f.carried_by is not None else None,
        "warnings": list(f.warnings),
    }


def names(workspace: Workspace) -> tuple[dict[str, str], dict[str, str]]:
    """Names by id: of sources, of destinations."""
    return {s.id: s.name for s in workspace.sources}, {d.id: d.name for d in workspace.destinations}


def sentence(code: str) -> str:
    """What a code means; a code that this version does not know stands for itself."""
    try:
        return SENTENCES[Code(code)]
    except (KeyError, ValueError):
        return code


def delivery(d: Delivery, sources: Mapping[str, str], destinations: Mapping[str, str]) -> dict[str, Any]:
    f = d.fate
    return {
        "position": f.position,
        "destination": {"id": f.destination_id, "name": destinations.get(f.destination_id or "", f.destination_id)},
        "source": {"id": d.about.source_id, "name": sources.get(d.about.source_id, d.about.source_id)},
        "type": d.about.type,
        "event": d.about.name,
        "person": d.about.person,
        "received_at": rfc3339(d.received_at),
        "state": str(f.state),
        "code": str(f.code),
        "reason": f.reason,
        "attempts": f.attempts,
        "carried_by": f.carried_by,
        "at": rfc3339(f.at),
        "next_at": rfc3339(d.next_at) if d.next_at and f.state == State.RETRYING else None,
        "warnings": list(f.warnings),
    }


def attempt(a: Attempt) -> dict[str, Any]:
    return {
        "number": a.number,
        "kind": a.kind,
        "at": rfc3339(a.at),
        "method": a.method,
        "url": a.url,
        "headers": a.headers,
        "body": a.body,
        "status": a.status,
        "answer": a.answer,
        "error": a.error,
        "duration_ms": a.duration_ms,
        "outcome": a.outcome,
        "curl": curl(a),
    }


def state_of(destination: Destination, health: Health | None) -> str:
    """running, paused, down or disabled."""
    return "disabled" if not destination.enabled else health.state if health else "running"


def curl(a: Attempt) -> str:
    """The request for a terminal; what is masked stays so."""
    words = ["curl", "-X", a.method, a.url]
    for name, value in a.headers.items():
        if name.lower() not in ("user-agent", "content-length"):
            words += ["-H", f"{name}: {value}"]
    if a.body is not None:
        body = a.body if isinstance(a.body, str) else json.dumps(a.body, ensure_ascii=False, separators=(",", ":"))
        words += ["-d", body]
    return " ".join(shlex.quote(word) for word in words)


def counts(found: Mapping[State, int]) -> dict[str, int]:
    return {str(state): found.get(state, 0) for state in COUNTED}


def when(at: int | None) -> str | None:
    return rfc3339(at) if at else None
