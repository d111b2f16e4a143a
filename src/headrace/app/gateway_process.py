"""The gateway process: event log, gateway, and the link to the worker."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import apsw
import structlog

from headrace.app import child, logs
from headrace.app.link import Link
from headrace.app.paths import DataDirectory
from headrace.clock import Clock, SystemChance, SystemClock
from headrace.errors import HeadraceError
from headrace.event import AcceptedEvent, LoggedEvent
from headrace.eventlog.port import LogStats
from headrace.gateway.app import Gateway, GatewaySettings
from headrace.gateway.rejected import RejectedLog
from headrace.gateway.rejected import erase as erase_rejected
from headrace.gateway.server import raise_descriptor_limit, serve
from headrace.gateway.sources import SourceBook
from headrace.storage.sqlite.eventlog.limits import EventLogSettings
from headrace.storage.sqlite.eventlog.writer import SqliteEventLog

log = structlog.get_logger(__name__)
NUDGE_AFTER = 0.003  # s; one wake-up for whatever was appended meanwhile
HOUSEKEEPING = 5.0  # s
RETENTION = 12  # housekeepings between two looks at old segments
BRIEFLY = 0.0005  # s that a thread keeps others waiting while the log is gone through
SEGMENTS = 8  # that the log consists of at least when it is full: what is dropped is dropped whole


class NudgingLog:
    """The event log, telling the worker soon after an append that there is something to read."""

    def __init__(self, inner: SqliteEventLog, link: Link) -> None:
        self._inner = inner
        self._link = link
        self._pending = False

    async def append(self, events: Sequence[AcceptedEvent]) -> list[LoggedEvent]:
        logged = await self._inner.append(events)
        if not self._pending:
            self._pending = True
            asyncio.get_running_loop().call_later(NUDGE_AFTER, self._nudge)
        return logged

    def _nudge(self) -> None:
        self._pending = False
        self._link.send({"appended": True})

    def trouble(self) -> str | None:
        return self._inner.trouble()

    def stats(self) -> LogStats:
        return self._inner.stats()

    async def close(self) -> None:
        await self._inner.close()


def log_settings(settings: dict[str, Any]) -> EventLogSettings:
    largest = EventLogSettings().segment_bytes
    return EventLogSettings(
        segment_bytes=min(largest, max(1, settings["retention_bytes"] // SEGMENTS)),
        dedup_window=settings["dedup_window"],
        min_free_bytes=settings["min_free_bytes"],
        retention_age=settings["retention_age"],
        retention_bytes=settings["retention_bytes"],
    )


async def main(order: child.ChildOrder) -> None:
    logs.configure(order.settings, "gateway")
    reporter = child.Reporter(order.report)
    data = DataDirectory(Path(order.data))
    clock = SystemClock()
    try:
        inner = SqliteEventLog.open(data.events, clock, log_settings(order.settings))
    except HeadraceError as error:
        reporter.send("fatal", message=str(error))
        return
    raise_descriptor_limit()
    link = Link(child.adopt(order.link))
    sources = SourceBook(data.sources, clock)
    rejected = RejectedLog(data.gateway_db, clock, lambda line: reporter.send("refused", line=line))
    settings = GatewaySettings(order.settings["event_limit"], order.settings["max_requests"])
    gateway = Gateway(NudgingLog(inner, link), sources, rejected, clock, SystemChance(), settings)
    low_water = 0

    rejected.suppressed = lambda: sources.published.suppressed
    erasing: set[asyncio.Task[None]] = set()

    async def erase(wanted: int) -> None:
        """Whoever is suppressed leaves the files. The answer says which list that was; the worker asks until it comes."""
        revision = sources.reload()
        if revision < wanted:
            return  # the file is not there yet
        suppressed = sources.published.suppressed
        before = sys.getswitchinterval()
        sys.setswitchinterval(BRIEFLY)  # calls are answered between its steps
        try:
            await inner.erase(suppressed)
            await asyncio.to_thread(erase_rejected, data.gateway_db, suppressed)
        except (HeadraceError, OSError, apsw.Error) as error:
            log.error("forgotten people could not be taken out of the log", error=str(error))
        else:
            link.send({"erased": revision})
        finally:
            sys.setswitchinterval(before)

    def heard(message: dict[str, Any]) -> None:
        nonlocal low_water
        if "sources" in message:
            link.send({"sources": sources.reload()})
        if "erase" in message and not erasing:
            task = asyncio.create_task(erase(message["erase"]))
            erasing.add(task)
            task.add_done_callback(erasing.discard)
        low_water = message.get("low_water", low_water)  # it falls when old events are put back

    link.listen(heard)

    def count() -> None:
        rejected.count(gateway.counters.as_dict())

    stop = asyncio.Event()
    housekeeper = asyncio.create_task(_keep_house(inner.drop_old, lambda: low_water, count, clock))
    waiting = asyncio.create_task(child.until_told_to_stop(stop))
    await serve(gateway, child.adopt(order.listeners["gateway"]), stop, started=lambda: reporter.send("ready"))
    housekeeper.cancel()
    waiting.cancel()
    await inner.close()
    count()
    rejected.close()


async def _keep_house(
    drop_old: Callable[[int], Awaitable[None]], low_water: Callable[[], int], count: Callable[[], None], clock: Clock
) -> None:
    rounds = 0
    while True:
        await clock.sleep(HOUSEKEEPING)
        count()
        rounds += 1
        if rounds % RETENTION == 0:
            try:
                await drop_old(low_water())
            except (HeadraceError, OSError, apsw.Error) as error:
                log.error("old events could not be dropped", error=str(error))


if __name__ == "__main__":
    child.run(main)
