"""Alarms over a webhook, signed as Standard Webhooks describes."""

from __future__ import annotations

from headrace.alarms import notice as words
from headrace.alarms.notice import Notice
from headrace.clock import Clock
from headrace.delivery.port import NoAnswer, Outgoing, Transport
from headrace.destinations.webhook.type import sign

TIMEOUT = 10.0  # s


class WebhookChannel:
    def __init__(self, url: str, secret: str | None, instance: str, agent: str, transport: Transport, clock: Clock) -> None:
        self._url, self._secret, self._instance, self._agent = url, secret, instance, agent
        self._transport, self._clock = transport, clock

    async def tell(self, notice: Notice) -> str | None:
        """`webhook-id` stays the same through all tries, so that the receiver can tell a repetition."""
        body, seconds = words.body(notice, self._instance), self._clock.now_ms() // 1000
        headers = {
            "Content-Type": "application/json",
            "User-Agent": self._agent,
            "webhook-id": notice.id,
            "webhook-timestamp": str(seconds),
        }
        if self._secret:
            headers["webhook-signature"] = sign(self._secret, notice.id, seconds, body)
        got = await self._transport.send(Outgoing("POST", self._url, headers, body, TIMEOUT))
        if isinstance(got, NoAnswer):
            return f"no answer ({got.kind})"
        return None if 200 <= got.status < 300 else f"it answered {got.status}"
