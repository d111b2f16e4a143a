"""A page that listens: reads server-sent events over a real connection to a real server."""

from __future__ import annotations

import asyncio
import json
from types import TracebackType
from typing import Any, NamedTuple


class Heard(NamedTuple):
    kind: str
    name: str  # the id
    value: Any


class Listener:
    """`async with Listener(port, path, token) as page:` then `await page.hear()`. Inside, the page follows what happens."""

    def __init__(self, port: int, path: str, token: str, last: str = "") -> None:
        self._port, self._path, self._token, self._last = port, path, token, last
        self.last = last

    async def __aenter__(self) -> Listener:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**22)
        extra = f"Last-Event-ID: {self._last}\r\n" if self._last else ""
        head = f"GET /api/v1{self._path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self._token}\r\n{extra}\r\n"
        self._writer.write(head.encode())
        top = await self._reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in top.split(b"\r\n")[0], top
        self._text = await asyncio.wait_for(self.chunk(), 10.0)  # `retry`, the first it says once it follows
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    async def hear(self, within: float = 10.0) -> Heard:
        """The next message; comments and `retry` are skipped."""
        while True:
            while b"\n\n" not in self._text:
                self._text += await asyncio.wait_for(self.chunk(), within)
            block, _, self._text = self._text.partition(b"\n\n")
            fields = dict(line.split(": ", 1) for line in block.decode().split("\n") if ": " in line and line[0] != ":")
            if "data" in fields:
                self.last = fields.get("id", self.last)
                return Heard(fields["event"], fields["id"], json.loads(fields["data"]))

    async def chunk(self) -> bytes:
        """What the server wrote at once. Raises EOFError at the end."""
        size = int((await self._reader.readline()).strip() or b"0", 16)
        if size == 0:
            raise EOFError("the stream ended")
        data = await self._reader.readexactly(size)
        await self._reader.readexactly(2)
        return data
