"""The engine's webhooks leave over the transport that deliveries use: the same rules about private addresses."""

from __future__ import annotations

from headrace.delivery.port import NoAnswer, Outgoing, Transport
from headrace.engine.webhooks.webhooks import Reply

WITHIN = 15.0  # s


class TransportPoster:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Reply:
        answer = await self._transport.send(Outgoing("POST", url, headers, body, WITHIN))
        if isinstance(answer, NoAnswer):
            return Reply(0, answer.detail, answer.duration_ms)
        return Reply(answer.status, answer.body.decode("utf-8", "replace"), answer.duration_ms)
