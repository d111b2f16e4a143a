"""The recipients' addresses on the engine's listener. Nothing here needs a key: each link carries its own proof."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from urllib.parse import parse_qs

import apsw
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from headrace.engine import tokens
from headrace.engine.core import Core
from headrace.engine.desk import Desk
from headrace.engine.outbox.config import SendingSettings
from headrace.engine.public import page, preferences
from headrace.engine.tokens import Reader

log = structlog.get_logger(__name__)
LARGEST = 65_536  # bytes of a form
GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
WRONG = ("This link does not work", "It may have been cut off on its way. Open it again from the email itself.")
GONE = ("You are not subscribed", "This address is no longer known here, so it gets no emails.")
TEST = ("A test email", "This is where the recipients of this email unsubscribe. A test has nobody to unsubscribe.")


def routes(core: Core, settings: SendingSettings) -> list[Route]:
    rooms = Public(core, settings)
    return [
        Route("/unsubscribe/{token}", rooms.preferences, methods=["GET", "POST"]),
        Route("/open/{token}.gif", rooms.open, methods=["GET"]),
        Route("/click/{token}", rooms.click, methods=["GET"]),
    ]


class Public:
    def __init__(self, core: Core, settings: SendingSettings) -> None:
        self._core, self._settings = core, settings

    async def preferences(self, request: Request) -> Response:
        """GET changes nothing: programs that look at links follow them all."""
        reader = tokens.reader_of(await self._key(), request.path_params["token"])
        if reader is None:
            return _page(page.notice(*WRONG), 404)
        if not reader.contact:
            return _page(page.notice(*TEST))
        told = None
        if request.method == "POST":
            try:
                told = await self._change(reader, await _form(request))
            except ClientDisconnect:
                return Response(status_code=400)
            if told is None:
                return _page(page.notice("That did not work", "The form was not understood. Go back and try again."), 400)
        found = await asyncio.to_thread(self._core.read, lambda c: preferences.read(c, reader))
        return _page(page.notice(*GONE) if found is None else page.preferences(found, told))

    async def _change(self, reader: Reader, form: dict[str, list[str]]) -> str | None:
        """What was done, a sentence; None: nothing that can be asked for."""
        action = form.get("action", [""])[0]
        wanted = set(form.get("list", []))
        if form.get("List-Unsubscribe") == ["One-Click"] or action == "list":
            await self._write(lambda desk: preferences.leave(desk, reader, only_list=True))
            return "You are unsubscribed."
        if action == "all":
            await self._write(lambda desk: preferences.leave(desk, reader, only_list=False))
            return "You are unsubscribed from all emails."
        if action == "back":
            await self._write(lambda desk: preferences.come_back(desk, reader))
            return "Welcome back: you are subscribed again."
        if action == "save":
            await self._write(lambda desk: preferences.choose(desk, reader, wanted))
            return "Saved."
        return None

    async def open(self, request: Request) -> Response:
        parts = tokens.read(await self._key(), "open", request.path_params["token"])
        if parts and len(parts) == 1 and request.method == "GET":
            send = parts[0]
            await self._count(lambda desk: preferences.opened(desk, send))
        return Response(GIF, media_type="image/gif", headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})

    async def click(self, request: Request) -> Response:
        """Only where one of our mails really pointed: the address is inside what we signed."""
        parts = tokens.read(await self._key(), "click", request.path_params["token"])
        if parts is None or len(parts) != 2:
            return _page(page.notice(*WRONG), 404)
        send, target = parts
        if request.method == "GET":
            await self._count(lambda desk: preferences.clicked(desk, send))
        return RedirectResponse(target, 302, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})

    async def _key(self) -> bytes:
        return await asyncio.to_thread(self._settings.token_key)

    async def _count(self, run: Callable[[Desk], None]) -> None:
        """Whoever clicks gets where they wanted to go, counted or not."""
        try:
            await self._write(run)
        except apsw.Error as error:
            log.error("an open or a click could not be counted", error=str(error))

    async def _write(self, run: Callable[[Desk], None]) -> None:
        await asyncio.wrap_future(self._core.write(run))


def _page(html: str, status: int = 200) -> Response:
    return HTMLResponse(html, status, page.HEADERS)


async def _form(request: Request) -> dict[str, list[str]]:
    """Fields of a form; {} for what is too long or none. Mail programs may send one click as multipart."""
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > LARGEST:
            return {}
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        one_click = b'name="List-Unsubscribe"' in raw and b"One-Click" in raw
        return {"List-Unsubscribe": ["One-Click"]} if one_click else {}
    try:
        return parse_qs(raw.decode("utf-8", "replace"), max_num_fields=1000)
    except ValueError:  # more fields than any form of ours has
        return {}
