"""A delivery's row as delivery reads and writes it: claimed, written down before its request leaves, settled."""

from __future__ import annotations

import json

import apsw
import msgspec

from headrace.delivery.port import Claimed, Held, Intent, Settlement
from headrace.event import Facts
from headrace.fate import State
from headrace.storage.sqlite.delivery.schema import OPEN, SENDING, STATES, rows
from headrace.storage.sqlite.delivery.words import unless_known

PLAIN = Facts()
_facts = msgspec.msgpack.Decoder(Facts)
_held = msgspec.msgpack.Decoder(Held)
_encoder = msgspec.msgpack.Encoder()

READ = (
    "select state, lanes, facts, attempts, key_turn, key_open_since, case when state=2 then at end, patience,"
    " received_at, job, alone, held,"
    " coalesce((select background from ready where ready.destination=d.destination and ready.position=d.position), 0),"
    " coalesce((select force from job where id=d.job), 0)"
    " from delivery d where position=? and destination=?"
)


def read(connection: apsw.Connection, destination_id: str, destination: int, position: int) -> Claimed | None:
    """None when it is final already."""
    for row in rows(connection, READ, (position, destination)):
        state, names, facts, attempts, turn, open_since, left, patience, received, job, alone, held, behind, force = row
        if state in OPEN:
            return Claimed(
                position, destination_id, State(STATES[state]), tuple(json.loads(names)) if names else (),
                _facts.decode(facts) if facts else PLAIN, attempts, turn, open_since, left, patience, received,
                job, bool(behind), bool(force), bool(alone), _held.decode(held) if held else None,
            )  # fmt: skip
    return None


def write_down(connection: apsw.Connection, destination: int, intent: Intent) -> None:
    """The request and all whom it carries; the first of them keeps what has to be repeated exactly."""
    written = msgspec.json.encode({"key": intent.key, "hash": intent.body_hash, "members": intent.members}).decode()
    for member in intent.members:
        connection.execute(
            "update delivery set state=?, at=?, first_left_at=coalesce(first_left_at, ?), intent=?"
            " where position=? and destination=?",
            (SENDING, intent.at, intent.at, written, member, destination),
        )
    held = _encoder.encode(intent.held) if intent.held is not None else None
    connection.execute(
        "update delivery set held=?, key_turn=coalesce(?, key_turn) where position=? and destination=?",
        (held, intent.key_turn, intent.position, destination),
    )


def settle(connection: apsw.Connection, destination: int, state: int, s: Settlement) -> None:
    connection.execute(
        "update delivery set state=?, code=?, reason=?, attempts=?, key_turn=?, key_open_since=?, next_at=?, patience=?,"
        " at=?, warnings=?, carried_by=?, alone=?, held=?, intent=null where position=? and destination=?",
        (
            state, s.code, unless_known(s.code, s.reason), s.attempts, s.key_turn, s.key_open_since, s.next_at,
            s.patience_used, s.at, json.dumps(s.warnings, ensure_ascii=False) if s.warnings else None, s.carried_by,
            int(s.alone), _encoder.encode(s.held) if s.held is not None else None, s.position, destination,
        ),
    )  # fmt: skip
