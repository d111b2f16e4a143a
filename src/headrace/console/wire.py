"""Around the application: security headers, the path prefix of a reverse proxy, no body without end. Plain ASGI."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from fastapi import HTTPException

from headrace.console.port import Instance

LARGEST = 4 * 2**20  # bytes of a body, as at the other listeners: who is not logged in may send one too
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


def origin(url: str | None) -> str:
    """scheme://host:port of a URL, "" of none."""
    parts = urlsplit(url or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def path_prefix(url: str | None) -> str:
    """The path that a reverse proxy puts before ours, "" without one."""
    return urlsplit(url or "").path.rstrip("/")


def policy(gateway_url: str | None) -> str:
    """Scripts, styles and fonts are our own and none stands in a page. Pages may talk to us and to the gateway."""
    talk = " ".join(("'self'", origin(gateway_url))).strip()
    return (
        "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; font-src 'self';"
        f" connect-src {talk}; worker-src 'self'; frame-src 'self'; manifest-src 'self'; object-src 'none';"
        " base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    )


class Wire:
    """What surrounds `app`. A stream passes through as it comes."""

    def __init__(self, app: App, instance: Instance) -> None:
        self._app = app
        self._instance = instance

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        prefix = path_prefix(self._instance.url("console"))
        path = scope["path"]
        if prefix and (path == prefix or path.startswith(prefix + "/")):
            path = path.removeprefix(prefix) or "/"
            scope = {**scope, "path": path, "raw_path": path.encode("utf-8", "replace")}
        size = 0

        async def read() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > LARGEST:
                raise HTTPException(413, "The body is larger than 4 MB.")
            return message

        added = [(name.encode(), value.encode()) for name, value in self._headers(path).items()]

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                there = {name.lower() for name, _ in message["headers"]}
                more = [(name, value) for name, value in added if name not in there]
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        await self._app(scope, read, sent)

    def _headers(self, path: str) -> dict[str, str]:
        headers = {
            "content-security-policy": policy(self._instance.url("gateway")),
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "same-origin",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "permissions-policy": "camera=(), geolocation=(), microphone=()",
        }
        if path.startswith("/api/"):
            headers["cache-control"] = "no-store"
        if (self._instance.url("console") or "").startswith("https://"):
            headers["strict-transport-security"] = "max-age=31536000"
        return headers
