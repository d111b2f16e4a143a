"""Whether a destination runs, over its real loop: what a person said holds, and what is well again goes on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from headrace.delivery.port import NoAnswer, Outgoing
from headrace.destinations.port import Answer
from headrace.fate import Code
from tests.delivery.test_whole_way import FAILS, track
from tests.delivery.whole_way import GOOD, Way, told

REFUSED = Answer(401, {}, b'{"error":"Invalid API key"}')
MOVED = Answer(301, {"location": "https://hook.test/new"}, b"")
HOOK = {"url": "https://hook.test/"}


def state(way: Way) -> tuple[str, Code | None]:
    health = way.deliverer.health()["dst-loops"]
    return health.state, health.code


def test_a_pause_by_hand_holds_although_a_request_that_was_on_its_way_finds_the_key_refused(tmp_path: Path) -> None:
    """Else the key's being well again would end Ada's pause, too."""

    async def story(way: Way) -> None:
        way.slow = 2
        await way.come(track("Signed Up"))
        while not way.asked("/events/send"):
            await asyncio.sleep(0.5)
        await way.deliverer.pause("dst-loops")
        await asyncio.sleep(10)
        way.answer = lambda request: GOOD
        await asyncio.sleep(3600)
        assert state(way) == ("paused", Code.PAUSED_BY_HAND)

    told(tmp_path, story, answer=lambda request: REFUSED if "send" in request.url else GOOD)


@pytest.mark.parametrize("answer", [GOOD, FAILS, REFUSED])
def test_a_pause_by_hand_holds_although_a_probe_was_on_its_way(tmp_path: Path, answer: Answer) -> None:
    def nobody(request: Outgoing) -> NoAnswer:
        return NoAnswer("refused", "nobody listens")

    async def story(way: Way) -> None:
        await way.come(*(track("Signed Up", f"user{n}") for n in range(6)))
        await asyncio.sleep(60)
        assert state(way)[0] == "down"
        way.answer, way.slow, asked = lambda request: answer, 5, len(way.asked("/api-key"))
        while len(way.asked("/api-key")) == asked:
            await asyncio.sleep(1)
        await way.deliverer.pause("dst-loops")
        await asyncio.sleep(10)
        assert state(way) == ("paused", Code.PAUSED_BY_HAND)

    told(tmp_path, story, answer=nobody)


def test_a_pause_by_hand_holds_although_the_one_event_that_was_sent_to_try_arrived(tmp_path: Path) -> None:
    async def story(way: Way) -> None:
        await way.come(*(track("Signed Up", f"user{n}") for n in range(6)))
        await asyncio.sleep(30)
        assert state(way)[0] == "down"
        way.answer, way.slow, left = lambda request: GOOD, 5, len(way.left)
        while len(way.left) == left:
            await asyncio.sleep(1)
        await way.deliverer.pause("dst-loops")
        await asyncio.sleep(3600)
        assert state(way) == ("paused", Code.PAUSED_BY_HAND)
        assert way.codes().count("delivered") == 1

    told(tmp_path, story, "webhook", HOOK, lambda request: FAILS)


def test_a_webhook_whose_address_is_right_again_goes_on_by_itself(tmp_path: Path) -> None:
    async def story(way: Way) -> None:
        await way.come(*(track("Signed Up", f"user{n}") for n in range(100)))
        await asyncio.sleep(30)
        assert state(way) == ("paused", Code.WRONG_ADDRESS)
        way.answer = lambda request: GOOD
        await asyncio.sleep(900)
        assert state(way) == ("running", None)
        assert set(way.codes()) == {"delivered"}

    told(tmp_path, story, "webhook", HOOK, lambda request: MOVED)
