"""Time and chance of a simulation: a loop that never sleeps but jumps to the next timer, and clocks that read it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any, Protocol

NOON = 1_800_000_000_000  # ms; when every simulation begins


class PowerCut(BaseException):
    """The process is gone: nothing of it runs any more."""


class StuckError(Exception):
    """Nothing is left that could ever happen."""


class Outside(Protocol):
    """What happens whether or not a process runs: calls that come in, requests that arrive, the power."""

    now: float  # seconds since the simulation began

    def between_steps(self) -> None:
        """May raise PowerCut."""

    def next_at(self) -> float | None: ...

    def happen(self) -> None:
        """Let the next of it happen."""


class _Jump:
    """Stands where a loop has its selector: instead of waiting, time moves on."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    def select(self, timeout: float | None) -> list[Any]:
        outside = self._outside
        outside.between_steps()
        due = outside.next_at()
        if due is not None and (timeout is None or due <= outside.now + timeout):
            outside.now = max(outside.now, due)
            outside.happen()
        elif timeout is None:
            raise StuckError("every task waits, and no timer is set")
        elif timeout > 0:
            outside.now += timeout
        return []


class VirtualLoop(asyncio.BaseEventLoop):
    """One process's event loop; its time is the simulation's."""

    def __init__(self, outside: Outside) -> None:
        super().__init__()
        self._outside = outside
        self._selector = _Jump(outside)
        self._clock_resolution = 1e-9

    def time(self) -> float:
        return self._outside.now

    def _process_events(self, events: list[Any]) -> None: ...

    def _write_to_self(self) -> None: ...

    def run_until(self, work: Any) -> Any:
        """Like run_until_complete, but a PowerCut leaves everything as it was at that moment."""
        task = self.create_task(work)
        task.add_done_callback(lambda _: self.stop())
        self.run_forever()
        return task.result()

    def abandon(self) -> None:
        """The process is dead: close what was on its way, let nobody complain about it."""
        for task in asyncio.all_tasks(self):
            task._log_destroy_pending = False  # type: ignore[attr-defined]
            task.get_coro().close()
        self._ready.clear()  # type: ignore[attr-defined]
        self._scheduled.clear()  # type: ignore[attr-defined]

    def __del__(self, _warn: Any = None) -> None: ...


class SimulatedClock:
    """The wall clock may be set forward or back (`offset_ms`); the monotonic one begins anew with each boot."""

    def __init__(self, seconds: Callable[[], float], booted: float, offset_ms: Callable[[], int]) -> None:
        self._seconds = seconds
        self._booted = booted
        self._offset = offset_ms

    def now_ms(self) -> int:
        return NOON + int(self._seconds() * 1000) + self._offset()

    def monotonic(self) -> float:
        return self._seconds() - self._booted

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class SeededChance:
    def __init__(self, dice: random.Random) -> None:
        self._dice = dice

    def fraction(self) -> float:
        return self._dice.random()

    def token(self, length: int, alphabet: str) -> str:
        return "".join(self._dice.choice(alphabet) for _ in range(length))

    def uuid4(self) -> str:
        bits = f"{self._dice.getrandbits(128):032x}"
        return f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-a{bits[17:20]}-{bits[20:]}"
