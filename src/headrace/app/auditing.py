"""The audit that never ends: one bounded comparison after the other of the log with the fates, behind everything else."""

from __future__ import annotations

import asyncio

import msgspec
import structlog

from headrace.app.instance import OpenInstance
from headrace.app.kept import AUDIT
from headrace.eventlog.counting import count
from headrace.journal import ongoing
from headrace.journal.audit import audit
from headrace.journal.ongoing import Progress, Span
from headrace.storage.sqlite.eventlog.reader import read_dropped

log = structlog.get_logger(__name__)
AT_ONCE = 20  # comparisons of one step while it is behind


class Auditor:
    """`step` a second; `round` tells whether the slow round over everything may go on, too."""

    def __init__(self, instance: OpenInstance) -> None:
        self._instance = instance
        raw = instance.watch.recall(AUDIT)
        self.progress = msgspec.json.decode(raw, type=Progress) if raw else Progress()

    async def step(self, go_round: bool) -> None:
        for _ in range(AT_ONCE):
            cursor = self._instance.journal.cursor()
            dropped = read_dropped(self._instance.data.events).last
            span = ongoing.next_span(self.progress, cursor, dropped, behind_only=not go_round)
            if span is None:
                return
            differences = await asyncio.to_thread(self._compare, span)
            if read_dropped(self._instance.data.events).last >= span.first:
                continue  # retention came between the two readings: they say nothing
            before = self.progress
            now = self._instance.clock.now_ms()
            self.progress = ongoing.noted(before, span, differences, cursor, dropped, now)
            for line in set(self.progress.differences) - set(before.differences):
                log.error("the audit found a difference", difference=line)
            if span.why == "round":
                return

    async def keep(self) -> None:
        await asyncio.to_thread(self._instance.watch.keep, {AUDIT: msgspec.json.encode(self.progress)})

    def _compare(self, span: Span) -> list[str]:
        instance = self._instance
        workspace = instance.store.snapshot()
        names = {s.id: s.name for s in workspace.sources} | {d.id: d.name for d in workspace.destinations}
        counted = {s: (c.accepted, c.duplicates) for s, c in count(instance.log, span.first, span.last, each=True).items()}
        routed = {}
        for c in workspace.connections:
            if c.since < span.first:
                entries, repeated = counted.get(c.source_id, (0, 0))
                routed[(c.source_id, c.destination_id)] = entries - repeated
        found = audit(names, counted, routed, instance.tally(span.first, span.last), 0).differences
        for c in workspace.connections:
            if span.first <= c.since < span.last:  # it began in here
                part = count(instance.log, c.since + 1, span.last, each=True).get(c.source_id)
                number = part.accepted - part.duplicates if part else 0
                rows = [r for r in instance.tally(c.since + 1, span.last) if r[:2] == (c.source_id, c.destination_id)]
                found += audit(names, {}, {(c.source_id, c.destination_id): number}, rows, 0).differences
        return found
