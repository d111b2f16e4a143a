"""The Journal over delivery.db and the attempt files: reads only, from any thread."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from headrace.event import About
from headrace.fate import SENTENCES, Code, Fate, State
from headrace.journal.port import Attempt, Delivery, DeliveryFilter, DestinationRow, SourceRow
from headrace.storage.sqlite.delivery.attempts import DAY, AttemptReader
from headrace.storage.sqlite.delivery.schema import NUMBER, STATES, connect, rows

COLUMNS = (
    "position, d.text, state, code, reason, attempts, at, warnings, carried_by, received_at, next_at, s.text, type, name,"
    " person"
)
JOINED = "delivery left join word d on d.id=destination join word s on s.id=source"


class SqliteJournal:
    def __init__(self, path: Path, attempts: AttemptReader) -> None:
        self._connection = connect(path, write=False)
        self._attempts = attempts
        self._lock = threading.Lock()

    def close(self) -> None:
        with self._lock:
            self._connection.close()
        self._attempts.close()

    def _rows(self, sql: str, *bindings: Any) -> list[Any]:
        with self._lock:
            return rows(self._connection, sql, bindings)

    def cursor(self) -> int:
        found = self._rows("select value from progress where name='cursor'")
        return int(found[0][0]) if found else 0

    def fates(self, position: int) -> list[Fate]:
        found = self._rows(f"select {COLUMNS} from {JOINED} where position=? order by destination", position)  # noqa: S608
        return [read_delivery(row).fate for row in found]

    def attempts(self, position: int, destination_id: str) -> list[Attempt]:
        """Of the days from its receipt to its last change: there may be hundreds."""
        found = self._rows(
            "select min(received_at, coalesce(first_left_at, received_at), at), at from delivery where position=?"
            " and destination=(select id from word where text=?)",
            position,
            destination_id,
        )
        between = (found[0][0] - DAY, found[0][1] + DAY) if found else None  # a day more: clocks are set, too
        return self._attempts.read(position, destination_id, between)

    def deliveries(self, wanted: DeliveryFilter) -> list[Delivery]:
        where, bindings = ["destination>0"], []
        if wanted.destination_id is not None:
            where.append("destination=(select id from word where text=?)")
            bindings.append(wanted.destination_id)
        if wanted.states:
            where.append(f"state in ({','.join(str(NUMBER[s]) for s in wanted.states)})")
            if all(NUMBER[s] in (1, 2, 3, 7) for s in wanted.states):
                where.append("state in (1, 2, 3, 7)")  # lets the small index serve it
        for column, value in (("code", wanted.code), ("type", wanted.type), ("name", wanted.name)):
            if value is not None:
                where.append(f"{column}=?")
                bindings.append(value)
        if wanted.before is not None:
            where.append("position<?")
            bindings.append(wanted.before)  # type: ignore[arg-type]
        condition = " and ".join(where)
        sql = f"select {COLUMNS} from {JOINED} where {condition} order by position desc limit ?"  # noqa: S608
        return [read_delivery(row) for row in self._rows(sql, *bindings, wanted.limit)]

    def counts(self) -> dict[str, dict[State, int]]:
        found: dict[str, dict[State, int]] = {}
        for text, state, number in self._rows(
            "select text, state, number from count_state join word on id=destination where number<>0"
        ):
            found.setdefault(text, {})[State(STATES[state])] = number
        return found

    def source_table(self, source_id: str) -> list[SourceRow]:
        found = self._rows(
            "select type, name, number, last_seen from count_source where source=(select id from word where text=?)"
            " order by last_seen desc limit 1000",
            source_id,
        )
        return [SourceRow(*row) for row in found]

    def destination_table(self, destination_id: str) -> list[DestinationRow]:
        found = self._rows(
            "select type, name, delivered, last_delivered, failed, last_failed from count_destination"
            " where destination=(select id from word where text=?)"
            " order by max(coalesce(last_delivered, 0), coalesce(last_failed, 0)) desc limit 1000",
            destination_id,
        )
        return [DestinationRow(*row) for row in found]

    def tally(self, first: int, last: int) -> Iterator[tuple[str, str | None, str, int]]:
        for source, destination, state, number in self._rows(
            f"select s.text, d.text, state, count(*) from {JOINED} where position between ? and ?"  # noqa: S608
            " group by source, destination, state",
            first,
            last,
        ):
            if destination is not None or STATES[state] != "forgotten":
                yield source, destination, STATES[state], number
        # an event is forgotten when nothing else became of it, wherever it would have gone
        for source, unique, forgotten in self._rows(
            "select s.text, sum(other), sum(gone) from (select source, max(state<>?1 and not (destination=0 and state=?2))"
            " as other, min(state=?1) as gone from delivery where position between ?3 and ?4 group by source, position)"
            " join word s on s.id=source group by source",
            NUMBER["forgotten"],
            NUMBER["duplicate"],
            first,
            last,
        ):
            if unique:
                yield source, None, "unique", unique
            if forgotten:
                yield source, None, "forgotten", forgotten

    def since(self, position: int, limit: int) -> list[Delivery]:
        """Deliveries of the positions above, oldest first; for the live view."""
        found = self._rows(
            f"select {COLUMNS} from {JOINED} where position>? order by position, destination limit ?",  # noqa: S608
            position,
            limit,
        )
        return [read_delivery(row) for row in found]


def read_delivery(row: tuple[Any, ...]) -> Delivery:
    position, destination, state, code, reason, attempts, at, warnings, carrier, received, next_at, *about = row
    sentence = reason if reason is not None else SENTENCES.get(Code(code), "")
    fate = Fate(
        position, destination, STATES[state], code, sentence, attempts, at, carrier, tuple(json.loads(warnings or "[]"))
    )
    return Delivery(fate, About(*about), received, next_at)
