"""Keeps the queue and the log within their limits: what waits too long expires, a few that hold a segment are copied."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import structlog

from headrace.app.instance import OpenInstance
from headrace.eventlog import keeping
from headrace.eventlog.keeping import Pinned, Rules
from headrace.fate import SENTENCES, Code
from headrace.storage.sqlite.delivery.expiry import STEP
from headrace.storage.sqlite.eventlog.reader import read_dropped
from headrace.storage.sqlite.eventlog.spans import Spans

log = structlog.get_logger(__name__)
STEPS = 20  # commits of one round, so that the rest of housekeeping gets its turn
OFF = ("paused", "disabled")
OVER = "Waiting events took more space than HEADRACE_KEEP_WAITING_BYTES; this was among the oldest. It can be replayed."
FULL = "The event log is over its size limit, and this destination is off. The event is kept here; replay it afterwards."


class Space:
    """`waiting_bytes`, `pinned_bytes` and `oldest` are what the last round saw; `unfinished`: it ended after its steps."""

    def __init__(self, instance: OpenInstance, settings: Mapping[str, Any], steps: int = STEPS) -> None:
        self._instance, self._steps = instance, steps
        self._queue = instance.delivery.queue
        self._spans = Spans(instance.data.events)
        self._rules = msgspec.convert({f: settings[f] for f in Rules.__struct_fields__}, Rules, strict=False)
        self._left = 0  # steps of this round
        self.waiting_bytes = self.pinned_bytes = 0
        self.oldest: dict[str, int] = {}

    @property
    def unfinished(self) -> bool:
        return self._left == 0

    async def round(self) -> None:
        self._left = self._steps
        self.oldest = await asyncio.to_thread(self._queue.oldest)
        expired = await self._expire_old()
        segments = await asyncio.to_thread(self._pinned)
        self.waiting_bytes = keeping.waiting_bytes(segments)
        while self._left and (over := keeping.to_expire(segments, self._rules)) is not None:
            span, number = over
            ended = await self._end(await asyncio.to_thread(self._queue.of, span.first, span.last, min(number, STEP)), OVER)
            if not ended:
                break  # what is left is on its way
            expired += ended
            segments = await asyncio.to_thread(self._pinned)
        if expired:
            log.warning("waiting events expired; they are kept as failed events", number=expired)
        if await self._let_go(segments):
            segments = await asyncio.to_thread(self._pinned)
        self.pinned_bytes = keeping.pinned_bytes(segments)
        await self._copy_out(segments)

    async def _expire_old(self) -> int:
        if not self._rules.keep_waiting:
            return 0
        before = self._instance.clock.now_ms() - int(self._rules.keep_waiting * 1000)
        expired = 0
        for destination_id, began in self.oldest.items():
            after, more = 0, True
            while more and self._left:
                found = await asyncio.to_thread(self._queue.next_waiting, destination_id, after)
                old = [(w.position, destination_id) for w in found if w.began < before]
                expired += await self._end(old, SENTENCES[Code.EXPIRED])
                more = began < before and bool(old) and len(found) == STEP
                after = found[-1].position if found else after
        return expired

    async def _let_go(self, segments: list[Pinned]) -> int:
        """When the log is over its size: what waits for destinations that are off ends, so that it can be dropped."""
        until = keeping.to_let_go(segments, self._rules)
        off = [destination_id for destination_id, health in self._instance.health().items() if health.state in OFF]
        if not until or not off:
            return 0
        expired, ended, first = 0, 1, self._queue.copied_to() + 1  # what has a copy here holds nothing
        while ended and self._left:
            ended = await self._end(await asyncio.to_thread(self._queue.of, first, until, STEP, off), FULL)
            expired += ended
        if expired:
            log.error(
                "the event log is over its size limit: events of destinations that are off have expired", expired=expired
            )
        return expired

    async def _copy_out(self, segments: list[Pinned]) -> None:
        """Afterwards the low-water mark lies above that segment, and the gateway drops it."""
        cursor = self._instance.journal.cursor()
        pinned = keeping.to_copy_out(segments, self._rules, cursor, self._instance.clock.now_ms())
        if pinned is None:
            return
        for _ in range(STEPS):
            found = await asyncio.to_thread(self._queue.uncopied, pinned.span.first, pinned.span.last)
            copies = [(p, d, c) for p, d, c in await asyncio.to_thread(self._with_copies, found) if c is not None]
            if not copies:
                break
            await self._queue.copy(copies)
        if not await asyncio.to_thread(self._queue.uncopied, pinned.span.first, pinned.span.last, 1):
            await self._queue.all_copied(pinned.span.last)
            log.info("waiting events were copied out of an old segment", number=pinned.waiting, up_to=pinned.span.last)

    async def _end(self, found: list[tuple[int, str]], reason: str) -> int:
        if not found:
            return 0
        self._left -= 1
        ends = await asyncio.to_thread(self._with_copies, found)
        return await self._queue.end(ends, Code.EXPIRED, reason, self._instance.clock.now_ms())

    def _with_copies(self, found: Iterable[tuple[int, str]]) -> list[tuple[int, str, bytes | None]]:
        return [(position, destination_id, self._instance.copy_of(position)) for position, destination_id in found]

    def _pinned(self) -> list[Pinned]:
        dropped = read_dropped(self._instance.data.events).last
        copied = self._queue.copied_to()
        spans = self._spans.all(dropped)
        open_ones = [(span.first, span.last) for span in spans if span.last > copied]
        waiting = [0] * (len(spans) - len(open_ones)) + self._queue.within(open_ones)
        return [Pinned(span, number) for span, number in zip(spans, waiting, strict=True)]
