"""Somebody sets the clock of the machine, or it slept for days: nobody waits for that, and nobody's patience runs."""

from __future__ import annotations

import asyncio
from pathlib import Path

from headrace.delivery.port import Outgoing
from headrace.destinations.port import Answer
from tests.delivery.test_whole_way import FAILS, track
from tests.delivery.whole_way import GOOD, Way, told

DAY = 86_400_000  # ms


def test_days_in_which_the_machine_slept_are_nobodys_patience(tmp_path: Path) -> None:
    def answer(request: Outgoing) -> Answer:
        return FAILS if b"Bad" in (request.body or b"") else GOOD

    async def story(way: Way) -> None:
        await way.come(track("Bad"))
        await asyncio.sleep(5)
        way.offset_ms = 4 * DAY  # a monotonic clock stands still meanwhile
        await way.come(track("Signed Up", "bob"), track("Signed Up", "cleo"))
        await asyncio.sleep(3600)
        assert way.codes() == ["server_error", "delivered", "delivered"]

    told(tmp_path, story, "webhook", {"url": "https://hook.test/", "rate": 1}, answer)
