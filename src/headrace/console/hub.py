"""One tail of what happens, read once and fanned out to every live page: fifty pages cost as much reading as one.

A page follows a source (or all) or a destination. Pages with the same wish are a group and share the bytes they get.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import structlog

from headrace.console import shapes
from headrace.console.port import Instance
from headrace.event import LoggedEvent

log = structlog.get_logger(__name__)
EVERY = 0.25  # s between two looks
MOST = 40  # rows of a group in one look; what is more is told as a number
READ = 2_000  # entries of the log that one look reads
PENDING = 4 * 2**20  # bytes a page may lag behind before its stream ends

Group = tuple[str, str | None]  # ("source", id or None: all) or ("destination", id)


class Marks(msgspec.Struct, frozen=True):
    """How far one has seen: the log, refused calls, outcomes of deliveries."""

    position: int
    refused: int
    outcome: int


class Subscriber:
    """A page's place in its group. `take` waits for the next bytes; None: it was too slow, the stream ends."""

    def __init__(self, group: Group, start: Marks) -> None:
        self.group = group
        self.start = start
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._news = asyncio.Event()
        self.dropped = False

    def give(self, chunk: bytes) -> bool:
        """False when it lags too far behind."""
        self._chunks.append(chunk)
        self._size += len(chunk)
        self._news.set()
        if self._size > PENDING:
            self._chunks.clear()
            self.dropped = True
        return not self.dropped

    async def take(self) -> bytes | None:
        while not self._chunks:
            if self.dropped:
                return None
            self._news.clear()
            await self._news.wait()
        chunk = self._chunks.popleft()
        self._size -= len(chunk)
        return chunk


class Hub:
    """Reads only while somebody looks."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._pages: set[Subscriber] = set()
        self._task: asyncio.Task[None] | None = None
        self._marks = Marks(0, 0, 0)
        self._starting = asyncio.Lock()
        self.looks = 0

    async def join(self, group: Group) -> Subscriber:
        """From now on. What was before `start` is for `missed`."""
        async with self._starting:
            if self._task is None or self._task.done():
                self._marks = await asyncio.to_thread(self.heads)
                self._task = asyncio.create_task(self._run())
            page = Subscriber(group, self._marks)
            self._pages.add(page)
        return page

    def leave(self, page: Subscriber) -> None:
        self._pages.discard(page)

    def __len__(self) -> int:
        return len(self._pages)

    async def missed(self, group: Group, last_id: str, upto: Marks) -> bytes:
        """What a page that comes back has not seen."""
        after = parse(last_id, group, upto)
        return (await asyncio.to_thread(self.gather, after, upto, {group})).get(group, b"")

    def heads(self) -> Marks:
        newest = self._instance.rejected(1, None)
        refused = newest[0][0] if newest else 0
        return Marks(self._instance.log.head(), refused, self._instance.insight.newest_outcome())

    async def _run(self) -> None:
        while self._pages:
            try:
                await self._look()
            except Exception:  # a database error, say: the open pages go on, and the next look reads what was missed
                log.exception("the live pages miss a look")
            await self._instance.clock.sleep(EVERY)

    async def _look(self) -> None:
        """Who joins while we read starts at the same mark, and is read for too before the mark moves."""
        self.looks += 1
        after, upto = self._marks, await asyncio.to_thread(self.heads)
        if upto == after:
            return
        found: dict[Group, bytes] = {}
        done: set[Group] = set()
        while missing := {page.group for page in self._pages} - done:
            found |= await asyncio.to_thread(self.gather, after, upto, missing)
            done |= missing
        self._marks = upto
        for page in list(self._pages):
            chunk = found.get(page.group)
            if chunk and not page.give(chunk):
                self.leave(page)

    # --- reading, in a thread --------------------------------------------------------------------------------------

    def gather(self, after: Marks, upto: Marks, groups: Iterable[Group]) -> dict[Group, bytes]:
        """The messages between two marks for each group."""
        sources = [key for kind, key in groups if kind == "source"]
        destinations = [key for kind, key in groups if kind == "destination"]
        found: dict[Group, bytes] = {}
        if sources:
            texts = self._events(after, upto, sources)
            refused = self._refusals(after, upto, sources)
            found |= {("source", key): texts.get(key, b"") + refused.get(key, b"") for key in sources}
        if destinations:
            texts = self._outcomes(after, upto, destinations)
            found |= {("destination", key): texts.get(key, b"") for key in destinations}
        return {group: chunk for group, chunk in found.items() if chunk}

    def _events(self, after: Marks, upto: Marks, sources: Sequence[str | None]) -> dict[str | None, bytes]:
        if upto.position <= after.position:
            return {}
        unread = max(0, upto.position - after.position - READ)
        entries = [e for e in self._instance.log.read(after.position + unread, READ) if e.position <= upto.position]
        encoded: dict[int, bytes] = {}
        found: dict[str | None, bytes] = {}
        for key in sources:
            fitting = [e for e in entries if key in (None, e.source_id)]
            shown = fitting[-MOST:]
            skipped = unread + len(fitting) - len(shown)
            chunks = [_sampled(skipped, f"{after.position}.{after.refused}")] if skipped else []
            for entry in shown:
                if entry.position not in encoded:
                    name = f"{entry.position}.{after.refused}"
                    encoded[entry.position] = frame("event", name, self._event(entry))
                chunks.append(encoded[entry.position])
            found[key] = b"".join(chunks)
        return found

    def _event(self, entry: LoggedEvent) -> dict[str, Any]:
        pages = self._instance.pages
        message = pages.decoded(entry) if entry.duplicate_of is None else {}
        return pages.row(entry, message) | {"message": message or None}

    def _refusals(self, after: Marks, upto: Marks, sources: Sequence[str | None]) -> dict[str | None, bytes]:
        if upto.refused <= after.refused:
            return {}
        newest = [(n, r) for n, r in self._instance.rejected(MOST, upto.refused + 1) if n > after.refused]
        unread = upto.refused - after.refused - len(newest)
        workspace = self._instance.store.snapshot()
        found: dict[str | None, bytes] = {}
        for key in sources:
            source = workspace.source(key) if key else None
            names = (source.name if source else "", None)
            chunks = [_sampled(unread, f"{upto.position}.{after.refused}")] if unread else []
            for number, row in reversed(newest):
                if key is None or row["source"] in names:
                    chunks.append(frame("rejected", f"{upto.position}.{number}", {**row, "id": number}))
            found[key] = b"".join(chunks)
        return found

    def _outcomes(self, after: Marks, upto: Marks, destinations: Sequence[str | None]) -> dict[str | None, bytes]:
        if upto.outcome <= after.outcome:
            return {}
        rows = self._instance.insight.outcomes_after(after.outcome, MOST * 10)
        rows = [(seq, d) for seq, d in rows if seq <= upto.outcome]
        unread = max(0, upto.outcome - after.outcome - len(rows)) if len(rows) == MOST * 10 else 0
        names = shapes.names(self._instance.store.snapshot())
        found: dict[str | None, bytes] = {}
        for key in destinations:
            fitting = [(seq, d) for seq, d in rows if d.fate.destination_id == key]
            skipped = unread + max(0, len(fitting) - MOST)
            chunks = [_sampled(skipped, f"{after.outcome}")] if skipped else []
            for seq, delivery in fitting[-MOST:]:
                chunks.append(frame("delivery", str(seq), shapes.delivery(delivery, *names) | {"seq": seq}))
            found[key] = b"".join(chunks)
        return found


def parse(last_id: str, group: Group, upto: Marks) -> Marks:
    """Where a page was, from the id of the last message it saw; what makes no sense is now."""
    first, _, second = last_id.partition(".")
    seen = int(first) if first.isascii() and first.isdigit() and len(first) < 18 else None
    if seen is None:
        return upto
    if group[0] == "destination":
        return msgspec.structs.replace(upto, outcome=min(seen, upto.outcome))
    refused = int(second) if second.isascii() and second.isdigit() and len(second) < 18 else upto.refused
    return msgspec.structs.replace(upto, position=min(seen, upto.position), refused=min(refused, upto.refused))


def frame(kind: str, name: str, value: Any) -> bytes:
    """One message of an event stream. JSON has no line breaks of its own."""
    data = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return f"id: {name}\nevent: {kind}\ndata: {data}\n\n".encode("utf-8", "replace")


def _sampled(skipped: int, name: str) -> bytes:
    return frame("sampled", name, {"skipped": skipped})
