"""Loops of both processes that go on whatever a disk does to them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import apsw
import msgspec

from headrace import settings
from headrace.app import gateway_process
from headrace.app.housekeeping.housekeeper import Housekeeper
from headrace.app.lineage import was_restored
from headrace.app.link import Link, pair
from headrace.app.worker_process import _beat
from headrace.fate import Code, State
from headrace.journal.jobs import Selection
from headrace.routing.lanes import LINKS, UNSEEN
from headrace.routing.port import Batch
from headrace.storage.sqlite.delivery.attempts import AttemptLog
from tests.app.house import House
from tests.harness.story import awaited
from tests.storage.queue import batch, settled, waiting

DAY = 86_400_000
BOB: dict[str, bytes | None] = {f"{LINKS}bob": b"bob"}
WITHIN = 20.0  # s of patience


def full(house: House, is_full: bool) -> None:
    """Nothing can be written to delivery.db."""
    house.instance.delivery.file.writer.pragma("query_only", is_full)


async def until(holds: Callable[[], bool]) -> None:
    async def look() -> None:
        while not holds():
            await asyncio.sleep(0)

    await asyncio.wait_for(look(), WITHIN)


async def while_keeping_house(house: House, story: Callable[[Callable[[], Awaitable[int]]], Awaitable[None]]) -> None:
    """`story` gets what reads the next low-water mark that the gateway is told."""
    near, far = pair()
    attempts = AttemptLog(house.data.attempts, house.clock)
    link, nothing = Link(near), asyncio.Event().set
    keeper = Housekeeper(house.instance, settings.defaults(), attempts, lambda mark: link.send({"low_water": mark}), nothing)
    keeping = asyncio.create_task(keeper.run())

    async def told() -> int:
        raw = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(far, 65_536), WITHIN)
        return int(json.loads(raw)["low_water"])

    try:
        await story(told)
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        attempts.close()
        near.close()
        far.close()


@awaited
async def test_the_gateway_goes_on_to_hear_what_may_be_dropped_although_a_disk_was_full(house: House) -> None:
    async def story(told: Callable[[], Awaitable[int]]) -> None:
        full(house, True)
        assert [await told() for _ in range(3)] == [0, 0, 0], "each round says it, and then cannot write"

    await while_keeping_house(house, story)


@awaited
async def test_the_gateway_goes_on_to_drop_old_calls_although_the_log_could_not_be_read_once(house: House) -> None:
    asked: list[int] = []

    async def drop_old(low_water: int) -> None:
        asked.append(low_water)
        if len(asked) == 1:
            raise apsw.IOError("disk I/O error")

    keeping = asyncio.create_task(gateway_process._keep_house(drop_old, lambda: 7, lambda: None, house.clock))
    await until(lambda: len(asked) > 1 or keeping.done())
    assert asked[:2] == [7, 7]
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


@awaited
async def test_what_waits_for_a_destination_that_was_removed_while_nothing_ran_ends_and_holds_the_log_no_longer(
    house: House,
) -> None:
    log = house.log()
    await house.accept(log, 3)
    house.instance.store.remove_destination("ada", house.to)
    house.restart()

    async def story(told: Callable[[], Awaitable[int]]) -> None:
        await until(lambda: house.states() == {State.DEAD: 3})
        while await told() != 3:
            pass

    await while_keeping_house(house, story)
    assert house.instance.journal.fates(1)[0].code == Code.REMOVED
    await log.close()


@awaited
async def test_a_full_disk_does_not_keep_the_worker_from_starting(house: House) -> None:
    await _beat(house.instance)
    before = house.data.lineage.read_bytes()
    full(house, True)
    house.clock.at += DAY
    await _beat(house.instance)
    assert house.data.lineage.read_bytes() == before, "what is known is not replaced by what is not"
    assert not was_restored(house.instance)


@awaited
async def test_whom_nobody_has_seen_for_400_days_is_no_longer_linked_to_anybody(house: House) -> None:
    delivery = house.instance.delivery
    links: dict[str, bytes | None] = {f"{LINKS}{n}": b"ada" for n in range(1_500)}
    await delivery.commit(batch(waiting(1, "u:ada"), memory=links | {"said": b"newsletter"}))
    house.clock.at += UNSEEN - DAY
    await delivery.commit(Batch(2, (msgspec.structs.replace(waiting(2, "u:bob"), received_at=house.clock.at),), (), BOB))
    house.clock.at += 2 * DAY

    async def story(told: Callable[[], Awaitable[int]]) -> None:
        await until(lambda: not delivery.recall(links))

    await while_keeping_house(house, story)
    assert delivery.recall([*links, *BOB, "said"]) == BOB | {"said": b"newsletter"}


@awaited
async def test_a_replay_waits_for_a_full_disk_and_goes_on(house: House) -> None:
    log = house.log()
    await house.accept(log, 3)
    claims = await house.instance.delivery.claim(house.to, 3, house.clock.at)
    await house.instance.delivery.settle([settled(c, State.DEAD, Code.REFUSED) for c in claims])
    replays, began = house.instance.replays, house.clock.at
    job, _ = await replays.start("replay", Selection(), again=False, yes=True)
    full(house, True)
    running = asyncio.create_task(replays.run())
    await until(lambda: house.clock.at >= began + 10_000 or running.done())
    assert not running.done()
    full(house, False)
    await until(lambda: replays.job(job.id).state == "done")
    assert house.states() == {State.WAITING: 3}
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await log.close()
