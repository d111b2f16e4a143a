"""Ada is forgotten however often the process is killed meanwhile: nothing of her is left, and nobody else is touched."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from headrace.delivery.retry import LANDS_LATE
from headrace.errors import Conflict, NotFound, WorkspaceError
from headrace.fate import State
from headrace.journal.forgetting import ONCE_MORE
from headrace.journal.jobs import Selection
from tests.app.forgetting import EMAIL, TRACES, USER, Instance, bob, deliver, identify, life, route, traces, track
from tests.app.house import House
from tests.harness.story import awaited
from tests.storage.queue import settled

PARTS = 4  # of the moments, side by side
BOTH = [{"email": EMAIL}, {"userId": USER}]


class KilledError(Exception):
    """The process died."""


def killed_at(house: House, moment: int) -> None:
    """The process dies at this moment: before or after one of the commits that forgetting makes."""
    store, seen = house.instance.delivery.forgetting, [0]

    def dying(real: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def do(*given: Any) -> Any:
            seen[0] += 1
            if seen[0] == moment:
                raise KilledError
            result = await real(*given)
            seen[0] += 1
            if seen[0] == moment:
                raise KilledError
            return result

        return do

    for name in ("keep", "end_open", "ask", "blank", "drop_memory", "sweep", "vacuum"):
        setattr(store, name, dying(getattr(store, name)))


async def see_through(house: House, instance: Instance) -> None:
    await instance.run(instance.done)
    assert instance.done()


def keys(asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(asked, key=str)


def check(house: House, asked: list[dict[str, Any]]) -> None:
    """She is nowhere, was deleted twice at the destination (one request may have landed late), and Bob is as he was."""
    assert traces(house.data.root, *TRACES) == []
    assert {tuple(a.items()) for a in asked} == {(("email", EMAIL),), (("userId", USER),)}
    (record,) = house.instance.forgetting.all()
    assert (record.state, record.whom.names, record.whom.at) == ("done", (), {})
    assert (record.course.events, record.course.by) == (14, "olive")
    assert {(a.state, a.destination_id) for a in record.course.answers} == {("delivered", house.to)}
    assert len(record.course.answers) == 4
    assert house.instance.audit()["differences"] == []
    assert [e.user_id for e in house.instance.log.read(0, 100) if not e.forgotten].count("bob") == 10
    assert [e.anonymous_id for e in house.instance.log.read(0, 100)].count("somebodys-browser") == 1
    assert [row["sample"] for _, row in house.instance.rejected(10, None)] == ['{"userId":"bob","x']
    assert house.states() == {State.DELIVERED: 11, State.FILTERED: 1}, "her first call had been delivered"


@pytest.mark.parametrize("part", range(PARTS))
@awaited
async def test_ada_is_forgotten_although_the_process_is_killed_at_any_moment(tmp_path: Path, part: int) -> None:
    first = House(tmp_path / "life")
    await life(first)
    first.instance.close()
    assert len(traces(first.data.root, *TRACES)) > 5
    moment, reached = part + 1 - PARTS, True
    while reached:
        moment += PARTS
        shutil.copytree(first.data.root, tmp_path / "data")
        house = House.__new__(House)
        house.__dict__ |= first.__dict__ | {"data": type(first.data)(tmp_path / "data"), "clock": type(first.clock)()}
        house.instance = house.opened()
        log = house.log()
        await house.instance.forgetting.start(None, EMAIL.upper(), "olive")
        instance = Instance(house, log)
        killed_at(house, moment)
        try:
            await instance.run(instance.done)
            reached = False
        except KilledError:
            asked = instance.asked
            house.restart()
            instance = Instance(house, log)
            await see_through(house, instance)
            instance.asked += asked
        await log.close()
        check(house, instance.asked)
        house.instance.close()
        shutil.rmtree(tmp_path / "data")
    assert moment > 30, "every commit was a moment, before and after"


@awaited
async def test_what_is_on_its_way_is_awaited_and_what_may_land_late_is_deleted_twice(house: House) -> None:
    await life(house)
    log = house.log()
    instance = Instance(house, log)
    began = house.clock.at
    await house.instance.forgetting.start(USER, None, "olive")
    await see_through(house, instance)
    assert keys(instance.asked) == keys(BOTH * 2)
    assert house.clock.at - began >= ONCE_MORE
    assert traces(house.data.root, *TRACES) == []
    await log.close()


@awaited
async def test_a_request_that_is_under_way_is_awaited_and_half_a_minute_more(house: House) -> None:
    log = house.log()
    await log.append([identify(house, "m1"), track(house, "t1")])
    await route(house)
    (claimed,) = await house.instance.delivery.claim(house.to, 10, house.clock.at)
    forgetting, began = house.instance.forgetting, house.clock.at
    record = await forgetting.start(USER, None, "olive")
    await Instance(house, log).run(lambda: forgetting.get(record.id).course.waits_for == "what is on its way")
    assert house.instance.replays.held(), "nothing is put back meanwhile"
    await house.instance.delivery.settle([settled(claimed, at=house.clock.at)])
    instance = Instance(house, log)
    await see_through(house, instance)
    assert (instance.left, keys(instance.asked)) == ([], BOTH)
    assert house.clock.at - began >= LANDS_LATE * 1000
    assert house.states() == {State.DELIVERED: 1}
    assert not house.instance.replays.held()
    assert traces(house.data.root, *TRACES) == []
    await log.close()


@awaited
async def test_a_destination_that_answers_nobody_keeps_nobody_else_from_being_forgotten(house: House) -> None:
    log = house.log()
    await log.append([identify(house, "m1"), identify(house, "m2", "bob", "bob@example.com")])
    await route(house)
    forgetting = house.instance.forgetting
    instance = Instance(house, log)
    instance.answers = lambda message: State.DEAD if EMAIL in str(message) else State.DELIVERED
    ada = await forgetting.start(None, EMAIL, "olive")
    theirs = await forgetting.start("bob", None, "olive")
    await instance.run(lambda: forgetting.get(theirs.id).state == "done" and bool(forgetting.get(ada.id).course.waits_for))
    waits = forgetting.get(ada.id)
    assert waits.state == "running"
    assert waits.course.waits_for.startswith("loops: Loops refused it (400): ••••")
    assert traces(house.data.events, *TRACES) == [], "here she is gone already"
    assert house.instance.audit()["differences"] == []

    instance = Instance(house, log)
    assert (await forgetting.start(USER, None, "olive")).id == ada.id, "asked again, it goes on"
    await see_through(house, instance)
    assert instance.asked == [{"email": EMAIL}]
    assert traces(house.data.root, *TRACES, "bob@example.com") == []
    await log.close()


@awaited
async def test_nothing_of_her_is_put_back_while_and_after_she_is_forgotten(house: House) -> None:
    await life(house)
    log = house.log()
    instance = Instance(house, log)
    replays, forgetting = house.instance.replays, house.instance.forgetting
    everything = Selection(states=("dead", "delivered", "filtered"))
    await forgetting.start(USER, None, "olive")
    await replays.start("replay", everything, True, True)
    with pytest.raises(Conflict, match="being forgotten"):
        await replays.finish()
    await see_through(house, instance)
    bobs = sum(e.user_id == "bob" for e in house.instance.log.read(0, 100))
    await replays.finish()
    after = Instance(house, log)
    await after.run(lambda: not house.states().get(State.WAITING))
    gone = {e.position for e in house.instance.log.read(0, 100) if e.forgotten}
    assert len(after.left) == bobs
    assert not set(after.left) & gone
    assert house.instance.audit()["differences"] == []

    store = house.instance.store
    new = store.add_destination("olive", "new", "loops", {"base_url": "builtin"}).id
    store.connect("olive", house.source, new, house.instance.log.head())
    await replays.start("backfill", Selection(destination_id=new, events=True), False, True)
    await replays.finish()
    claims = await house.instance.delivery.claim(new, 500, house.clock.at)
    assert not {c.position for c in claims} & gone
    assert house.instance.audit()["differences"] == []
    assert traces(house.data.root, *TRACES) == []
    await log.close()


@awaited
async def test_what_came_before_the_gateway_heard_goes_nowhere_and_is_taken_out_too(house: House) -> None:
    log = house.log()
    await log.append([identify(house, "m1"), bob(house, "b1")])
    await route(house)
    await deliver(house)
    instance = Instance(house, log)
    await house.instance.forgetting.start(USER, None, "olive")
    await log.append([track(house, "t1"), identify(house, "m1"), bob(house, "b2")])
    await see_through(house, instance)
    assert instance.left == [5]
    assert [e.forgotten for e in house.instance.log.read(0, 10)] == [True, False, True, True, False]
    assert traces(house.data.root, *TRACES) == []
    assert house.instance.audit()["differences"] == []
    await log.close()


@awaited
async def test_whom_nobody_knows_is_not_forgotten_by_mistake(house: House) -> None:
    log = house.log()
    await log.append([bob(house, "b1")])
    await route(house)
    forgetting = house.instance.forgetting
    seen = forgetting.preview("nobody", None)
    assert (seen.events, seen.known, seen.record) == (0, False, None)
    with pytest.raises(NotFound, match="check the spelling"):
        await forgetting.start("nobody", None, "olive")
    for user, email in ((None, None), ("bob", "bob@example.com"), ("x" * 121, None)):
        with pytest.raises(WorkspaceError, match="Say who"):
            await forgetting.start(user, email, "olive")
    with pytest.raises(NotFound, match="Nobody"):
        await forgetting.lift("bob", None, "olive")
    instance = Instance(house, log)
    record = await forgetting.start("nobody", None, "olive", unknown=True)
    with pytest.raises(Conflict, match="still being forgotten"):
        await forgetting.lift_record(record.id, "olive")
    await see_through(house, instance)
    assert instance.asked == [{"userId": "nobody"}]
    assert (await forgetting.start("nobody", None, "olive")).id == record.id, "twice is once"
    await log.close()


@awaited
async def test_lifted_she_is_collected_again_and_may_be_forgotten_again(house: House) -> None:
    log = house.log()
    await log.append([identify(house, "m1")])
    await route(house)
    forgetting = house.instance.forgetting
    await forgetting.start(USER, None, "olive")
    await see_through(house, Instance(house, log))
    call = track(house, "t2")
    assert forgetting.hidden.hides(call)
    (lifted,) = await forgetting.lift(None, EMAIL, "olive")
    assert lifted.course.lifted
    assert not forgetting.hidden.hides(call)
    await log.append([identify(house, "m2")])
    again = Instance(house, log)
    await again.run(lambda: again.left == [2])
    second = await forgetting.start(USER, None, "olive")
    assert second.id != lifted.id
    await see_through(house, Instance(house, log))
    assert forgetting.hidden.hides(call)
    assert traces(house.data.root, *TRACES) == []
    assert asyncio.all_tasks() - {asyncio.current_task()} == set()
    await log.close()
