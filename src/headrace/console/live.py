"""Live events: server-sent events for one source, one destination, or all; correct after a reconnect."""

# no postponed annotations here: FastAPI reads them, and they name this function's own dependencies
import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from headrace.console.guard import Guard, Problem
from headrace.console.hub import Group, Hub
from headrace.console.login import Logins, User
from headrace.console.params import Text
from headrace.console.port import Instance

PING = 15.0  # s between two looks whether the session still is; in silence the page hears of it
SLOW = 20.0  # s that a page may take to read what was sent
MOST_PAGES = 500
STREAM: dict[int | str, dict[str, Any]] = {200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}}


class EventStream(Response):
    """Sends what the generator gives until it ends, the page goes away, or it does not read."""

    media_type = "text/event-stream"

    def __init__(self, stream: AsyncIterator[bytes], status_code: int = 200) -> None:  # FastAPI's OpenAPI asks for it
        super().__init__(status_code=status_code, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._stream = stream

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        writing = asyncio.create_task(self._write(send))
        leaving = asyncio.create_task(self._leave(receive))
        try:
            await asyncio.wait({writing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (writing, leaving):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, TimeoutError, OSError):
                    await task

    async def _write(self, send: Any) -> None:
        begun = False
        async for chunk in self._stream:
            if not begun:  # by now the page has joined: what comes after the answer began is not missed
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                begun = True
            message = {"type": "http.response.body", "body": chunk, "more_body": True}
            await asyncio.wait_for(send(message), SLOW)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _leave(self, receive: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass


def create_router(instance: Instance, logins: Logins, guard: Guard) -> APIRouter:
    router = APIRouter(tags=["live"])
    viewer = Depends(guard.at_least("viewer"))

    @router.get(
        "/live", summary="A stream of what happens (text/event-stream)", response_class=EventStream, responses=STREAM
    )
    async def live(
        request: Request, user: Annotated[User, viewer], source: Text = None, destination: Text = None, after: Text = None
    ) -> Response:
        hub: Hub = request.app.state.hub
        if len(hub) >= MOST_PAGES:
            raise Problem(429, "Too many live pages", f"{MOST_PAGES} live pages are open. Close some.", retry_after=30)
        if destination:
            instance.store.destination(destination)
        elif source:
            instance.store.source(source)
        group: Group = ("destination", destination) if destination else ("source", source or None)
        last_id = request.headers.get("last-event-id") or after or ""
        return EventStream(follow(hub, group, last_id, lambda: _still_in(guard, request)))

    return router


def _still_in(guard: Guard, request: Request) -> bool:
    try:
        return guard.user(request).may("viewer")
    except Problem:
        return False


async def follow(hub: Hub, group: Group, last_id: str, still_in: Callable[[], bool]) -> AsyncIterator[bytes]:
    """First what was missed, then what comes; ends when the session ended or the page is too slow."""
    page = await hub.join(group)
    try:
        yield b"retry: 1000\n\n"
        if last_id and (missed := await hub.missed(group, last_id, page.start)):
            yield missed
        loop = asyncio.get_running_loop()
        look = loop.time() + PING
        while True:
            try:
                async with asyncio.timeout_at(look):
                    chunk = await page.take()
            except TimeoutError:
                chunk = b": ping\n\n"
            if loop.time() >= look:
                if not still_in():
                    return
                look = loop.time() + PING
            if chunk is None:
                return
            yield chunk
    finally:
        hub.leave(page)
