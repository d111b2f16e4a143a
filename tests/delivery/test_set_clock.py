"""Somebody sets the clock of the machine, or it slept for days: nobody waits for that, and nobody's patience runs."""

from __future__ import annotations

import asyncio
from pathlib import Path

from headrace.delivery.port import NoAnswer, Outgoing
from headrace.destinations.port import Answer
from tests.delivery.test_whole_way import FAILS, track
from tests.delivery.whole_way import GOOD, Way, told

DAY = 86_400_000  # ms


def test_a_retry_does_not_wait_until_a_clock_that_was_set_back_has_caught_up(tmp_path: Path) -> None:
    async def story(way: Way) -> None:
        await way.come(track("Signed Up"))
        await asyncio.sleep(30)
        assert way.codes() == ["server_error"]
        way.offset_ms, way.answer = -DAY, lambda request: GOOD
        await asyncio.sleep(3600 + 60)
        assert way.codes() == ["delivered"]

    told(tmp_path, story, answer=lambda request: FAILS if "send" in request.url else GOOD)


def test_one_that_is_down_is_probed_although_the_clock_was_set_back(tmp_path: Path) -> None:
    async def story(way: Way) -> None:
        await way.come(*(track("Signed Up", f"user{n}") for n in range(6)))
        await asyncio.sleep(60)
        assert way.deliverer.health()["dst-loops"].state == "down"
        way.offset_ms, way.answer = -DAY, lambda request: GOOD
        await asyncio.sleep(180)
        assert set(way.codes()) == {"delivered"}

    told(tmp_path, story, answer=lambda request: FAILS)


def test_what_timed_out_still_waits_its_thirty_seconds_when_the_clock_was_set_back(tmp_path: Path) -> None:
    """The first success clears everybody's retry time, but for what may still land."""

    def answer(request: Outgoing) -> Answer | NoAnswer:
        return NoAnswer("timeout", "10 s") if b"Slow" in (request.body or b"") else GOOD

    async def story(way: Way) -> None:
        await way.come(track("Slow"))
        await asyncio.sleep(3)
        (timed_out,) = (at for at, path, _ in way.left if path == "/events/send")
        way.offset_ms, way.answer = -DAY, lambda request: GOOD
        await way.deliverer.pause("dst-loops")
        await way.deliverer.resume("dst-loops")
        await asyncio.sleep(60)
        assert way.codes() == ["delivered"]
        assert max(at for at, path, _ in way.left if path == "/events/send") >= timed_out + 30

    told(tmp_path, story, answer=answer)


def test_days_in_which_the_machine_slept_are_nobodys_patience(tmp_path: Path) -> None:
    def answer(request: Outgoing) -> Answer | NoAnswer:
        return FAILS if b"Bad" in (request.body or b"") else GOOD

    async def story(way: Way) -> None:
        await way.come(track("Bad"))
        await asyncio.sleep(5)
        way.offset_ms = 4 * DAY  # a monotonic clock stands still meanwhile
        await way.come(track("Signed Up", "bob"), track("Signed Up", "cleo"))
        await asyncio.sleep(3600)
        assert way.codes() == ["server_error", "delivered", "delivered"]

    told(tmp_path, story, "webhook", {"url": "https://hook.test/", "rate": 1}, answer)
