"""A check never goes before deliveries, and tells only what it knows of the account it asked."""

from __future__ import annotations

import asyncio
import json
from typing import Any, cast

import msgspec

from headrace.delivery import checking
from headrace.delivery.checking import AGAIN, BUSY, EVERY, Checked, Checks, account
from headrace.delivery.gate import Gate
from headrace.delivery.port import NoAnswer, Outgoing
from headrace.delivery.sending import Tools
from headrace.delivery.setup import Setup
from headrace.destinations.checking import Known, Seen
from headrace.destinations.loops.check import CHECKER
from headrace.destinations.loops.type import LOOPS
from headrace.destinations.port import Address, Answer, Rendered
from headrace.event import Facts
from tests.harness.story import awaited
from tests.storage.queue import NOON, StandingClock

HERE = Address("https://app.loops.so/api", {}, "here")
ELSEWHERE = Address("https://app.loops.so/api", {}, "elsewhere")
SETTINGS = {"api_key": "0123456789abcdef0123456789abcdef"}


class Shelf:
    """A CheckStore in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def recall(self, name: str) -> bytes | None:
        return self.kept.get(name)

    def keep(self, values: Any) -> None:
        for name, value in values.items():
            if value is None:
                self.kept.pop(name, None)
            else:
                self.kept[name] = value


class Loops:
    """A Transport behind which Loops knows nothing at all."""

    def __init__(self, answer: Answer | NoAnswer | None = None) -> None:
        self.asked: list[str] = []
        self._answer = answer

    async def send(self, request: Outgoing) -> Answer | NoAnswer:
        self.asked.append(request.url.removeprefix(HERE.base_url))
        if self._answer is not None:
            return self._answer
        empty: Any = {"pagination": {"nextCursor": None}, "data": []} if "patterns" in request.url else []
        return Answer(200, {}, json.dumps(empty).encode())

    async def close(self) -> None:
        """Nothing is open."""


def tools(clock: StandingClock, loops: Loops) -> Tools:
    nothing = cast(Any, None)
    return Tools(nothing, nothing, nothing, nothing, {}, loops, clock, nothing, lambda: None, "Headrace/test")


async def check(clock: StandingClock, loops: Loops, gate: Gate, checks: Checks, before: Checked | None = None) -> Checked:
    setup = Setup("d1", LOOPS, SETTINGS, LOOPS.policy(SETTINGS), HERE, "here", gate, lambda made: made)
    return await checking.read(tools(clock, loops), setup, CHECKER, before, checks.seen("d1"))


def translated(checks: Checks, name: str) -> Rendered:
    message = {"type": "track", "event": name, "userId": "ada", "messageId": "m1"}
    made = LOOPS.translate(message, SETTINGS, Facts(), NOON)
    assert isinstance(made, Rendered)
    return checks.notice("d1", LOOPS, SETTINGS, made)


@awaited
async def test_a_check_reads_everything_in_free_moments() -> None:
    clock, loops = StandingClock(), Loops()
    gate, checks = Gate(10, clock), Checks({"loops": CHECKER}, Shelf(), clock)
    checked = await check(clock, loops, gate, checks)
    assert (checked.ok, checked.problem, checked.known) == (True, None, Known())
    assert loops.asked == ["/v1/contacts/properties?list=all", "/v1/lists", "/v1/event-patterns?perPage=50"]


@awaited
async def test_while_deliveries_wait_for_the_pace_a_check_asks_nothing() -> None:
    clock, loops = StandingClock(), Loops()
    gate, checks = Gate(1, clock), Checks({"loops": CHECKER}, Shelf(), clock)
    stop = asyncio.Event()

    async def deliveries() -> None:
        while not stop.is_set():
            await gate.turn("d1")

    busy = [asyncio.create_task(deliveries()) for _ in range(3)]
    await asyncio.sleep(0)
    before = Checked(NOON, True, None, account(HERE), Known({"newUser": {}}))
    checked = await check(clock, loops, gate, checks, before)
    stop.set()
    await asyncio.gather(*busy)
    assert (checked.ok, checked.problem, loops.asked) == (False, BUSY, [])
    assert checked.known == before.known, "what was known stays known"


@awaited
async def test_a_refused_key_and_silence_are_could_not_be_checked() -> None:
    clock = StandingClock()
    checks = Checks({"loops": CHECKER}, Shelf(), clock)
    for answer in (Answer(401, {}, b""), Answer(404, {}, b""), NoAnswer("refused", "nobody listens")):
        checked = await check(clock, Loops(answer), Gate(10, clock), checks)
        assert not checked.ok
        assert (checked.problem or "").startswith("Could not be checked:")


def test_warnings_come_from_the_last_check_and_only_from_it() -> None:
    clock, shelf = StandingClock(), Shelf()
    checks = Checks({"loops": CHECKER}, shelf, clock)
    assert translated(checks, "NewUser").warnings == (), "nothing was checked yet"
    checks.record("d1", Checked(NOON, True, None, account(HERE), Known({"newUser": {}})))
    assert translated(checks, "NewUser").warnings == ("`NewUser` is not defined in Loops; did you mean `newUser`?",)
    checks.flush()
    again = Checks({"loops": CHECKER}, shelf, clock)  # a restart
    assert translated(again, "NewUser").warnings != ()
    assert "NewUser" in again.seen("d1").events
    again.forget("d1")
    assert shelf.kept == {}


def test_a_look_that_failed_leaves_what_came_since_the_last_good_one_unchecked() -> None:
    clock = StandingClock()
    checks = Checks({"loops": CHECKER}, Shelf(), clock)
    checks.record("d1", Checked(NOON, True, None, account(HERE), Known({"newUser": {}})))
    clock.at = NOON + 1
    assert translated(checks, "brand new").warnings == ()
    checks.record("d1", Checked(NOON + 2, False, BUSY, account(HERE), Known({"newUser": {}}), NOON))
    assert translated(checks, "brand new").warnings == ()
    checks.record("d1", Checked(NOON + 3, True, None, account(HERE), Known({"newUser": {}})))
    assert translated(checks, "brand new").warnings == ("`brand new` is not defined in Loops.",)


def test_what_an_earlier_version_saw_is_seen_anew() -> None:
    shelf = Shelf()
    shelf.kept["seen:d1"] = b'{"events":{},"properties":{"plan":["string",5]},"lists":{"list1":5}}'
    assert Checks({"loops": CHECKER}, shelf, StandingClock()).seen("d1") == Seen()


def test_a_new_contact_property_and_a_new_list_are_soon_looked_up_too() -> None:
    clock = StandingClock()
    checks = Checks({"loops": CHECKER}, Shelf(), clock)
    checks.record("d1", Checked(NOON, True, None, account(HERE), Known({}, {"plan": "string"}, {"list1": "Updates"})))
    for traits, due in (({"plan": "pro"}, False), ({"mailingLists": {"list2": True}}, True), ({"colour": "red"}, True)):
        clock.at += AGAIN
        message = {"type": "identify", "userId": "ada", "traits": {"email": "ada@example.com"} | traits}
        made = LOOPS.translate(message, SETTINGS, Facts(), NOON)
        assert isinstance(made, Rendered)
        checks.notice("d1", LOOPS, SETTINGS, made)
        assert checks.is_due("d1", HERE) == due, traits
        checks.record(
            "d1", Checked(clock.at, True, None, account(HERE), Known({}, {"plan": "string"}, {"list1": "Updates"}))
        )


def test_other_types_have_nothing_to_check() -> None:
    shelf = Shelf()
    checks = Checks({}, shelf, StandingClock())
    assert translated(checks, "NewUser").warnings == ()
    checks.flush()
    assert shelf.kept == {}, "nor is anything kept of what they sent"


def test_it_is_due_after_a_save_every_ten_minutes_while_events_flow_and_soon_after_a_new_name() -> None:
    clock = StandingClock()
    checks = Checks({"loops": CHECKER}, Shelf(), clock)
    assert checks.is_due("d1", HERE), "never checked"
    done = Checked(NOON, True, None, account(HERE), Known({"newUser": {}}))
    checks.record("d1", done)
    assert checks.is_due("d1", ELSEWHERE), "another key"
    clock.at = NOON + EVERY
    assert not checks.is_due("d1", HERE), "no event came since"
    translated(checks, "newUser")
    assert checks.is_due("d1", HERE)
    clock.at = NOON + EVERY - 1
    assert not checks.is_due("d1", HERE)
    clock.at = NOON + AGAIN
    translated(checks, "brand new")
    assert checks.is_due("d1", HERE), "a name that nobody has looked up"
    checks.record("d1", msgspec.structs.replace(done, at=clock.at, ok=False, problem=BUSY))
    assert not checks.is_due("d1", HERE)
    clock.at += AGAIN
    assert checks.is_due("d1", HERE)
