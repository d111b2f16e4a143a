"""How deliveries stand in delivery.db: small numbers for states and names, ids, and the hash of a lane."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import apsw
import msgspec

from headrace.fate import SENTENCES, Code, State
from headrace.storage.sqlite.delivery_schema import SHIFT
from headrace.storage.sqlite.delivery_writer import Work

STATES: tuple[str, ...] = (*State, "duplicate", "forgotten")  # a state's number is its place; never reorder
NUMBERS: dict[str, int] = {str(state): number for number, state in enumerate(STATES)}
WAITING, SENDING, RETRYING, DELIVERED, DEAD = (NUMBERS[s] for s in ("waiting", "sending", "retrying", "delivered", "dead"))
DUPLICATE = NUMBERS["duplicate"]
FIRST_FINAL = RETRYING + 1
NOWHERE = 0  # the "destination" of an event that had none
MANY_TOPICS = 20_000  # a public write key must not make the tables of names grow without end
OTHER = "(other names)"


def row_id(position: int, destination: int) -> int:
    return position << SHIFT | destination


def position_of(row: int) -> int:
    return row >> SHIFT


def destination_of(row: int) -> int:
    return row & ((1 << SHIFT) - 1)


def lane_hash(lane: str) -> int:
    """64 bits, signed as SQLite wants them. Two lanes that met here would only wait for each other, never mix."""
    return int.from_bytes(hashlib.blake2b(lane.encode(), digest_size=8).digest(), "big", signed=True)


def lane_hashes(lanes: bytes | None) -> list[int]:
    """From the row's own list of names; a delivery stands once in each lane."""
    return sorted({lane_hash(lane) for lane in lane_names(lanes)})


def lane_names(lanes: bytes | None) -> tuple[str, ...]:
    return msgspec.msgpack.decode(lanes, type=tuple[str, ...]) if lanes else ()


def code_of(code: str) -> Code | str:
    return Code(code) if code in Code._value2member_map_ else code


def stored_reason(code: str, reason: str) -> str | None:
    """None where the sentence says nothing that the code does not."""
    known = code_of(code)
    return None if isinstance(known, Code) and SENTENCES.get(known) == reason else reason


def shown_reason(code: str, reason: str | None) -> str:
    if reason is not None:
        return reason
    known = code_of(code)
    return SENTENCES[known] if isinstance(known, Code) else ""


class Names:
    """Numbers of ids and topics, remembered; used by the writer thread only."""

    def __init__(self) -> None:
        self._destinations: dict[str, int] = {}
        self._sources: dict[str, int] = {}
        self._topics: dict[tuple[str, str], int] = {}

    def destination(self, work: Work, destination_id: str) -> int:
        number = self._number(work, self._destinations, "destination", destination_id)
        if number >= 1 << SHIFT:
            raise OverflowError("more destinations than delivery.db can number")
        return number

    def source(self, work: Work, source_id: str) -> int:
        return self._number(work, self._sources, "source", source_id)

    def topic(self, work: Work, type_: str, name: str) -> int:
        known = self._topics.get((type_, name))
        if known is not None:
            return known
        find = "SELECT number FROM topic WHERE type = ? AND name = ?"
        found = work.connection.execute(find, (type_, name)).get
        if found is None:
            (count,) = work.connection.execute("SELECT coalesce(max(number), 0) FROM topic").fetchone() or (0,)
            if count >= MANY_TOPICS and name != OTHER:
                return self.topic(work, type_, OTHER)
            work.connection.execute("INSERT INTO topic (type, name) VALUES (?, ?)", (type_, name))
            found = work.connection.last_insert_rowid()
            work.undo.append(self._forgetting(self._topics, (type_, name)))
        if len(self._topics) >= MANY_TOPICS:
            self._topics.clear()
        self._topics[type_, name] = found
        return int(found)

    def _number(self, work: Work, known: dict[str, int], table: str, text: str) -> int:
        number = known.get(text)
        if number is not None:
            return number
        found = work.connection.execute(f"SELECT number FROM {table} WHERE id = ?", (text,)).get  # noqa: S608
        if found is None:
            work.connection.execute(f"INSERT INTO {table} (id) VALUES (?)", (text,))  # noqa: S608
            found = work.connection.last_insert_rowid()
            work.undo.append(self._forgetting(known, text))
        known[text] = int(found)
        return known[text]

    @staticmethod
    def _forgetting(known: dict[str, int] | dict[tuple[str, str], int], key: object) -> Callable[[], None]:
        return lambda: known.pop(key, None) and None  # type: ignore[call-overload, func-returns-value]


def text_of(connection: apsw.Connection, table: str) -> dict[int, str]:
    """number -> id of all destinations or sources."""
    return dict(connection.execute(f"SELECT number, id FROM {table}"))  # noqa: S608
