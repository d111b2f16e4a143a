"""What was sent lately of each identifier, and who was last seen with whom: what skipping and mending ask. In SQL."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import apsw
import msgspec

from headrace.delivery.port import Carried, Sent
from headrace.storage.sqlite.delivery.schema import rows


def recall(connection: apsw.Connection, account: str, names: Sequence[str]) -> dict[str, Sent]:
    marks = ",".join("?" * len(names))
    found = rows(
        connection,
        f"select identifier, hash, at, position, carrier from sent where team=? and identifier in ({marks})",  # noqa: S608
        (filed(account), *names),
    )
    return {name: Sent(*row) for name, *row in found}


def clear(connection: apsw.Connection, carried: Carried) -> None:
    """Before a request leaves: until its answer is known, nobody knows what these contacts hold."""
    if carried.everything:
        forget(connection, carried.account)
    for name in carried.names:
        connection.execute("update sent set hash=null where team=? and identifier=?", (filed(carried.account), name))


def remember(connection: apsw.Connection, carried: Carried, carrier: int, at: int) -> None:
    """After its 2xx. `carrier`: position of the delivery whose request it was."""
    for name in carried.names:
        connection.execute(
            "insert into sent values(?,?,?,?,?,?) on conflict do update set hash=excluded.hash, at=excluded.at,"
            " position=max(position, excluded.position), carrier=excluded.carrier",
            (filed(carried.account), name, carried.hash, at, carried.position, carrier),
        )


def forget(connection: apsw.Connection, account: str) -> None:
    """Nothing that was sent to this account counts as sent any longer; how new the newest was stays."""
    connection.execute("update sent set hash=null where team=?", (filed(account),))


def filed(account: str) -> str:
    """An account may hold a key: it is kept as its hash."""
    return hashlib.sha256(account.encode()).hexdigest()[:32]


class _Link(msgspec.Struct, frozen=True, array_like=True):
    with_: tuple[str, ...]
    at: int


_link = msgspec.msgpack.Decoder(_Link)


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
    found = rows(connection, "select value from note where key=?", (f"l\0{destination}\0{lane}",))
    return _link.decode(found[0][0]).with_ if found else ()
