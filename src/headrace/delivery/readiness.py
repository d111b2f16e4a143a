"""What is found out and put right before deliveries leave: who is behind the key, other settings, a clock that was set."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from headrace.delivery.gate import Gates
from headrace.delivery.port import NoAnswer
from headrace.delivery.retry import LONGEST_WISH
from headrace.delivery.sending import Tools
from headrace.delivery.setup import Setup, ask, learn_team

ASK_AGAIN = 600_000  # ms until a destination that did not say who it is is asked again
SET_BACK = 5.0  # s by which a clock that was set back differs from one that is being steered


class Readiness:
    """Of one destination."""

    def __init__(self, destination_id: str, tools: Tools, gates: Gates) -> None:
        self._destination_id = destination_id
        self._tools, self._gates = tools, gates
        self._asked_for: dict[str, int] = {}  # pace key -> ms when the team behind it was asked for
        self._settings: tuple[str, Mapping[str, Any]] | None = None  # account and settings that were taken up
        self._behind: float | None = None  # s by which the wall clock is ahead of the monotonic one

    async def introduce(self, setup: Setup) -> bool:
        """Asks who is behind the key, once: what shares one pace is the team. True: look again, something is known now."""
        key, now = setup.address.pace_key, self._tools.clock.now_ms()
        request = setup.kind.probe()
        if request is None or self._gates.knows(setup.address):
            return False
        known = self._tools.store.team(key)
        if known is not None:
            return self._gates.learn(setup.address, known)
        if now - self._asked_for.get(key, -ASK_AGAIN) < ASK_AGAIN:
            return False
        self._asked_for[key] = now
        done = await ask(self._tools, setup, request)
        return not isinstance(done.got, NoAnswer) and await learn_team(self._tools, self._gates, setup, done.got)

    async def take_up(self, setup: Setup) -> None:
        """Under other settings another request may follow from the same call: nothing counts as sent any longer."""
        if (setup.account, setup.settings) == self._settings:
            return
        if await self._tools.store.settings_changed(self._destination_id, fingerprint(setup)):
            await self._tools.store.forget_sent(setup.account)
        self._settings = (setup.account, setup.settings)

    async def mind_the_clock(self) -> None:
        """Times of day that were stored before a restart, or before somebody set the clock back, may be far off by now."""
        now = self._tools.clock.now_ms()
        behind = now / 1000 - self._tools.clock.monotonic()
        if self._behind is None or behind < self._behind - SET_BACK:
            await self._tools.store.cap_retry_times(self._destination_id, now + int(LONGEST_WISH * 1000))
        self._behind = behind


def fingerprint(setup: Setup) -> str:
    """Tells two settings, or two accounts, apart; nothing can be read from it."""
    whole = json.dumps([setup.account, setup.settings], sort_keys=True, default=str)
    return hashlib.sha256(whole.encode()).hexdigest()[:32]
