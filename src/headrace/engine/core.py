"""What every room of the engine stands on: the database, time, ids, and whoever listens to what happens."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Protocol, TypeVar, runtime_checkable

import apsw

from headrace.clock import BASE36, Chance, Clock
from headrace.engine.desk import Desk, Happening, Listener
from headrace.engine.store import Store

T = TypeVar("T")


class Sealer(Protocol):
    """Encrypts what has to be shown again."""

    def seal(self, text: str) -> bytes: ...

    def open(self, sealed: bytes) -> str: ...


@runtime_checkable
class Hears(Protocol):
    """A part of the engine that acts on what happens elsewhere."""

    def heard(self, desk: Desk, happening: Happening) -> None:
        """Inside the transaction in which it happens: quick, and no request to anybody."""


Uses = Callable[[apsw.Connection, str], str | None]  # what of a room uses a contact property, in words; None: nothing


@runtime_checkable
class Works(Protocol):
    """A part of the engine that does work of its own."""

    async def run(self) -> None:
        """Until cancelled. What it does is found in the database, so that nothing is lost by a crash."""


Room = Hears | Works  # most are both


class Core:
    """Methods may be called from any thread."""

    def __init__(self, path: Path, clock: Clock, chance: Chance, sealer: Sealer) -> None:
        self.store = Store(path)
        self.clock, self.chance, self.sealer = clock, chance, sealer
        self.listeners: tuple[Listener, ...] = ()
        self.url = ""  # how the world reaches the engine's listener, without a slash at its end; known once it is bound
        self.console_url = ""  # where its pages are, likewise

    def close(self) -> None:
        self.store.close()

    def now(self) -> int:
        return self.clock.now_ms()

    def new_id(self) -> str:
        """Like Loops' ids: 25 characters that begin with `c`."""
        return "c" + self.chance.token(24, BASE36)

    def write(self, run: Callable[[Desk], T]) -> Future[T]:
        """`run` in the writer's thread, in one transaction; durable when the future is done."""
        return self.store.write(lambda c: run(Desk(c, self.now(), self.new_id, self.listeners)))

    def read(self, run: Callable[[apsw.Connection], T]) -> T:
        return self.store.read(run)

    def survey(self, run: Callable[[apsw.Connection], T]) -> T:
        """As `read`, for what goes through a whole table."""
        return self.store.survey(run)
