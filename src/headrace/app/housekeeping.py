"""Keeps the queue and the log within their limits: what waits too long expires, a few that hold a segment are copied."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import structlog

from headrace.app.instance import OpenInstance
from headrace.eventlog import keeping
from headrace.eventlog.keeping import Held, Rules
from headrace.fate import SENTENCES, Code
from headrace.storage.sqlite.delivery.expiry import STEP
from headrace.storage.sqlite.eventlog.reader import read_dropped
from headrace.storage.sqlite.eventlog.spans import Spans

log = structlog.get_logger(__name__)
STEPS = 20  # of one round, so that deliveries and pages get their turn
OVER = "Waiting events took more space than HEADRACE_KEEP_WAITING_BYTES; this was among the oldest. It can be replayed."


class Housekeeper:
    """One round a minute. `waiting_bytes`, `pinned_bytes` and `oldest` are what the last round saw."""

    def __init__(self, instance: OpenInstance, settings: Mapping[str, Any]) -> None:
        self._instance = instance
        self._queue = instance.delivery.queue
        self._spans = Spans(instance.data.events)
        self._rules = msgspec.convert({f: settings[f] for f in Rules.__struct_fields__}, Rules, strict=False)
        self._expired = 0
        self.waiting_bytes = self.pinned_bytes = 0
        self.oldest: dict[str, int] = {}

    async def round(self) -> None:
        self.oldest = await asyncio.to_thread(self._queue.oldest)
        await self._expire_old()
        segments = await asyncio.to_thread(self._held)
        self.waiting_bytes = keeping.waiting_bytes(segments)
        for _ in range(STEPS):
            over = keeping.to_expire(segments, self._rules)
            if over is None:
                break
            span, number = over
            found = await asyncio.to_thread(self._queue.of, span.first, span.last, min(number, STEP))
            if not await self._end(found, OVER):
                break  # what is left is on its way
            segments = await asyncio.to_thread(self._held)
        self.pinned_bytes = keeping.pinned_bytes(segments)
        await self._copy_out(segments)
        if self._expired:
            log.warning("waiting events expired; they are kept as failed events", number=self._expired)
            self._expired = 0

    async def _expire_old(self) -> None:
        if not self._rules.keep_waiting:
            return
        before = self._instance.clock.now_ms() - int(self._rules.keep_waiting * 1000)
        for destination_id, began in self.oldest.items():
            after = 0
            for _ in range(STEPS if began < before else 1):
                found = await asyncio.to_thread(self._queue.next_waiting, destination_id, after)
                old = [(w.position, destination_id) for w in found if w.began < before]
                await self._end(old, SENTENCES[Code.EXPIRED])
                if len(found) < STEP or not old:
                    break
                after = found[-1].position

    async def _copy_out(self, segments: list[Held]) -> None:
        """Afterwards the low-water mark lies above that segment, and the gateway drops it."""
        cursor = self._instance.journal.cursor()
        held = keeping.to_copy_out(segments, self._rules, cursor, self._instance.clock.now_ms())
        if held is None:
            return
        for _ in range(STEPS):
            found = await asyncio.to_thread(self._queue.uncopied, held.span.first, held.span.last)
            copies = [(p, d, c) for p, d, c in await asyncio.to_thread(self._with_copies, found) if c is not None]
            if not copies:
                break
            await self._queue.copy(copies)
        if not await asyncio.to_thread(self._queue.uncopied, held.span.first, held.span.last, 1):
            await self._queue.all_copied(held.span.last)
            log.info("waiting events were copied out of an old segment", number=held.waiting, up_to=held.span.last)

    async def _end(self, found: list[tuple[int, str]], reason: str) -> int:
        if not found:
            return 0
        ends = await asyncio.to_thread(self._with_copies, found)
        ended = await self._queue.end(ends, Code.EXPIRED, reason, self._instance.clock.now_ms())
        self._expired += ended
        return ended

    def _with_copies(self, found: Iterable[tuple[int, str]]) -> list[tuple[int, str, bytes | None]]:
        return [(position, destination_id, self._instance.copy_of(position)) for position, destination_id in found]

    def _held(self) -> list[Held]:
        dropped = read_dropped(self._instance.data.events).last
        copied = self._queue.copied_to()
        spans = [span for span in self._spans.all() if span.last > dropped]
        return [Held(span, 0 if span.last <= copied else self._queue.within(span.first, span.last)) for span in spans]
