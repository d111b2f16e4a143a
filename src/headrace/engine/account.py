"""A real Loops account, read over its API by whoever is given to ask: never written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import quote

from headrace.engine.refusal import LoopsError
from headrace.errors import HeadraceError

CLOUD = "https://app.loops.so/api"
TRIES = 5
SAID = 500  # characters of what an address answers that are shown
Ask = Callable[[str, str, str], Awaitable[tuple[int | None, Any]]]  # (address, key, path) → (status, body); None: no answer


async def nobody(address: str, key: str, path: str) -> tuple[int | None, Any]:
    raise HeadraceError("Headrace is not running, so nobody asks Loops. `headrace up` starts it.")


class Account:
    """`sleep` in seconds: inside Loops' limit, and again after a 429."""

    def __init__(self, ask: Ask, sleep: Callable[[float], Awaitable[None]], address: str, key: str) -> None:
        self._ask, self._sleep, self._address, self._key = ask, sleep, address.rstrip("/"), key

    async def get(self, path: str) -> Any:
        """Raises LoopsError with the account's own words."""
        for number in range(TRIES):
            await self._sleep(0.12 if number == 0 else 2.0**number)
            status, body = await self._ask(self._address, self._key, path)
            if status == 200:
                return body
            if status not in (429, 500, 502, 503, 504, None):
                break
        said = str(body.get("message") if isinstance(body, dict) else body)[:SAID]
        raise LoopsError(400, f"{self._address} answers {status or 'nothing'} to {path}: {said}")

    async def pages(self, path: str) -> AsyncIterator[dict[str, Any]]:
        cursor = ""
        while True:
            page = await self.get(f"{path}?perPage=50" + (f"&cursor={quote(cursor, safe='')}" if cursor else ""))
            try:
                data, cursor = list(page["data"]), page["pagination"]["nextCursor"]
            except (KeyError, TypeError):
                raise LoopsError(400, self._strange(path)) from None
            for row in data:
                yield row
            if not cursor:
                return

    async def find(self, identifier: str) -> dict[str, Any] | None:
        name = "email" if "@" in identifier else "userId"
        found = await self.get(f"/v1/contacts/find?{name}={quote(identifier, safe='')}")
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise LoopsError(400, self._strange("/v1/contacts/find"))
        return found[0] if found else None

    def _strange(self, path: str) -> str:
        return f"{self._address} answers {path} with something that is not Loops' API. Is the address right?"
