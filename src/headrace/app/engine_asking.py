"""How the engine asks a Loops account: over the transport of deliveries, so that its rules for addresses hold."""

from __future__ import annotations

import json
from typing import Any

from headrace.delivery.port import Outgoing, Transport
from headrace.destinations.port import Answer

TIMEOUT = 20.0  # s


class Asking:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def __call__(self, address: str, key: str, path: str) -> tuple[int | None, Any]:
        headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
        answer = await self._transport.send(Outgoing("GET", address + path, headers, b"", TIMEOUT))
        if not isinstance(answer, Answer):
            return None, answer.detail
        try:
            return answer.status, json.loads(answer.body)
        except ValueError:
            return answer.status, None
