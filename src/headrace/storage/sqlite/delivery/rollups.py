"""Counts for the charts, per minute, hour and day, and the newest outcomes for the live page. In the same transactions.

Buckets are seconds since 1970, divisible by their step. A delivery counts where an answer was judged, an event where it
arrived. `band` says how long a delivered one took (journal.charts), NO_BAND for all others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import apsw

from headrace.event import TYPES
from headrace.journal.charts import NO_BAND, STEPS, band

SCHEMA = """
create table rollup_event(step integer not null, source integer not null, bucket integer not null, type text not null,
  number integer not null, primary key(step, source, bucket, type)) without rowid;
create table rollup_delivery(step integer not null, destination integer not null, bucket integer not null,
  state integer not null, band integer not null, number integer not null,
  primary key(step, destination, bucket, state, band)) without rowid;
create table recent(seq integer primary key, position integer not null, destination integer not null);
create table sighting(identifier text not null, other text not null, at integer not null,
  primary key(identifier, other)) without rowid;
create index failed_by on delivery(destination, type, name, code, position) where state=7;
create index by_destination on delivery(destination, position) where destination>0;
"""
KEPT = {60: 2 * 86_400, 3600: 40 * 86_400}  # s; days are kept for good
RECENT = 10_000  # outcomes that a live page may catch up with
TIDY = 256  # outcomes between two looks at what is too old
OTHER = "other"
_COUNT_EVENT = "insert into rollup_event values(?,?,?,?,?) on conflict do update set number=number+excluded.number"
_COUNT_DELIVERY = "insert into rollup_delivery values(?,?,?,?,?,?) on conflict do update set number=number+excluded.number"


def bucket(at_ms: int, step: int) -> int:
    return at_ms // 1000 // step * step


def events(c: apsw.Connection, arrived: Iterable[tuple[int, str, int]]) -> None:
    """(source, type, received_at) of each event. What anybody may call a type is one of ours, or `other`."""
    counted = Counter(
        (step, source, bucket(at, step), kind if kind in TYPES else OTHER) for source, kind, at in arrived for step in STEPS
    )
    c.executemany(_COUNT_EVENT, [(*key, number) for key, number in counted.items()])
    newest = {(step, source): at for step, source, at, _ in sorted(counted)}
    c.executemany(
        "delete from rollup_event where step=? and source=? and bucket<?",
        [(step, source, at - KEPT[step]) for (step, source), at in newest.items() if step in KEPT],
    )


def outcomes(c: apsw.Connection, state: int, at: int, decided: Iterable[tuple[int, int]], delay: int | None = None) -> None:
    """(destination, position) of deliveries that came to `state`; `delay`: ms since it arrived, of a delivered one."""
    decided = list(decided)
    slot = NO_BAND if delay is None else band(delay)
    counted = Counter(destination for destination, _ in decided)
    c.executemany(
        _COUNT_DELIVERY,
        [(step, to, bucket(at, step), state, slot, number) for to, number in counted.items() for step in STEPS],
    )
    before = c.last_insert_rowid()
    c.executemany("insert into recent(position, destination) values(?,?)", [(position, to) for to, position in decided])
    if decided and c.last_insert_rowid() // TIDY != before // TIDY:
        _tidy(c, counted, at)


def settled(c: apsw.Connection, destination: int, position: int, state: int, at: int, delivered: bool) -> None:
    """One answer was judged: it is final, or will be tried again."""
    delay = None
    if delivered:
        found = list(
            c.execute("select received_at from delivery where position=? and destination=?", (position, destination))
        )
        delay = max(0, at - int(str(found[0][0])))
    outcomes(c, state, at, ((destination, position),), delay)


def _tidy(c: apsw.Connection, destinations: Iterable[int], at: int) -> None:
    c.execute("delete from recent where seq<=?", (c.last_insert_rowid() - RECENT,))
    c.executemany(
        "delete from rollup_delivery where step=? and destination=? and bucket<?",
        [(step, to, bucket(at, step) - kept) for to in destinations for step, kept in KEPT.items()],
    )
