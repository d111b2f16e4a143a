"""Bugs planted into the real code, one at a time: the simulation has to find each. \`python -m tests.simulation.plant\`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import msgspec

from headrace.delivery import fold, keys, memory, outcome
from headrace.delivery.outcome import Outcome
from headrace.destinations.loops import fold as loops_fold
from headrace.storage.sqlite.delivery import claims, lanes, schema, sent
from headrace.storage.sqlite.delivery.db import DeliveryDb
from tests.simulation.commits import SteppedCommitter
from tests.simulation.run import simulate

MOST = 3_000  # seeds tried for each


def _instead(owner: Any, name: str, make: Callable[[Any], Any]) -> Any:
    return patch.object(owner, name, make(getattr(owner, name)))


def _no_fsync(real: Callable[..., Any]) -> Callable[..., Any]:
    def connect(path: Any, write: bool) -> Any:
        connection = real(path, write)
        if write:
            connection.execute("pragma synchronous=off").fetchall()
        return connection

    return connect


def _told_early(real: Callable[..., Any]) -> Callable[..., Any]:
    """A commit is answered before it is made."""

    def fire(self: SteppedCommitter, loop: Any) -> None:
        works, self._works = self._works, []
        loop.call_soon(self._told, loop, works)
        loop.call_later(self._latency(), lambda: self._committing(lambda: self._commit(works)))

    return fire


def _windowed(real: Callable[..., Any]) -> Callable[..., Any]:
    """Looks no further than two places ahead for somebody older in a lane."""

    def enter(connection: Any, turns: Any, destination: int, position: int, names: Any, live: bool = True) -> None:
        real(connection, turns, destination, position, names, live)
        for name in names:
            sql = "select count(*) from lane where destination=? and identifier=? and position<?"
            ((older,),) = schema.rows(connection, sql, (destination, name, position))
            if older >= 2:
                connection.execute(
                    "update delivery set blocked=0 where position=? and destination=?", (position, destination)
                )
                lanes.make_ready(connection, turns, destination, position, 0)

    return enter


def _counts_as_open(real: Callable[..., Any]) -> Callable[..., Any]:
    def decide(claimed: Any, rendered: Any, said: Any, *rest: Any, **more: Any) -> Outcome:
        if type(said).__name__ == "KeyUsed":
            claimed = msgspec.structs.replace(claimed, key_open_since=1)
        return real(claimed, rendered, said, *rest, **more)  # type: ignore[no-any-return]

    return decide


def _first_only(real: Callable[..., Any]) -> Callable[..., Any]:
    """A lane is left although the answer says that the delivery stays."""

    def stay(connection: Any, turns: Any, destination: int, position: int, due: int) -> None:
        ((written,),) = schema.rows(
            connection, "select lanes from delivery where position=? and destination=?", (position, destination)
        )
        real(connection, turns, destination, position, due)
        for name in msgspec.json.decode(written) if written else ():
            following = schema.rows(
                connection,
                "select position from lane where destination=? and identifier=? and position>? order by position limit 1",
                (destination, name, position),
            )
            for (after,) in following:
                lanes.make_ready(connection, turns, destination, after, 0)

    return stay


BUGS: dict[str, Callable[[], Any]] = {
    "key reused after a definite refusal": lambda: _instead(
        outcome, "refused", lambda real: lambda claimed: real(claimed) | {"key_turn": claimed.key_turn}
    ),
    "a new key while an attempt is open": lambda: _instead(outcome, "not_taken", lambda real: outcome.refused),
    "a new key at each attempt": lambda: _instead(
        keys, "key", lambda real: lambda *parts: real(*parts[:3], parts[3] * 1000 + id(object()) % 997)
    ),
    "fold across an email change": lambda: _instead(loops_fold, "_same_or_absent", lambda real: lambda one, other: True),
    "fold over a second value": lambda: _instead(loops_fold, "_shared", lambda real: lambda one, other, may: set()),
    "nulls on events": lambda: _instead(loops_fold, "_may_ride_on_an_event", lambda real: lambda contact: True),
    "skip memory not cleared before sending": lambda: _instead(sent, "clear", lambda real: lambda *all_of_it: None),
    "skip although something else was said since": lambda: _instead(
        memory, "carried", lambda real: lambda account, rendered, position, known: None
        if rendered.kind == "event" else real(account, rendered, position, known)
    ),
    "email learnt without looking who has it now": lambda: _instead(
        sent, "_seen_with", lambda real: lambda connection, destination, lane: ("e:ada@x.org",)
    ),
    "a window cap": lambda: _instead(lanes, "enter", _windowed),
    "a lane released too early": lambda: _instead(lanes, "stay", _first_only),
    "a fate flushed late": lambda: _instead(SteppedCommitter, "_fire", _told_early),
    "a missing fsync": lambda: patch("headrace.storage.sqlite.delivery.db.connect", _no_fsync(schema.connect)),
    "intent not written down": lambda: _instead(claims, "write_down", lambda real: lambda *all_of_it: None),
    "409 counted as delivered without an open attempt": lambda: _instead(outcome, "decide", _counts_as_open),
    "the attempt that a crash interrupted is forgotten": lambda: _instead(
        outcome, "interrupted", lambda real: lambda claimed, sent_at: claimed
    ),
    "a fold is not repeated with its members": lambda: _instead(
        fold.Fold, "held", lambda real: lambda self: None
    ),
    "claims are forgotten": lambda: _instead(DeliveryDb, "_unclaim", lambda real: lambda self, to, positions: None),
}  # fmt: skip


@contextmanager
def planted(name: str) -> Iterator[None]:
    with BUGS[name]():
        yield


def caught_by(name: str, most: int = MOST) -> int | None:
    """The first seed that finds the bug."""
    with planted(name):
        for seed in range(most):
            try:
                if simulate(seed).failures:
                    return seed
            except Exception:  # noqa: BLE001 - a bug may also break what drives it: found
                return seed
    return None


def main() -> int:
    missed = 0
    for name in sys.argv[1:] or BUGS:
        seed = caught_by(name)
        missed += seed is None
        print(f"| {name} | {'not found' if seed is None else f'seed {seed}'} |", flush=True)
    return missed


if __name__ == "__main__":
    sys.exit(main())
