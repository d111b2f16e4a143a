"""What pages ask of delivery.db beyond the journal: charts, failed events, people, the live page. Reads only, bounded."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw

from headrace.clock import Clock
from headrace.fate import State
from headrace.journal.insight import Failed, Listing, Person, Wanted
from headrace.journal.port import Delivery
from headrace.storage.sqlite.delivery import people
from headrace.storage.sqlite.delivery.journal import COLUMNS, JOINED, read_delivery
from headrace.storage.sqlite.delivery.schema import DEAD, NUMBER, STATES, connect, rows

WINDOW = 1_000  # deliveries that one page of a list looks at
FEW = (NUMBER["waiting"], NUMBER["sending"], NUMBER["retrying"], DEAD)  # states that have an index of their own
MOST_SEEN = 200  # identifiers that are looked for by one email
SHOWN = 202  # characters that an identifier is cut to, with its kind
WORD = "(select id from word where text=?)"


class SqliteInsight:
    """`journal.insight.Insight`. Callers of several threads take turns."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._connection = connect(path, write=False)
        self._clock = clock
        self._lock = threading.Lock()

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def _reading(self) -> Iterator[apsw.Connection]:
        with self._lock:
            yield self._connection

    def _rows(self, sql: str, *bindings: Any) -> list[Any]:
        with self._reading() as c:
            return rows(c, sql, bindings)

    def _ids(self, wanted: str | None, table: str) -> list[int]:
        """Numbers of one source or destination, or of all that were ever counted."""
        if wanted is not None:
            return [number for (number,) in self._rows("select id from word where text=?", wanted)]
        column = "source" if table == "rollup_event" else "destination"
        with_days = f"select distinct {column} from {table} where step=86400"  # noqa: S608
        return [number for (number,) in self._rows(with_days)]

    # --- charts ----------------------------------------------------------------------------------------------------

    def events_by_type(self, source_id: str | None, step: int, since: int) -> list[tuple[int, str, int]]:
        sql = "select bucket, type, number from rollup_event where step=? and source=? and bucket>=?"
        return [row for source in self._ids(source_id, "rollup_event") for row in self._rows(sql, step, source, since)]

    def outcomes(self, destination_id: str | None, step: int, since: int, width: int = 0) -> list[tuple[int, str, int, int]]:
        sql = "select bucket/?1*?1 as wide, state, band, sum(number) from rollup_delivery where step=?2 and destination=?3"
        sql += " and bucket>=?4 group by wide, state, band"
        numbers = self._ids(destination_id, "rollup_delivery")
        found = [row for to in numbers for row in self._rows(sql, width or step, step, to, since)]
        return [(at, STATES[state], band, number) for at, state, band, number in found]

    def rates(self, kind: str) -> dict[str, float]:
        """Events (`event`) a second per source, or outcomes (`delivery`) per destination, over the last minute."""
        now = self._clock.now_ms() // 1000
        this, column = now // 60 * 60, "source" if kind == "event" else "destination"
        sql = f"select text, bucket, sum(number) from rollup_{kind} join word on id={column} where step=60 and"  # noqa: S608
        sql += f" {column}=? and bucket>=? group by bucket"
        found: dict[str, float] = {}
        for number in self._ids(None, f"rollup_{kind}"):
            for text, at, count in self._rows(sql, number, this - 60):
                share = 1.0 if at == this else 1 - (now - this) / 60
                found[text] = found.get(text, 0.0) + count * share / 60
        return found

    # --- lists -----------------------------------------------------------------------------------------------------

    def deliveries(self, wanted: Wanted) -> Listing:
        """Newest first. Looks at WINDOW rows at most: a page may be short and go on."""
        below = wanted.before if wanted.before is not None else 2**62
        parts = [self._part(wanted, to, state, below) for to in self._destinations(wanted) for state in _states(wanted)]
        merged = list(heapq.merge(*(found for found, _ in parts), key=lambda d: d.fate.position, reverse=True))
        ends = [end for _, end in parts if end is not None]
        if ends:  # beyond the highest end some part has not looked yet
            merged = [d for d in merged if d.fate.position >= max(ends)]
        if len(merged) > wanted.limit:
            last = merged[wanted.limit - 1].fate.position  # all of one event stay on one page
            return Listing([d for d in merged if d.fate.position >= last], last)
        return Listing(merged, max(ends) if ends else None)

    def _destinations(self, wanted: Wanted) -> list[int]:
        if wanted.destination_id is not None:
            return [number for (number,) in self._rows("select id from word where text=?", wanted.destination_id)]
        return [number for (number,) in self._rows("select distinct destination from count_state where number>0")]

    def _part(self, wanted: Wanted, to: int, state: int | None, below: int) -> tuple[list[Delivery], int | None]:
        """Of one destination, in one of the FEW states or in any: what fits, and the position down to which it looked,
        None: to the end. Each is a walk along one index."""
        index = "by_destination" if state is None else "by_state"
        where = "destination>0" if state is None else f"state={state} and state in (1, 2, 3, 7)"
        base = f"from delivery indexed by {index} where {where} and destination=? and position<? order by position desc"
        bottom = self._rows(f"select position {base} limit 1 offset ?", to, below, WINDOW)
        end = int(bottom[0][0]) if bottom else None
        filters, values = _filters(wanted)
        inner = f"(select * {base} limit {WINDOW + 1})"
        sql = f"select {COLUMNS} from {inner} {JOINED.removeprefix('delivery')} where true {filters}"  # noqa: S608
        found = self._rows(f"{sql} order by position desc limit ?", to, below, *values, wanted.limit + 1)
        return [read_delivery(row) for row in found], end

    def delivery(self, position: int, destination_id: str) -> Delivery | None:
        sql = f"select {COLUMNS} from {JOINED} where position=? and destination={WORD}"  # noqa: S608
        found = self._rows(sql, position, destination_id)
        return read_delivery(found[0]) if found else None

    def names(self, destination_id: str, search: str, sort: str) -> list[tuple[Any, ...]]:
        """Rows of the Event details table."""
        order = {"failed": "failed desc, name", "name": "name, type"}.get(
            sort, "max(coalesce(last_delivered, 0), coalesce(last_failed, 0)) desc"
        )
        sql = "select type, name, delivered, last_delivered, failed, last_failed from count_destination"
        sql += (
            f" where destination={WORD} and (name like ? escape '!' or type like ? escape '!') order by {order} limit 10000"
        )
        return self._rows(sql, destination_id, *[like(search)] * 2)

    # --- failed events ---------------------------------------------------------------------------------------------

    def failed(self, destination_id: str | None = None, kind: str | None = None, name: str | None = None) -> list[Failed]:
        """Dead letters by destination and code, most frequent first."""
        where = ["state=7"]
        bindings: list[Any] = []
        if destination_id is not None:
            where.append(f"destination={WORD}")
            bindings.append(destination_id)
        for column, value in (("type", kind), ("name", name)):
            if value is not None:
                where.append(f"{column}=?")
                bindings.append(value)
        sql = f"select destination, code, count(*) n, max(position) last from delivery where {' and '.join(where)}"  # noqa: S608
        grouped = f"{sql} group by destination, code"
        found = self._rows(
            f"select text, g.code, n, last, d.at from ({grouped}) g join word on id=g.destination"  # noqa: S608
            " join delivery d on d.position=last and d.destination=g.destination order by n desc, text, g.code",
            *bindings,
        )
        return [Failed(*row) for row in found]

    # --- people ----------------------------------------------------------------------------------------------------

    def joined(self, person: str) -> dict[str, int]:
        """Identifiers ("user:…", "email:…", "anon:…") seen with this one, and when; {} when it is unknown."""
        kind, _, value = person.partition(":")
        short = next((k for k, name in people.KINDS.items() if name == kind), "")
        with self._reading() as c:
            found = people.joined(c, f"{short}:{value.lower() if short == 'e' else value}")
        return {_long(name): at for name, at in found.items()}

    def seen_with(self, email: str) -> list[str]:
        sql = "select other from sighting where identifier=? and other<>'' order by at desc limit ?"
        return [_long(name) for (name,) in self._rows(sql, f"e:{email.lower()}"[:SHOWN], MOST_SEEN)]

    def people(self, search: str, limit: int) -> list[Person]:
        with self._reading() as c:
            names = people.named(c, search, limit) if search else self._latest(c, limit)
            groups: dict[str, Person] = {}
            taken: set[str] = set()
            for name in names:
                if name in taken:
                    continue
                seen = people.joined(c, name)
                taken |= set(seen)
                if seen:
                    ordered = sorted(seen, key=lambda n: ("uea".index(n[0]), -seen[n]))
                    groups[name] = Person(tuple(_long(n) for n in ordered), max(seen.values()))
        return list(groups.values())[:limit]

    def _latest(self, c: apsw.Connection, limit: int) -> list[str]:
        newest = rows(c, "select person from delivery where person<>'' order by position desc limit ?", (limit * 20,))
        short = {name: k for k, name in people.KINDS.items()}
        named = (person.partition(":") for (person,) in newest)
        return list(dict.fromkeys(f"{short.get(kind, '')}:{value}" for kind, _, value in named))[:limit]

    # --- live ------------------------------------------------------------------------------------------------------

    def newest_outcome(self) -> int:
        return int(self._rows("select coalesce(max(seq), 0) from recent")[0][0])

    def outcomes_after(self, seq: int, limit: int) -> list[tuple[int, Delivery]]:
        """The newest `limit` outcomes above `seq`, oldest first."""
        newest = "select seq, position p, destination t from recent where seq>? order by seq desc limit ?"
        sql = f"select seq, {COLUMNS} from ({newest}) join {JOINED} where position=p and destination=t order by seq"  # noqa: S608
        return [(number, read_delivery(tuple(row))) for number, *row in self._rows(sql, seq, limit)]

    def size(self, destination_id: str) -> dict[State, int]:
        sql = f"select state, number from count_state where destination={WORD} and number<>0"  # noqa: S608
        return {State(STATES[state]): number for state, number in self._rows(sql, destination_id)}


def like(search: str) -> str:
    quoted = "".join("!" + c if c in "!%_" else c for c in search)
    return f"%{quoted}%"


def _long(name: str) -> str:
    kind, _, value = name.partition(":")
    return f"{people.KINDS.get(kind, kind)}:{value}"


def _states(wanted: Wanted) -> Sequence[int | None]:
    """Those that have an index, each walked by itself; None: all are walked and filtered."""
    numbers = [NUMBER[s] for s in wanted.states]
    return numbers if numbers and all(number in FEW for number in numbers) else [None]


def _filters(wanted: Wanted) -> tuple[str, Sequence[Any]]:
    parts: list[str] = []
    values: list[Any] = []
    if wanted.states:
        parts.append(f"and state in ({','.join(str(NUMBER[s]) for s in wanted.states)})")
    exact = (("code", wanted.code), ("type", wanted.type), ("name", wanted.name), ("person", wanted.person))
    for column, value in exact:
        if value is not None:
            parts.append(f"and {column}=?")
            values.append(value)
    if wanted.search:
        parts.append("and (name like ? escape '!' or person like ? escape '!' or type like ? escape '!')")
        values += [like(wanted.search)] * 3
    return " ".join(parts), values
