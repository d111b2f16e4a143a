"""uvicorn on a socket that is bound already, with a protocol that does not wait for ever."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
from typing import Any

import msgspec
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class Patience(msgspec.Struct, frozen=True):
    """How long a client may take, in seconds, and how much it may say before its body."""

    header: float = 10.0
    body: float = 30.0
    idle: int = 75
    header_bytes: int = 65_536
    stop: int = 12


class GuardedProtocol(HttpToolsProtocol):
    """Closes connections that send no full header or no full body in time, or a header without end."""

    patience = Patience()
    _guard: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch(self.patience.header)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > self.patience.header_bytes and b"\r\n\r\n" not in data:
                self.transport.write(b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\r\n")
                self.transport.close()
                return
        if self._guard is None and self._in_head:
            self._watch(self.patience.header)
        super().data_received(data)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_bytes = 0
        self._watch(self.patience.body)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._unwatch()
        self._in_head = True
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        super().connection_lost(exc)

    def _watch(self, seconds: float) -> None:
        self._unwatch()
        self._guard = self.loop.call_later(seconds, self._too_slow)

    def _unwatch(self) -> None:
        if self._guard is not None:
            self._guard.cancel()
            self._guard = None

    def _too_slow(self) -> None:
        self._guard = None
        if not self.transport.is_closing():
            self.transport.close()


def raise_descriptor_limit() -> None:
    """As many open sockets as this user may have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # some containers refuse; then the soft limit stays
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Quiet(uvicorn.Server):
    """Signals are the process's business, not the server's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


async def serve(
    app: Any, bound: socket.socket, stop: asyncio.Event, patience: Patience | None = None, started: Any = None
) -> None:
    """Until `stop`; then finishes what is in flight. `started` is called once the server accepts."""
    chosen = patience or Patience()
    protocol = type("Protocol", (GuardedProtocol,), {"patience": chosen})
    config = uvicorn.Config(
        app,
        http=protocol,
        loop="none",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        timeout_keep_alive=chosen.idle,
        timeout_graceful_shutdown=chosen.stop,
        backlog=2048,
    )
    server = Quiet(config)
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn offers no event to wait for
        await asyncio.sleep(0.01)
    if started is not None:
        started()
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stopping.cancel()
    await serving
