"""How long the engine keeps what: old rows are looked up beside the writer and go in small batches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import apsw
import msgspec
import structlog

from headrace.engine.core import Core
from headrace.engine.desk import Desk
from headrace.engine.events import log as event_log
from headrace.engine.outbox import pruning as mail
from headrace.engine.webhooks import rows as webhooks
from headrace.engine.workflows import pruning as runs

DAY = 86_400_000  # ms
HOUR = 3600.0  # s
BATCH = 250  # rows: some milliseconds of the writer
BREATH = 0.05  # s between batches
log = structlog.get_logger(__name__)


class Days(msgspec.Struct, frozen=True):
    log: int = 30  # the Event Log, and what ended runs knew
    sends: int = 400  # mails and runs
    webhooks: int = 30


class Sweep(msgspec.Struct, frozen=True):
    """`find` looks for at most so many rows that ended before then; `remove` looks at them again and takes them away."""

    days: int
    find: Callable[[apsw.Connection, int, int], list[Any]]
    remove: Callable[[Desk, Sequence[Any]], None]


def sweeps(days: Days) -> tuple[Sweep, ...]:
    return (
        Sweep(days.log, event_log.old, event_log.remove),
        Sweep(days.log, runs.knowing, runs.empty),
        Sweep(days.log, runs.refused, runs.remove),
        Sweep(days.webhooks, webhooks.old, webhooks.forget),
        Sweep(days.sends, mail.old, mail.remove),
        Sweep(days.sends, runs.old, runs.remove),
    )


async def keep(core: Core, days: Days, tidy: Callable[[int], None]) -> None:
    """Until cancelled. `tidy` takes away files and what goes with them, of what ended before that moment (ms)."""
    while True:
        for sweep in sweeps(days):
            try:
                while found := await asyncio.to_thread(_found, core, sweep):
                    await asyncio.wrap_future(core.write(_removal(sweep, found)))
                    await core.clock.sleep(BREATH)
            except apsw.Error as error:  # a full disk, say
                log.error("old rows of the engine could not be removed and will be tried again", error=str(error))
        try:
            await asyncio.to_thread(tidy, _horizon(core, days.log))
        except (apsw.Error, OSError) as error:
            log.error("old imports could not be removed and will be tried again", error=str(error))
        await core.clock.sleep(HOUR)


def prune(core: Core, days: Days, tidy: Callable[[int], None]) -> None:
    """All of it, now."""
    for sweep in sweeps(days):
        while found := _found(core, sweep):
            core.write(_removal(sweep, found)).result()
    tidy(_horizon(core, days.log))


def _horizon(core: Core, days: int) -> int:
    return core.now() - days * DAY


def _found(core: Core, sweep: Sweep) -> list[Any]:
    return core.survey(lambda c: sweep.find(c, _horizon(core, sweep.days), BATCH))


def _removal(sweep: Sweep, found: list[Any]) -> Callable[[Desk], None]:
    return lambda desk: sweep.remove(desk, found)
