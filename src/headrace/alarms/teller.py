"""Hands notices over, one after the other, each as often as it needs. Never holds anything else up. Thin."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog

from headrace.alarms import notice as words
from headrace.alarms.port import Channel, Outbox
from headrace.clock import Clock

log = structlog.get_logger(__name__)


class Teller:
    def __init__(self, outbox: Outbox, channels: Mapping[str, Channel], clock: Clock) -> None:
        self._outbox, self._channels, self._clock = outbox, channels, clock

    async def tell_due(self) -> None:
        """Everything whose time has come; a channel that fails is not asked again in this round."""
        failing: set[str] = set()
        for notice in await asyncio.to_thread(self._outbox.due_notices, self._clock.now_ms()):
            channel = self._channels.get(notice.channel)
            if channel is None:  # the setting was taken away
                await asyncio.to_thread(self._outbox.change_notice, notice.id, None)
                continue
            if notice.channel in failing:
                continue
            problem = await channel.tell(notice)
            after = words.failed(notice, self._clock.now_ms()) if problem else None
            if problem:
                failing.add(notice.channel)
                say = log.error if after is None else log.warning
                say(
                    "an alarm could not be told",
                    channel=notice.channel, alarm=notice.kind, problem=problem, again=after is not None,
                )  # fmt: skip
            await asyncio.to_thread(self._outbox.change_notice, notice.id, after)
