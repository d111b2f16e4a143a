"""The wire between gateway and worker: datagrams of JSON over a socketpair that outlives both."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import msgspec
import structlog

log = structlog.get_logger(__name__)


def pair() -> tuple[socket.socket, socket.socket]:
    first, second = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    first.setblocking(False)
    second.setblocking(False)
    return first, second


class Link:
    """One end. A message is a hint that may be dropped when the other side is down: each side can do without."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self.dropped = 0

    def send(self, message: dict[str, Any]) -> None:
        try:
            self._end.send(msgspec.json.encode(message))
        except (BlockingIOError, ConnectionRefusedError):
            self.dropped += 1

    def listen(self, handle: Callable[[dict[str, Any]], None]) -> None:
        """Call `handle` in the running loop for each message that arrives."""

        def readable() -> None:
            while True:
                try:
                    raw = self._end.recv(65536)
                except BlockingIOError:
                    return
                handle(msgspec.json.decode(raw))

        asyncio.get_running_loop().add_reader(self._end.fileno(), readable)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._end.fileno())
        self._end.close()
