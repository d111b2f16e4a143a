"""The room that tells: writes each message where it happened, delivers it in its own time."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import msgspec
import structlog

from headrace.clock import HEX, rfc3339
from headrace.engine.core import Core
from headrace.engine.desk import Desk, Happening
from headrace.engine.wake import Wake
from headrace.engine.webhooks import facts, payloads, signing
from headrace.engine.webhooks import rows as table
from headrace.engine.webhooks.rows import Attempt, Endpoint, Message
from headrace.errors import NotFound, WorkspaceError

T = TypeVar("T")
A_SECOND = 10  # messages that one endpoint gets, as Loops has it
IDLE = 5.0  # s
MOST = 10  # endpoints
SHOWN = 2_000  # characters of an answer
log = structlog.get_logger(__name__)


class Reply(msgspec.Struct, frozen=True):
    """status 0: there was no answer, and `text` says why."""

    status: int
    text: str
    ms: int = 0


class Poster(Protocol):
    """One POST; redirects are not followed; never raises for what a network can do, nor goes where it may not."""

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Reply: ...


class NoPoster:
    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Reply:
        return Reply(0, "Nothing is sent here.")


class Webhooks:
    """`poster` and `names` are set by whoever puts the engine together."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.poster: Poster = NoPoster()
        self.names: facts.Names = facts.named_by_table
        self._endpoints = core.read(table.endpoints)
        self._lock = threading.Lock()
        self._looking = Wake()  # rung when endpoints changed
        self._telling: dict[str, Wake] = {}  # by endpoint, rung when it is to be told something

    # --- what happens -----------------------------------------------------------------------------------------------

    def heard(self, desk: Desk, happening: Happening) -> None:
        if happening.kind not in payloads.OF_HAPPENING or not any(e.enabled and e.events for e in self._endpoints):
            return
        made = facts.body(desk, happening, self.names)
        if made is None:
            return
        event, payload = made
        for endpoint in self._endpoints:
            if endpoint.enabled and event in endpoint.events:
                table.enqueue(desk, endpoint.id, event, happening.contact, payload, self._message_id())
                self._bell(endpoint.id).ring()

    def _message_id(self) -> str:
        return "msg_" + self._core.new_id()

    def _bell(self, identifier: str) -> Wake:
        return self._telling.setdefault(identifier, Wake())

    # --- the loops --------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """A loop for each endpoint: one that does not answer holds up no other."""
        loops: dict[str, asyncio.Task[None]] = {}
        async with asyncio.TaskGroup() as group:
            while True:
                for endpoint in self._endpoints:
                    if endpoint.enabled and (endpoint.id not in loops or loops[endpoint.id].done()):
                        loops[endpoint.id] = group.create_task(self._serve(endpoint.id))
                await self._looking.wait(self._core.clock, IDLE)

    async def _serve(self, identifier: str) -> None:
        trouble = "a webhook endpoint cannot be told and will be tried again"
        await self._bell(identifier).rounds(self._core.clock, lambda: self.step(identifier), trouble)

    async def step(self, identifier: str) -> float | None:
        """What one endpoint is due; seconds until there may be more, 0: at once, None: it is gone or switched off."""
        endpoint = next((e for e in self._endpoints if e.id == identifier and e.enabled), None)
        if endpoint is None:
            return None
        now = self._core.now()
        batch, following = await self._write(
            lambda desk: (table.due(desk.c, identifier, now, A_SECOND), table.next_due(desk.c, identifier))
        )
        if not batch:
            return IDLE if following is None else max(0.01, min(IDLE, (following - now) / 1000))
        key = await asyncio.to_thread(self.secret, identifier)
        rest = asyncio.ensure_future(self._core.clock.sleep(1.0)) if len(batch) == A_SECOND else None
        await asyncio.gather(*(self._tell(endpoint, key, message) for message in batch))
        if rest is not None:
            await rest
        await asyncio.to_thread(self._look)
        return 0.0

    async def _tell(self, endpoint: Endpoint, key: str, message: Message) -> None:
        if message.fresh:
            message = await self._write(lambda desk: _frozen(desk, message))
        body = json.dumps(message.payload, ensure_ascii=False, separators=(",", ":")).encode()
        at = self._core.now()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Headrace-Webhooks",
            "webhook-id": message.id,
            "webhook-timestamp": str(at // 1000),
            "webhook-signature": signing.sign(key, message.id, at // 1000, body),
        }
        try:
            reply = await self.poster.post(endpoint.url, headers, body)
        except Exception as error:  # else the whole round would be told again, for ever
            log.exception("a webhook could not be posted", endpoint=endpoint.id)
            reply = Reply(0, f"It could not be posted: {error!r}")
        attempt = Attempt(at, reply.status, reply.text[:SHOWN], reply.ms)
        await self._write(lambda desk: table.answered(desk, message, attempt))

    def _look(self) -> None:
        """Somebody may have switched one off, in another thread: who read later is right."""
        with self._lock:
            self._endpoints = self._core.read(table.endpoints)

    async def _write(self, run: Callable[[Desk], T]) -> T:
        return await asyncio.wrap_future(self._core.write(run))

    # --- Settings → Webhooks ----------------------------------------------------------------------------------------

    def endpoints(self) -> list[dict[str, Any]]:
        return [_shown(endpoint) for endpoint in self._core.read(table.endpoints)]

    def add(self, url: str, events: list[str]) -> dict[str, Any]:
        """Raises WorkspaceError. The secret is shown by `secret`."""
        url, events = _checked(url, events)
        if len(self._endpoints) >= MOST:
            raise WorkspaceError(f"There are {MOST} endpoints already. Remove one first.")
        sealed = self._core.sealer.seal(signing.secret(bytes.fromhex(self._core.chance.token(48, HEX))))
        identifier = self._core.write(lambda desk: table.add(desk, url, events, sealed)).result()
        return self._changed(identifier)

    def change(self, identifier: str, url: str, events: list[str], enabled: bool) -> dict[str, Any]:
        self._known(identifier)
        url, events = _checked(url, events)
        self._core.write(lambda desk: table.change(desk, identifier, url, events, enabled)).result()
        return self._changed(identifier)

    def remove(self, identifier: str) -> None:
        self._known(identifier)
        self._core.write(lambda desk: table.remove(desk, identifier)).result()
        self._look()

    def secret(self, identifier: str) -> str:
        sealed = self._core.read(lambda c: table.secret(c, identifier))
        if sealed is None:
            raise NotFound("There is no such webhook endpoint.")
        return self._core.sealer.open(sealed)

    def send_test(self, identifier: str) -> None:
        """`testing.testEvent`, whatever is ticked."""
        self._known(identifier)
        self._core.write(
            lambda desk: table.enqueue(
                desk, identifier, payloads.TEST, "", payloads.test_event(desk.now), self._message_id()
            )
        ).result()
        self._bell(identifier).ring()

    def messages(self, cursor: str | None, limit: int = 50, **wanted: str | None) -> dict[str, Any]:
        return self._core.read(lambda c: table.page(c, cursor, limit, **wanted))

    def replay(self, message: str) -> None:
        endpoint = self._core.write(lambda desk: table.replay(desk, message)).result()
        if endpoint is None:
            raise NotFound("There is no such message, or it is no longer kept.")
        self._bell(endpoint).ring()

    def replay_failed(self, identifier: str) -> int:
        self._known(identifier)
        count = self._core.write(lambda desk: table.replay_failed(desk, identifier)).result()
        self._bell(identifier).ring()
        return count

    def _known(self, identifier: str) -> None:
        if not any(e.id == identifier for e in self._core.read(table.endpoints)):
            raise NotFound("There is no such webhook endpoint.")

    def _changed(self, identifier: str) -> dict[str, Any]:
        self._look()
        self._looking.ring()
        self._bell(identifier).ring()
        return next(_shown(e) for e in self._endpoints if e.id == identifier)


def _frozen(desk: Desk, message: Message) -> Message:
    whole = msgspec.structs.replace(message, payload=facts.refreshed(desk.c, message.payload, message.contact), fresh=False)
    table.freeze(desk, whole)
    return whole


def _shown(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": endpoint.id, "url": endpoint.url, "events": sorted(endpoint.events), "enabled": endpoint.enabled,
        "why": endpoint.why, "at": rfc3339(endpoint.at),
        "failingSince": rfc3339(endpoint.failing_since) if endpoint.failing_since else None,
    }  # fmt: skip


def _checked(url: str, events: list[str]) -> tuple[str, list[str]]:
    url = url.strip()
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and not parts.username
    except ValueError:
        good = False
    if not good or any(c.isspace() for c in url) or len(url) > 2_000:
        raise WorkspaceError("url: the address that webhooks are POSTed to, http:// or https://, without a password in it.")
    if unknown := [event for event in events if event not in payloads.EVENTS]:
        raise WorkspaceError(f"events: {unknown[0]!r} is no webhook event.")
    return url, sorted(set(events))
