"""A contact's story, the newest first: what they did, workflows they went through, what mail came of it, what they chose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import apsw

from headrace.clock import rfc3339
from headrace.engine.store import rows

MOST = 60
# of one moment, in the order in which one leads to the next
ORDER = (
    "created", "event", "entered", "mail", "ended", "opened", "clicked", "joined", "left", "resubscribed", "unsubscribed",
)  # fmt: skip
MAIL = "select coalesce(sent_at, at), 'mail', subject, id, state, why from send where contact=? order by n desc limit ?"
DEEDS = tuple(
    f"select {kind}_at, '{kind}', subject, id from send where contact=? and {kind}_at is not null order by n desc limit ?"  # noqa: S608
    for kind in ("opened", "clicked")
)
RUNS = tuple(
    f"select r.{kind}_at, '{kind}', w.name, w.id, r.state, r.why from run r join workflow w on w.id=r.workflow"  # noqa: S608
    f" where r.contact=? and r.{kind}_at is not null order by r.seq desc limit ?"
    for kind in ("entered", "ended")
)
CHOICES = """
select a.last_at, d.action, coalesce(l.name, ''), coalesce(l.id, ''), '', iif(d.target='audience', d.name, '')
from activity a join deed d on d.id=a.deed left join list l on d.target='list' and l.id=d.name
where a.contact=(select n from contact where id=?) and d.action in ('joined', 'left', 'unsubscribed', 'resubscribed')
"""


def of(c: apsw.Connection, contact: str, events: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """`events`: the contact's rows of the Event Log, which are read already."""
    found = [moment(row["at"], "event", row["eventName"], row["id"]) for row in events]
    found += [moment(*row) for row in _rows(c, contact)]
    found.sort(key=lambda it: (it["at"], ORDER.index(it["kind"])), reverse=True)
    return found[:MOST]


def moment(at: int | str, kind: str, name: str, ref: str = "", state: str = "", why: str = "") -> dict[str, Any]:
    when = at if isinstance(at, str) else rfc3339(at)
    return {"at": when, "kind": kind, "name": name, "ref": ref, "state": state, "why": why}


def _rows(c: apsw.Connection, contact: str) -> Iterable[tuple[Any, ...]]:
    yield from rows(c, "select created_at, 'created', source from contact where id=?", (contact,))
    for sql in (MAIL, *DEEDS, *RUNS):
        yield from rows(c, sql, (contact, MOST))
    yield from rows(c, CHOICES, (contact,))
