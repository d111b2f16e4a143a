"""The queue and the log within their limits, on real files: what expires, what is copied out, what the log then drops."""

from __future__ import annotations

from pathlib import Path

import pytest

from headrace import settings
from headrace.app.housekeeping.space import FULL, OVER, Space
from headrace.delivery.port import DestinationHealth
from headrace.fate import Code, State
from headrace.storage.sqlite.eventlog.spans import Spans
from tests.app.house import House
from tests.harness.story import awaited
from tests.storage.queue import NOON, intent

DAY = 86_400_000


@awaited
async def test_a_segment_that_is_held_by_a_few_has_those_copied_and_goes_and_they_are_still_delivered(house: House) -> None:
    log = house.log()
    await house.accept(log, 60)
    first = house.sealed()[0]
    assert first.count > 10
    await house.deliver_all_but(2)
    house.clock.at += 8 * DAY
    keeper = house.keeper()
    await keeper.round()
    assert house.instance.delivery.low_water() >= first.last
    await log.drop_old(house.instance.delivery.low_water())
    house.restart()
    assert house.instance.log.get(2) is None, "the log keeps it no longer"
    message = house.instance.message(2)
    assert message is not None
    assert (message["userId"], house.states()) == ("u2", {State.WAITING: 1, State.DELIVERED: 59})
    (claimed,) = await house.instance.delivery.claim(house.to, 10, house.clock.at)
    assert claimed.position == 2
    await log.close()


@awaited
async def test_a_segment_that_many_wait_for_stays(house: House) -> None:
    log = house.log()
    await house.accept(log, 60)
    first = house.sealed()[0]
    await house.deliver_all_but(*range(1, first.count // 2))
    house.clock.at += 8 * DAY
    await house.keeper().round()
    assert house.instance.delivery.low_water() == 0
    await log.drop_old(house.instance.delivery.low_water())
    assert house.instance.log.get(1) is not None
    await log.close()


@awaited
async def test_what_waited_for_a_month_expires_and_what_came_later_does_not(house: House) -> None:
    log = house.log()
    await house.accept(log, 700)  # more than one step
    house.clock.at += 29 * DAY
    await house.accept(log, 5)
    await house.keeper().round()
    assert house.states() == {State.WAITING: 705}
    house.clock.at += 2 * DAY
    keeper = house.keeper()
    await keeper.round()
    assert house.states() == {State.WAITING: 5, State.DEAD: 700}
    assert house.instance.delivery.letter(1, house.to) is not None
    assert keeper.oldest[house.to] == NOON, "what it saw when it began"
    await log.close()


@awaited
async def test_over_the_limit_of_bytes_the_oldest_expire_until_the_rest_fits(house: House) -> None:
    log = house.log()
    await house.accept(log, 200)
    segments = house.sealed()
    keeper = house.keeper()
    await keeper.round()
    assert house.states() == {State.WAITING: 200}
    total = keeper.waiting_bytes
    assert total == pytest.approx(sum(s.bytes for s in segments), rel=0.2)
    await house.keeper(keep_waiting_bytes=total // 2).round()
    left = house.states()[State.WAITING]
    assert 60 < left < 140
    fates = [house.instance.journal.fates(p)[0] for p in range(1, 201)]
    assert [f.state for f in fates] == ["dead"] * (200 - left) + ["waiting"] * left, "the oldest go"
    assert fates[0].reason == OVER
    await log.close()


@awaited
async def test_when_the_log_is_full_the_oldest_for_a_paused_destination_expire_and_nobody_elses(house: House) -> None:
    """Ada's and Bob's oldest events for it go, each with its copy; one that is on its way is left to its answer."""
    delivery, store = house.instance.delivery, house.instance.store
    well = store.add_destination("ada", "well", "loops", {"base_url": "builtin"}).id
    store.connect("ada", house.source, well, 0)
    log = house.log()
    await house.accept(log, 1_200)  # more than two steps
    segments = house.sealed()
    (first,) = await delivery.claim(house.to, 1, NOON)
    await delivery.intend([intent(first)])
    rest = sum(s.bytes for s in segments[-3:])
    await house.keeper(retention_bytes=rest).round()
    assert house.states() == {State.SENDING: 1, State.WAITING: 1_199}, "it is not off"
    await delivery.set_health(DestinationHealth(house.to, "paused"))
    message = house.instance.message(3)
    keeper = house.keeper(retention_bytes=rest)
    await keeper.round()
    gone = segments[-4].last
    assert gone > 1_000
    assert house.states() == {State.SENDING: 1, State.WAITING: 1_200 - gone, State.DEAD: gone - 1}
    fates = {p: {f.destination_id: f for f in house.instance.journal.fates(p)} for p in (1, 2, gone, gone + 1)}
    assert [fates[p][house.to].state for p in fates] == ["sending", "dead", "dead", "waiting"]
    assert (fates[2][house.to].code, fates[2][house.to].reason) == (Code.EXPIRED, FULL)
    assert {fates[p][well].state for p in fates} == {State.WAITING}
    assert delivery.letter(3, house.to) == message
    assert not keeper.unfinished
    await log.close()


@awaited
async def test_what_is_too_much_for_one_round_is_ended_by_the_next_ones(house: House) -> None:
    log = house.log()
    await house.accept(log, 1_100)
    house.clock.at += 31 * DAY
    keeper = Space(house.instance, settings.defaults(), steps=2)
    await keeper.round()
    assert house.states() == {State.WAITING: 100, State.DEAD: 1_000}
    first = keeper.unfinished
    await keeper.round()
    assert house.states() == {State.DEAD: 1_100}
    assert [first, keeper.unfinished] == [True, False]
    await log.close()


def test_a_segment_is_as_large_as_its_files_are_now(tmp_path: Path) -> None:
    """A reader may have kept the WAL of a sealed one for a while."""
    house = House(tmp_path / "data")

    @awaited
    async def fill() -> None:
        log = house.log()
        await house.accept(log, 30)
        house.sealed()
        await log.close()

    fill()
    spans = Spans(house.data.events)
    before = spans.all()[0].bytes
    left = house.data.events / "seg-0000000000000001.db-wal"
    left.write_bytes(bytes(1_000))
    assert spans.all()[0].bytes == before + 1_000
    left.unlink()
    assert spans.all()[0].bytes == before
    house.instance.close()
