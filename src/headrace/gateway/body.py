"""Reading a body: counted while it comes, inflated while it comes, refused the moment it is too large."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable
from typing import Any

LARGEST = 8_650_752  # bytes, compressed and inflated alike: twice 4 MiB and a little

Receive = Callable[[], Awaitable[Any]]


class TooLargeError(Exception):
    """Over LARGEST."""


class UnreadableError(Exception):
    """Broken gzip, or the client went away."""


async def read(receive: Receive, headers: dict[bytes, bytes], largest: int = LARGEST) -> bytes:
    """The whole body, inflated when `Content-Encoding: gzip`. Raises TooLargeError or UnreadableError."""
    length = headers.get(b"content-length")
    if length is not None and length.isdigit() and int(length) > largest:
        raise TooLargeError
    inflater = zlib.decompressobj(31) if headers.get(b"content-encoding") == b"gzip" else None
    parts: list[bytes] = []
    raw = size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise UnreadableError("the client went away")
        chunk: bytes = message.get("body", b"")
        raw += len(chunk)
        if raw > largest:
            raise TooLargeError
        if inflater is not None:
            chunk = _inflate(inflater, chunk, largest - size)
        size += len(chunk)
        if size > largest:
            raise TooLargeError
        parts.append(chunk)
        if not message.get("more_body", False):
            break
    if inflater is not None and raw and not inflater.eof:
        raise UnreadableError("the gzip stream ends too early")
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _inflate(inflater: Any, chunk: bytes, room: int) -> bytes:
    """At most one byte more than there is room for: a bomb is noticed before it unfolds."""
    try:
        return bytes(inflater.decompress(chunk, room + 1))
    except zlib.error as error:
        raise UnreadableError(str(error)) from error
