"""Live events: server-sent events for one source, one destination, or all; correct after a reconnect."""

# no postponed annotations here: FastAPI reads them, and they name this function's own dependencies
import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse

from headrace.console import shapes
from headrace.console.guard import Guard
from headrace.console.login import Logins, User
from headrace.console.port import Instance

EVERY = 0.3  # s between two looks
MOST = 40  # rows of a look; more are told as a number
PING = 15.0  # s of silence


def create_router(instance: Instance, logins: Logins, guard: Guard) -> APIRouter:
    router = APIRouter(tags=["live"])
    viewer = Depends(guard.at_least("viewer"))

    @router.get("/live", summary="A stream of what happens (text/event-stream)")
    async def live(
        request: Request, user: Annotated[User, viewer], source: str | None = None, destination: str | None = None
    ) -> StreamingResponse:
        start = request.headers.get("last-event-id") or request.query_params.get("after")
        feed = Feed(instance, source, destination, start)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(feed.stream(request), media_type="text/event-stream", headers=headers)

    return router


class Feed:
    """One listener's place: `<log position>.<refused call>`, which is also the id of each message."""

    def __init__(self, instance: Instance, source: str | None, destination: str | None, start: str | None) -> None:
        self._instance = instance
        self._source = source
        self._destination = destination
        position, _, refused = (start or "").partition(".")
        head = instance.log.head()
        newest = instance.rejected(1, None)
        self._position = min(int(position), head) if position.isdigit() else head
        self._refused = int(refused) if refused.isdigit() else (newest[0][0] if newest else 0)

    async def stream(self, request: Request) -> AsyncIterator[str]:
        yield "retry: 1000\n\n"
        silent = 0.0
        while not await request.is_disconnected():
            messages = await asyncio.to_thread(self._look)
            for kind, value in messages:
                data = json.dumps(value, ensure_ascii=False)
                yield f"id: {self._position}.{self._refused}\nevent: {kind}\ndata: {data}\n\n"
            silent = 0.0 if messages else silent + EVERY
            if silent >= PING:
                silent = 0.0
                yield "event: ping\ndata: {}\n\n"
            await self._instance.clock.sleep(EVERY)

    def _look(self) -> list[tuple[str, dict[str, Any]]]:
        return self._deliveries() if self._destination else self._events() + self._refusals()

    def _events(self) -> list[tuple[str, dict[str, Any]]]:
        head = self._instance.log.head()
        if head <= self._position:
            return []
        skipped = max(0, head - self._position - MOST)
        wanted = {e.position for e in self._instance.log.read(head - MOST if skipped else self._position, MOST)}
        rows = []
        for row in self._instance.events(None, None, None, self._source, head + 1):
            if row["id"] <= self._position or row["id"] not in wanted:
                break
            rows.append(row | {"message": self._instance.message(row["id"])})
        self._position = head
        told: list[tuple[str, dict[str, Any]]] = [("event", row) for row in reversed(rows)]
        return [("sampled", {"skipped": skipped}), *told] if skipped else told

    def _refusals(self) -> list[tuple[str, dict[str, Any]]]:
        told = []
        name = None
        if self._source:
            found = self._instance.store.snapshot().source(self._source)
            name = found.name if found else ""
        for number, row in self._instance.rejected_since(self._refused):
            self._refused = number
            if name is None or row["source"] in (name, None):
                told.append(("rejected", row | {"id": number}))
        return told

    def _deliveries(self) -> list[tuple[str, dict[str, Any]]]:
        workspace = self._instance.store.snapshot()
        sources = {s.id: s.name for s in workspace.sources}
        names = {d.id: d.name for d in workspace.destinations}
        told = []
        for found in self._instance.journal.since(self._position, MOST * 4):
            if found.fate.state in ("waiting", "sending"):
                break  # told once it is decided; the next look begins here
            self._position = found.fate.position
            if found.fate.destination_id == self._destination:
                told.append(("delivery", shapes.delivery(found, sources, names)))
        return told
