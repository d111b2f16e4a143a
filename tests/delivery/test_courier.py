"""What one delivery takes on its way, a slot of the pace above all, is used or handed back, whatever goes wrong."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from headrace.delivery.courier import Courier
from headrace.delivery.gate import Gate
from headrace.delivery.port import Claimed
from headrace.delivery.sending import Tools
from headrace.delivery.setup import Setup
from headrace.destinations.loops.type import LOOPS, Loops
from headrace.destinations.port import Address
from headrace.event import Facts
from headrace.fate import State
from tests.delivery.test_gate import QuickClock, told
from tests.storage.queue import NOON

SETTINGS = {"api_key": "0123456789abcdef0123456789abcdef"}
IDENTIFY = {"type": "identify", "userId": "ada", "sourceId": "s", "messageId": "m", "traits": {"email": "ada@example.com"}}


class Broken(Loops):
    """A destination type with a fault in what it does just before a request leaves."""

    def prepare(self, *_: Any) -> Any:
        raise ZeroDivisionError


class Queue:
    """A DeliveryStore in which `failing` cannot be done; nobody else waits and nothing is remembered."""

    def __init__(self, failing: str = "") -> None:
        self._failing = failing
        self.back: list[int] = []

    def sent(self, *_: Any) -> dict[str, Any]:
        return {}

    async def followers(self, *_: Any) -> list[Claimed]:
        self._may_fail("followers")
        return []

    async def intend(self, _: Any) -> None:
        self._may_fail("intend")

    async def hand_back(self, _: str, positions: list[int]) -> None:
        self.back += positions

    def _may_fail(self, name: str) -> None:
        if name == self._failing:
            raise OSError("disk full")


class Log:
    def message(self, position: int) -> dict[str, Any]:
        return IDENTIFY


@pytest.mark.parametrize(
    ("failing", "kind", "error"),
    [("followers", LOOPS, OSError), ("intend", LOOPS, OSError), ("", Broken(), ZeroDivisionError)],
)
def test_whatever_fails_between_the_slot_and_the_request_the_slot_is_somebody_elses(
    failing: str, kind: Loops, error: type[Exception]
) -> None:
    async def story() -> None:
        clock, nothing = QuickClock(), cast(Any, None)
        gate = Gate(1, clock)  # after a start its only slot is taken for a second: the delivery has to wait
        store = cast(Any, Queue(failing))
        tools = Tools(store, nothing, cast(Any, Log()), nothing, {}, nothing, clock, nothing, lambda: None, "Headrace/test")
        address = Address("https://loops", {}, "here")
        setup = Setup("d", kind, SETTINGS, LOOPS.policy(SETTINGS), address, "here", gate, lambda made: made)
        claimed = Claimed(1, "d", State.WAITING, ("u:ada",), Facts(), 0, 0, None, None, 0.0, NOON)
        for _ in range(3):
            with pytest.raises(error):
                await Courier(tools, lambda: True).deliver(claimed, setup)
        await asyncio.wait_for(gate.turn("another"), 5)

    told(story())
