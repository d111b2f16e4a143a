"""An ASGI application behind the real server on a free port, in a thread; and raw HTTP to talk to it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from headrace.gateway.server import Patience, serve


class Raw(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


@contextmanager
def serving(make: Callable[[], Awaitable[tuple[Any, Callable[[], Awaitable[None]]]]], patience: Patience) -> Iterator[int]:
    """`make` runs in the server's loop and gives the application and what to await at the end. Gives the port."""
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    bound.listen(1024)
    bound.setblocking(False)
    up = threading.Event()
    ends: list[Callable[[], object]] = []

    async def run() -> None:
        app, close = await make()
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        ends.append(lambda: loop.call_soon_threadsafe(stop.set))
        await serve(app, bound, stop, patience, started=up.set)
        await close()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert up.wait(20), "the server did not start"
    try:
        yield bound.getsockname()[1]
    finally:
        ends[0]()
        thread.join(30)


def talk(port: int, raw: bytes, within: float = 20.0) -> Raw:
    """Send bytes, read one whole answer. status 0: the connection was closed without one."""
    with socket.create_connection(("127.0.0.1", port), timeout=within) as connection:
        # refused while we were still talking: the answer is there to be read
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(raw)
        return read_answer(connection, head=raw.startswith(b"HEAD"))


def read_answer(connection: socket.socket, head: bool = False) -> Raw:
    data = b""
    try:
        while b"\r\n\r\n" not in data:
            chunk = connection.recv(65536)
            if not chunk:
                return Raw(0, {}, data)
            data += chunk
        top, _, body = data.partition(b"\r\n\r\n")
        lines = top.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        status = int(lines[0].split()[1])
        length = 0 if head or status in (204, 304) else int(headers.get("content-length", 0))
        while len(body) < length:
            body += connection.recv(65536)
    except ConnectionResetError:
        return Raw(0, {}, data)
    return Raw(status, headers, body)


def request(method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> bytes:
    """An HTTP/1.1 request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: test"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body or method in ("POST", "PUT"):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
