"""Who leaves when, through one pace: destinations take turns, what gives way does, and two keys of one team are one."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.delivery.gate import Gate, Gates
from headrace.delivery.turns import SHARE, Turns
from headrace.destinations.port import Address


class QuickClock:
    """Sleeping moves time on; whoever wakes first moves it least."""

    def __init__(self) -> None:
        self.at = 1_000.0
        self._asleep: list[float] = []

    def now_ms(self) -> int:
        return int(self.at * 1000)

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        until = self.at + seconds
        self._asleep.append(until)
        try:
            while self.at < until:
                for _ in range(3):  # others may want to run, or to sleep less
                    await asyncio.sleep(0)
                if min(self._asleep) >= until:
                    self.at = max(self.at, until)
        finally:
            self._asleep.remove(until)


def told(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, 20))


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.booleans()), max_size=60))
def test_everybody_gets_a_turn_and_a_tenth_goes_to_what_gives_way(items: list[tuple[str, bool]]) -> None:
    turns: Turns[tuple[int, str, bool]] = Turns()
    for number, (destination, gives_way) in enumerate(items):
        turns.add(destination, (number, destination, gives_way), gives_way)
    assert len(turns) == len(items)
    taken = [turns.take() for _ in items]
    assert sorted(taken) == sorted((n, d, g) for n, (d, g) in enumerate(items))
    for destination in "abc":  # first come, first served, within a destination
        for way in (True, False):
            own = [n for n, d, g in taken if d == destination and g is way]
            assert own == sorted(own)
    waits = 0
    for index, (_, _, gives_way) in enumerate(taken):
        left = taken[index + 1 :]
        waits = 0 if gives_way else waits + any(g for _, _, g in left)
        assert waits <= SHARE - 1
        if gives_way and any(not g for _, _, g in left):
            assert index == 0 or not taken[index - 1][2], "two in a row while live ones wait"
    with pytest.raises(IndexError):
        turns.take()


def test_a_busy_destination_does_not_keep_its_sister_waiting() -> None:
    async def story() -> None:
        clock = QuickClock()
        gate = Gate(5, clock)
        left: list[str] = []

        async def send(name: str) -> None:
            given = await gate.slot(name)
            await gate.leave(given)
            left.append(name)

        await asyncio.gather(*(send("busy") for _ in range(40)), *(send("quiet") for _ in range(3)))
        assert max(index for index, name in enumerate(left) if name == "quiet") < 8

    told(story())


def test_slots_come_early_enough_to_be_written_down_and_none_leaves_early() -> None:
    async def story() -> None:
        clock = QuickClock()
        gate = Gate(10, clock)
        left: list[float] = []

        async def send() -> None:
            given = await gate.slot("d")
            await clock.sleep(0.02)  # the request is written down
            await gate.leave(given)
            left.append(clock.at)

        await asyncio.gather(*(send() for _ in range(100)))
        for index in range(10, len(left)):
            assert left[index] - left[index - 10] >= 1.05 - 1e-9
        rate = (len(left) - 10) / (left[-1] - left[9])
        assert rate >= 9.5

    told(story())


def test_a_slot_that_is_given_back_is_somebody_elses() -> None:
    async def story() -> None:
        clock = QuickClock()
        gate = Gate(1, clock)
        await clock.sleep(2)
        await gate.slot("d")
        assert not gate.is_free()
        gate.give_back()
        assert gate.is_free()
        hasty = asyncio.create_task(gate.slot("d"))
        await asyncio.sleep(0)
        second = asyncio.create_task(gate.slot("d"))
        await hasty
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        await gate.leave(clock.monotonic())
        await gate.turn("d")

    told(story())


def address(key: str) -> Address:
    return Address("https://loops", {}, f"https://loops {key}", (key,))


def test_two_keys_of_one_team_share_one_pace_as_soon_as_that_is_known() -> None:
    async def story() -> None:
        clock = QuickClock()
        gates = Gates(clock)
        one, two = gates.of(address("k1"), "d1", 10), gates.of(address("k2"), "d2", 5)
        assert one is not two
        assert gates.learn(address("k1"), "Acme")
        assert not gates.learn(address("k1"), "Acme")
        assert gates.of(address("k1"), "d1", 10) is one
        waiting = [asyncio.create_task(two.turn("d2")) for _ in range(12)]
        await asyncio.sleep(0)
        assert gates.learn(address("k2"), "Acme")
        assert gates.of(address("k2"), "d2", 5) is one
        assert one.pace.allowed == 5, "the lowest rate of those who share it"
        began = clock.at
        await asyncio.gather(*waiting, one.turn("d1"))
        assert clock.at - began >= 2, "nobody left through the old gate beside the new one"
        assert gates.account(address("k1")) == gates.account(address("k2"))
        assert two.is_free() == one.is_free()

    told(story())


def test_a_slow_destination_that_is_removed_or_gets_another_key_slows_nobody_any_longer() -> None:
    async def story() -> None:
        gates = Gates(QuickClock())
        gate = gates.of(address("k1"), "d1", 10)
        gates.of(address("k1"), "slow", 1)
        assert gate.pace.allowed == 1
        gates.of(address("k2"), "slow", 1)
        assert gate.pace.allowed == 10, "it has another key now"
        gates.of(address("k1"), "slow", 1)
        gates.release("slow")
        assert gate.pace.allowed == 10, "it was removed"

    told(story())


def test_settings_that_are_only_tried_bind_nobody() -> None:
    async def story() -> None:
        gates = Gates(QuickClock())
        gate = gates.of(address("k1"), "d1", 10)
        assert gates.at(address("k1"), 1) is gate
        assert gate.pace.allowed == 10

    told(story())


def test_a_destination_whose_gate_moved_keeps_its_rate_and_what_the_pace_learnt() -> None:
    async def story() -> None:
        clock = QuickClock()
        gates = Gates(clock)
        gates.learn(address("k1"), "Acme")
        one, two = gates.of(address("k1"), "d1", 10), gates.of(address("k2"), "d2", 5)
        gates.learn(address("k2"), "Acme")
        one.answered(clock.monotonic(), 429, None, None)
        cut = one.pace.allowed
        assert cut < 5
        assert gates.of(address("k2"), "d2", 5) is two.now_at() is one
        assert one.pace.allowed == cut

    told(story())
