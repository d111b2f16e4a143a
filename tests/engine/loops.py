"""The engine's API as a program sees it: over real HTTP, with its key."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from headrace.engine.api.app import create_api
from headrace.engine.engine import Engine
from headrace.gateway.server import Patience
from tests.engine import openapi
from tests.harness.serving import Raw, request, serving, talk


@contextmanager
def listening(engine: Engine) -> Iterator[int]:
    """Its real listener. Gives the port."""

    async def make() -> tuple[Any, Callable[[], Awaitable[None]]]:
        async def close() -> None: ...

        return create_api(engine), close

    with serving(make, Patience(stop=2)) as port:
        yield port


class Loops:
    def __init__(self, port: int, key: str, engine: Engine) -> None:
        self.port, self.key, self.engine = port, key, engine

    def ask(self, method: str, path: str, body: Any = None, key: str | None = None, **headers: str) -> tuple[int, Any]:
        answer = self.raw(method, path, body, key, **headers)
        found = json.loads(answer.body)
        if openapi.there and path.startswith("/v1/"):
            told = openapi.complaints(method, path, answer.status, found)
            assert not told, f"{told} {found}"
        return answer.status, found

    def raw(self, method: str, path: str, body: Any = None, key: str | None = None, **headers: str) -> Raw:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        payload = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        auth = {"Authorization": f"Bearer {self.key if key is None else key}"}
        return talk(self.port, request(method, "/api" + path, payload, auth | named))

    def contact(self, **who: str) -> Any:
        ((name, value),) = who.items()
        return self.ask("GET", f"/v1/contacts/find?{name}={value}")[1]
