"""The webhooks' rows: endpoints, and one message for each event and endpoint."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import apsw
import msgspec

from headrace.clock import rfc3339
from headrace.engine.desk import Desk
from headrace.engine.store import newest, rows
from headrace.engine.webhooks import signing

ATTEMPTS_KEPT = 12


class Endpoint(msgspec.Struct, frozen=True):
    id: str
    url: str
    events: frozenset[str]
    enabled: bool
    why: str
    at: int
    failing_since: int | None


class Message(msgspec.Struct, frozen=True):
    id: str
    endpoint: str
    type: str
    contact: str
    payload: dict[str, Any]
    tries: int
    fresh: bool  # never tried: a contact is shown as it is now


class Attempt(msgspec.Struct, frozen=True):
    at: int
    status: int  # 0: no answer
    text: str
    ms: int


def endpoints(c: apsw.Connection) -> tuple[Endpoint, ...]:
    found = rows(c, "select id, url, events, enabled, why, at, failing_since from webhook_endpoint order by at, id")
    return tuple(Endpoint(i, u, frozenset(json.loads(e)), bool(n), w, a, f) for i, u, e, n, w, a, f in found)


def secret(c: apsw.Connection, endpoint: str) -> bytes | None:
    found = rows(c, "select secret from webhook_endpoint where id=?", (endpoint,))
    return bytes(found[0][0]) if found else None


def add(desk: Desk, url: str, events: list[str], sealed: bytes) -> str:
    identifier = desk.new_id()
    desk.c.execute(
        "insert into webhook_endpoint values(?,?,?,?,1,'',?,null)", (identifier, url, json.dumps(events), sealed, desk.now)
    )
    return identifier


def change(desk: Desk, identifier: str, url: str, events: list[str], enabled: bool) -> None:
    """Enabling it again starts its count of failures anew."""
    desk.c.execute(
        "update webhook_endpoint set url=?, events=?, enabled=?, why='', failing_since=null where id=?",
        (url, json.dumps(events), int(enabled), identifier),
    )


def remove(desk: Desk, identifier: str) -> bool:
    desk.c.execute("delete from webhook_message where endpoint=?", (identifier,))
    return bool(rows(desk.c, "delete from webhook_endpoint where id=? returning id", (identifier,)))


def enqueue(desk: Desk, endpoint: str, event: str, contact: str, payload: dict[str, Any], message_id: str) -> None:
    desk.c.execute(
        "insert into webhook_message(id, endpoint, type, contact, payload, at, state, due) values(?,?,?,?,?,?,'queued',?)",
        (message_id, endpoint, event, contact, json.dumps(payload, ensure_ascii=False), desk.now, desk.now),
    )


def due(c: apsw.Connection, endpoint: str, now: int, limit: int) -> list[Message]:
    found = rows(
        c,
        "select id, endpoint, type, contact, payload, tries, fresh from webhook_message"
        " where endpoint=? and state='queued' and due<=? order by due, n limit ?",
        (endpoint, now, limit),
    )
    return [Message(i, e, t, k, json.loads(p), n, bool(f)) for i, e, t, k, p, n, f in found]


def next_due(c: apsw.Connection, endpoint: str) -> int | None:
    found = rows(c, "select min(due) from webhook_message where endpoint=? and state='queued'", (endpoint,))
    return found[0][0] if found else None


def freeze(desk: Desk, message: Message) -> None:
    """From its first try on a message always says the same."""
    desk.c.execute(
        "update webhook_message set payload=?, fresh=0 where id=?",
        (json.dumps(message.payload, ensure_ascii=False), message.id),
    )


def answered(desk: Desk, message: Message, attempt: Attempt) -> None:
    """Delivered, tried again later, or given up. An endpoint that is gone, or took nothing for days, is switched off."""
    found = rows(desk.c, "select attempts from webhook_message where id=?", (message.id,))
    if not found:
        return  # the endpoint was removed meanwhile
    attempts = [*json.loads(found[0][0]), msgspec.to_builtins(attempt)][-ATTEMPTS_KEPT:]
    tries, good = message.tries + 1, 200 <= attempt.status < 300
    wait = None if good else signing.pause(tries)
    state = "delivered" if good else "failed" if wait is None else "queued"
    desk.c.execute(
        "update webhook_message set state=?, due=?, tries=?, attempts=? where id=?",
        (state, desk.now + int((wait or 0) * 1000), tries, json.dumps(attempts, ensure_ascii=False), message.id),
    )
    if good:
        desk.c.execute(
            "update webhook_endpoint set failing_since=null where id=? and failing_since not null", (message.endpoint,)
        )
        return
    ((since,),) = rows(
        desk.c,
        "update webhook_endpoint set failing_since=coalesce(failing_since, ?) where id=? returning failing_since",
        (desk.now, message.endpoint),
    ) or [(None,)]
    if attempt.status == signing.GONE:
        _switch_off(desk, message.endpoint, "It answered 410 Gone: nothing more is wanted there.")
    elif since is not None and desk.now - since >= signing.DISABLED_AFTER:
        _switch_off(
            desk, message.endpoint, "It took nothing for five days. Switch it on again when it works; replay what failed."
        )


def _switch_off(desk: Desk, endpoint: str, why: str) -> None:
    desk.c.execute("update webhook_endpoint set enabled=0, why=? where id=?", (why, endpoint))
    desk.c.execute("update webhook_message set state='failed' where endpoint=? and state='queued'", (endpoint,))


def replay(desk: Desk, identifier: str) -> str | None:
    """Its endpoint; None: there is no such message."""
    found = rows(
        desk.c,
        "update webhook_message set state='queued', due=?, tries=0 where id=? returning endpoint",
        (desk.now, identifier),
    )
    return found[0][0] if found else None


def replay_failed(desk: Desk, endpoint: str) -> int:
    found = rows(
        desk.c,
        "update webhook_message set state='queued', due=?, tries=0 where endpoint=? and state='failed' returning id",
        (desk.now, endpoint),
    )
    return len(found)


def old(c: apsw.Connection, before: int, most: int) -> list[int]:
    """Messages of before then that nobody waits for."""
    found = rows(c, "select n from webhook_message where at<? and state!='queued' order by at limit ?", (before, most))
    return [n for (n,) in found]


def forget(desk: Desk, these: Sequence[int]) -> None:
    for n in these:
        desk.c.execute("delete from webhook_message where n=? and state!='queued'", (n,))


def page(c: apsw.Connection, cursor: str | None, limit: int, **wanted: str | None) -> dict[str, Any]:
    """Newest first. wanted: endpoint, state, type."""
    given = {name: wanted[name] for name in ("endpoint", "state", "type") if wanted.get(name)}
    columns, where = "id, endpoint, type, payload, at, state, due, tries, attempts", [f"{name}=?" for name in given]
    found, following = newest(c, columns, "webhook_message", "n", where, list(given.values()), cursor, limit)
    return {"data": [_shown(row) for row in found], "next": following}


def _shown(row: tuple[Any, ...]) -> dict[str, Any]:
    identifier, endpoint, event, payload, at, state, due_at, tries, attempts = row
    tried = [entry | {"at": rfc3339(entry["at"])} for entry in json.loads(attempts)]
    return {
        "id": identifier, "endpoint": endpoint, "type": event, "payload": json.loads(payload), "at": rfc3339(at),
        "state": state, "next": rfc3339(due_at) if state == "queued" else None, "tries": tries, "attempts": tried,
    }  # fmt: skip
