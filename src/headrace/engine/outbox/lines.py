"""The connections to the mail server: which mail is in whose hands, so that one that hangs keeps none of the others."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from headrace.clock import Clock
from headrace.engine.outbox.compose import Ready
from headrace.engine.outbox.config import Sending
from headrace.engine.outbox.smtp import Line

QUIET = 20.0  # s after which connections that nobody uses are hung up
MakeLine = Callable[[Sending, str | None], Line]
One = Callable[[Line, Ready], Awaitable[None]]  # one mail over one connection


class Lines:
    """`ring` is called whenever a connection is free again."""

    def __init__(self, make: MakeLine, clock: Clock, ring: Callable[[], None]) -> None:
        self._make, self._clock, self._ring = make, clock, ring
        self._lines: list[Line] = []
        self._for: Sending | None = None
        self._waiting: deque[Ready] = deque()
        self._held: set[str] = set()  # ids of sends that a connection is busy with
        self._working: dict[asyncio.Task[None], Line] = {}
        self._used = 0.0  # monotonic

    @property
    def in_hand(self) -> set[str]:
        return self._held | {it.send.id for it in self._waiting}

    @property
    def busy(self) -> bool:
        return bool(self._working)

    def fit(self, sending: Sending) -> bool:
        """Whether these are the settings that it was dialled with."""
        return self._for == sending

    @property
    def full(self) -> bool:
        return bool(self._waiting) or not self._free()

    def present(self, line: Line) -> bool:
        """Whether it belongs to the settings as they are now."""
        return line in self._lines

    async def dial(self, sending: Sending, password: Callable[[], str | None]) -> None:
        """Connections that are busy with older settings end with the mail that they carry."""
        if self._for != sending:
            await self.hang_up()
            secret = password()
            self._lines = [self._make(sending, secret) for _ in range(sending.connections)]
            self._for = sending

    def carry(self, these: Sequence[Ready], one: One) -> None:
        """Begins; what goes wrong with one of them is raised by `reap`."""
        self._waiting.extend(these)
        for line in self._free()[: len(self._waiting)]:
            task = asyncio.create_task(self._work(line, one))
            task.add_done_callback(lambda _: self._ring())
            self._working[task] = line

    def _free(self) -> list[Line]:
        taken = list(self._working.values())
        return [line for line in self._lines if line not in taken]

    async def _work(self, line: Line, one: One) -> None:
        try:
            while self._waiting and self.present(line):
                it = self._waiting.popleft()
                self._held.add(it.send.id)
                try:
                    await one(line, it)
                finally:
                    self._held.discard(it.send.id)
        finally:
            self._used = self._clock.monotonic()
            if not self.present(line):
                await line.close()

    def reap(self) -> None:
        """Raises what went wrong since."""
        done = [task for task in self._working if task.done()]
        for task in done:
            del self._working[task]
        for error in [task.exception() for task in done]:
            if error is not None:
                self.clear()
                raise error

    def clear(self) -> None:
        """Those that wait here stay where they are stored."""
        self._waiting.clear()

    async def finish(self, within: float) -> None:
        """What is on its way gets the time to hear its answer; nothing else begins."""
        self.clear()
        if self._working:
            await asyncio.wait(self._working, timeout=within)

    async def rest(self) -> None:
        """Nothing to send: servers do not like to be kept waiting."""
        if self._lines and not self._working and self._clock.monotonic() - self._used > QUIET:
            await self.hang_up()

    async def hang_up(self) -> None:
        free, self._lines, self._for = self._free(), [], None
        for line in free:
            await line.close()
