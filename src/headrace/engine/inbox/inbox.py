"""The Inbox as others use it: list, look, wait, delete."""

from __future__ import annotations

import asyncio
from typing import Any

import apsw

from headrace.engine import tokens
from headrace.engine.core import Core
from headrace.engine.inbox import reading, store
from headrace.engine.outbox.config import SendingSettings

LOOKS = 0.1  # s between looks of who waits: a look costs some tens of microseconds
MOST_WAITING = 32
LONGEST_WAIT = 60.0  # s


class TooManyWaiting(Exception):
    """More wait at once than a test needs."""


class Inbox:
    """`list` and the others may be called from any thread, `wait` from the loop."""

    def __init__(self, core: Core, settings: SendingSettings) -> None:
        self._core, self._settings = core, settings
        self._waiting = 0

    def page(self, cursor: str | None, limit: int = 50, **wanted: str | None) -> dict[str, Any]:
        """wanted: to, subject, search, after."""
        return self._core.read(lambda c: store.page(c, cursor, limit, **wanted))

    def counts(self) -> dict[str, int]:
        return self._core.read(store.counts)

    def one(self, identifier: str, see: bool = False) -> dict[str, Any] | None:
        """With its parts, links and checks."""
        found = self._core.read(lambda c: store.one(c, identifier))
        if found is None:
            return None
        shown, raw = found
        if see and not shown["seen"]:
            self._core.write(lambda desk: store.see(desk, identifier))
        return shown | reading.read(raw, self._target)

    def raw(self, identifier: str) -> bytes | None:
        found = self._core.read(lambda c: store.one(c, identifier))
        return found[1] if found else None

    def attachment(self, identifier: str, place: int) -> tuple[str, str, bytes] | None:
        raw = self.raw(identifier)
        return reading.attachment(raw, place) if raw is not None else None

    def delete(self, identifier: str) -> bool:
        return self._core.write(lambda desk: store.delete(desk, identifier)).result()

    def clear(self) -> int:
        return self._core.write(store.clear).result()

    async def wait(self, timeout: float, to: str | None, subject: str | None, after: str | None) -> dict[str, Any] | None:  # noqa: ASYNC109 - the callers' own word
        """The newest that fits, as soon as there is one. Raises TooManyWaiting."""
        if self._waiting >= MOST_WAITING:
            raise TooManyWaiting
        end = self._core.clock.monotonic() + min(max(0.0, timeout), LONGEST_WAIT)
        self._waiting += 1
        try:
            while True:
                found = await asyncio.to_thread(self._core.read, lambda c: _newest(c, to, subject, after))
                if found is not None:
                    return await asyncio.to_thread(self.one, found)
                if self._core.clock.monotonic() >= end:
                    return None
                await self._core.clock.sleep(LOOKS)
        finally:
            self._waiting -= 1

    def _target(self, url: str) -> str | None:
        start = f"{self._core.url}/click/"
        parts = tokens.read(self._settings.token_key(), "click", url.removeprefix(start)) if url.startswith(start) else None
        return parts[1] if parts and len(parts) == 2 else None


def _newest(c: apsw.Connection, to: str | None, subject: str | None, after: str | None) -> str | None:
    data = store.page(c, None, 1, to=to, subject=subject, after=after)["data"]
    return data[0]["id"] if data else None
