"""Virtual time: a loop that jumps to the next timer instead of waiting, and the writer of delivery.db without its thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import apsw

from headrace.storage.sqlite.callers import resolve
from headrace.storage.sqlite.delivery.committer import Committer, Work

T = TypeVar("T")
STEP = 1e-6  # s that one turn of the loop takes; time that stood still could be waited for without end
NOON = 1_800_000_000_000  # ms; when every virtual run begins


class _Jump:
    """Stands where a loop has its selector."""

    def __init__(self) -> None:
        self.now = 0.0

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("every task waits, and no timer is set")
        self.now += max(timeout, STEP)
        return []


class VirtualLoop(asyncio.BaseEventLoop):
    def __init__(self) -> None:
        super().__init__()
        self._selector = _Jump()
        self._clock_resolution = 1e-9

    def time(self) -> float:
        return self._selector.now

    def _process_events(self, events: list[Any]) -> None: ...

    def _write_to_self(self) -> None: ...

    def __del__(self, _warn: Any = None) -> None: ...


class VirtualClock:
    """Only for code that runs on a VirtualLoop."""

    def now_ms(self) -> int:
        return NOON + int(self.monotonic() * 1000)

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def run(main: Coroutine[Any, Any, T]) -> T:
    loop = VirtualLoop()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(main)
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        asyncio.set_event_loop(None)


class VirtualCommitter(Committer):
    """The real grouping and the real transactions, in the loop's own thread; each commit takes `takes` seconds."""

    def __init__(self, connection: apsw.Connection, undone: Callable[[], None], takes: float) -> None:
        self._connection = connection
        self._undone = undone
        self._takes = takes
        self._works: list[Work] = []
        self._busy = False

    def _take(self, work: Work) -> None:
        self._works.append(work)
        if not self._busy:
            self._busy = True
            work.loop.call_soon(self._start, work.loop)

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        """What queued until now shares this commit; whoever comes during it waits for the next."""
        works, self._works = self._works, []
        self._commit(works)
        loop.call_later(self._takes, self._end, loop, works)

    def _end(self, loop: asyncio.AbstractEventLoop, works: list[Work]) -> None:
        resolve(works)
        if self._works:
            self._start(loop)
        else:
            self._busy = False

    def close(self) -> None:
        if self._works:
            self._commit(self._works)
