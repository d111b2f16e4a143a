"""What the supervisor tells a child process, and how the child answers."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec


class ChildOrder(msgspec.Struct, frozen=True):
    """Sent as one line on the child's standard input. The descriptors are inherited."""

    data: str
    settings: dict[str, Any]
    link: int
    report: int
    listeners: dict[str, int]  # gateway | console, engine -> descriptor
    urls: dict[str, str | None]  # gateway, console, engine: public addresses
    local: dict[str, str | None]  # the same as this machine reaches them
    token: str
    supervisor: int  # pid


class Reporter:
    """Lines of JSON to the supervisor: readiness, and what `up` shall print. Never waits for who reads them."""

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor

    def send(self, kind: str, **values: Any) -> None:
        # a terminal that was paused (Ctrl+S) holds up the supervisor, and must not hold up the events; pages show the rest
        with contextlib.suppress(BlockingIOError):
            os.write(self._descriptor, msgspec.json.encode({"kind": kind, **values}) + b"\n")


def receive() -> ChildOrder:
    return msgspec.json.decode(sys.stdin.buffer.readline(), type=ChildOrder)


def adopt(descriptor: int) -> socket.socket:
    adopted = socket.socket(fileno=descriptor)
    adopted.setblocking(False)
    return adopted


async def until_told_to_stop(stop: asyncio.Event) -> None:
    """Set `stop` on SIGTERM, SIGINT, or when the supervisor is gone (its end of our standard input closes)."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to the whole group; the supervisor decides
    gone = sys.stdin.fileno()
    os.set_blocking(gone, False)

    def ended() -> None:
        if not os.read(gone, 4096):
            loop.remove_reader(gone)
            stop.set()

    loop.add_reader(gone, ended)
    await stop.wait()


def run(main: Callable[[ChildOrder], Awaitable[None]]) -> None:
    """Entry of a child process, on uvloop."""
    import uvloop

    order = receive()

    async def body() -> None:
        await main(order)

    uvloop.run(body())
