"""What was sent lately of each identifier, and who was last seen with whom: what skipping and mending ask. In SQL."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import apsw

from headrace.delivery.port import Carried, Sent
from headrace.routing.lanes import link_key, read_link
from headrace.storage.sqlite.delivery.schema import rows


def recall(connection: apsw.Connection, account: str, names: Sequence[str]) -> dict[str, Sent]:
    marks = ",".join("?" * len(names))
    found = rows(
        connection,
        f"select identifier, hash, at, position, carrier from sent where team=? and identifier in ({marks})",  # noqa: S608
        (filed(account), *names),
    )
    return {name: Sent(*row) for name, *row in found}


def clear(connection: apsw.Connection, carried: Carried, destination: int, carrier: int, at: int) -> None:
    """Before a request leaves: until its answer is known, nobody knows what these contacts hold."""
    if carried.everything:
        forget(connection, carried.account)
    for name in carried.names:
        connection.execute(
            "insert into sent values(?,?,null,?,0,?,?) on conflict do update set hash=null, clearer=excluded.clearer",
            (filed(carried.account), name, at, carrier, f"{destination}:{carrier}"),
        )


def remember(connection: apsw.Connection, carried: Carried, destination: int, carrier: int, at: int) -> None:
    """After its 2xx. `carrier`: position of the delivery whose request it was.

    A sister destination may have sent to the same contact meanwhile, or not know yet whether it did: then nobody knows
    which came last, and nothing is remembered.
    """
    for name in carried.names:
        alone = not _others_left(connection, destination, name)
        connection.execute(
            "update sent set hash=case when clearer=?1 and ?2 then ?3 end, at=?4, position=max(position, ?5), carrier=?6"
            " where team=?7 and identifier=?8",
            (
                f"{destination}:{carrier}", int(alone), carried.hash, at, carried.position, carrier, filed(carried.account),
                name,
            ),
        )  # fmt: skip


def _others_left(connection: apsw.Connection, destination: int, name: str) -> bool:
    """Whether a request of another destination that names this identifier left, and its fate is open."""
    for (other,) in rows(
        connection,
        "select distinct destination from count_state where state in (2, 3) and number>0 and destination<>?",
        (destination,),
    ):
        left = rows(
            connection,
            "select 1 from lane l join delivery d on d.position=l.position and d.destination=l.destination"
            " where l.destination=? and l.identifier=? and d.first_left_at is not null and d.state in (2, 3) limit 1",
            (other, name),
        )
        if left:
            return True
    return False


def forget(connection: apsw.Connection, account: str) -> None:
    """Nothing that was sent to this account counts as sent any longer; how new the newest was stays."""
    connection.execute("update sent set hash=null where team=?", (filed(account),))


def filed(account: str) -> str:
    """An account may hold a key: it is kept as its hash."""
    return hashlib.sha256(account.encode()).hexdigest()[:32]


def email_of(connection: apsw.Connection, destination: str, lanes: Sequence[str]) -> str | None:
    """The email that stands in the same lanes as the one user ID, where the last event naming either named both."""
    users = [lane for lane in lanes if lane.startswith("u:")]
    emails = [lane for lane in lanes if lane.startswith("e:")]
    if len(users) != 1 or len(emails) != 1 or emails[0].startswith("e:#"):
        return None
    seen = {lane: _seen_with(connection, destination, lane) for lane in (users[0], emails[0])}
    mutual = seen[users[0]] == (emails[0],) and seen[emails[0]] == (users[0],)
    return emails[0][2:] if mutual else None


def _seen_with(connection: apsw.Connection, destination: str, lane: str) -> tuple[str, ...]:
    found = rows(connection, "select value from note where key=?", (link_key(destination, lane),))
    return read_link(found[0][0]).with_ if found else ()
