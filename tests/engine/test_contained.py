"""One thing that is broken stays one thing: a workflow, a room, a row of an import, a request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from headrace.engine.audience import filters
from headrace.engine.desk import Desk, Happening
from headrace.engine.events.log import Wanted
from headrace.engine.refusal import LoopsError
from headrace.engine.store import rows
from headrace.engine.workflows.graph import Graph, Node
from tests.engine.loops import Loops
from tests.engine.workflows.drawing import line
from tests.engine.workflows.house import ADA, House

NEWS = ("EventTrigger", {"eventName": "signup", "reEligible": True})


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.engine.close()


def mail(name: str) -> tuple[str, dict[str, Any]]:
    return "SendEmailAction", {"emailMessageId": name}


def test_a_workflow_that_cannot_be_read_refuses_no_event_and_holds_up_no_other_workflow(house: House) -> None:
    broken = house.workflow(line(mail("broken"), trigger=NEWS), name="Broken")
    house.workflow(line(mail("whole"), trigger=NEWS), name="Whole")
    house.engine.write(lambda desk: desk.c.execute("update workflow set graph='{' where id=?", (broken,))).result()
    house.event()
    house.settle()
    assert house.sent() == ["whole"]
    log, _ = house.engine.event_log(None, 5, Wanted())
    entry = house.engine.event_log_row(int(log[0]["id"]))
    assert entry is not None
    told = {started["name"]: started for started in entry["workflows"]}
    assert not told["Broken"]["started"]
    assert "failed" in told["Broken"]["why"]


class Clumsy:
    """A room that writes half of what it means to, and stumbles; and stumbles again when it works by itself."""

    def __init__(self, stumbles: BaseException) -> None:
        self.stumbles, self.runs = stumbles, 0

    def heard(self, desk: Desk, happening: Happening) -> None:
        desk.c.execute("insert into meta values('half', 'done')")
        raise self.stumbles

    async def run(self) -> None:
        self.runs += 1
        if self.runs < 3:
            raise self.stumbles
        await asyncio.Event().wait()


def test_a_room_that_stumbles_over_an_event_loses_neither_the_event_nor_what_others_heard(house: House) -> None:
    house.workflow(line(mail("welcome")))
    house.engine.furnish(Clumsy(KeyError("plan")), *house.engine.rooms)
    house.event()
    house.settle()
    assert house.sent() == ["welcome"]
    assert not house.engine.read(lambda c: rows(c, "select 1 from meta where name='half'"))


def test_a_full_disk_undoes_the_whole_event(house: House) -> None:
    house.engine.furnish(*house.engine.rooms, Clumsy(apsw.FullError("database or disk is full")))
    with pytest.raises(apsw.FullError):
        house.event()
    assert not house.engine.read(lambda c: rows(c, "select 1 from contact where email=?", (ADA,)))


def test_a_room_that_fails_is_started_again_and_the_others_go_on(house: House) -> None:
    clumsy = Clumsy(KeyError("data"))
    house.engine.furnish(clumsy)

    async def live() -> None:
        living = asyncio.ensure_future(house.engine.run())
        while clumsy.runs < 3:
            assert not living.done()
            await asyncio.sleep(0)
        living.cancel()
        await asyncio.gather(living, return_exceptions=True)

    asyncio.run(live())
    assert clumsy.runs == 3


def test_a_number_that_json_does_not_have_is_refused_and_the_contact_can_still_be_read(loops: Loops) -> None:
    loops.ask("POST", "/v1/contacts/properties", {"name": "seats", "type": "number"})
    loops.ask("POST", "/v1/contacts/create", {"email": ADA})
    status, answer = loops.ask("PUT", "/v1/contacts/update", b'{"email": "ada@x.dev", "seats": 1e999}')
    assert (status, answer["message"]) == (400, "Invalid JSON body.")
    assert loops.contact(email=ADA)[0]["email"] == ADA


@pytest.mark.parametrize("cursor", ["%C2%B2", "9" * 30])
def test_a_cursor_that_is_none_is_refused_or_passed_over(loops: Loops, cursor: str) -> None:
    assert loops.ask("GET", f"/headrace/v1/event-log?cursor={cursor}")[0] == 400
    assert loops.ask("GET", f"/headrace/v1/inbox?cursor={cursor}")[0] == 200
    assert loops.raw("GET", f"/v1/transactional?perPage={cursor}").status == 400


@pytest.mark.parametrize("odd", [[], {}, [[]]])
def test_what_is_no_word_is_refused_where_a_word_belongs(loops: Loops, odd: Any) -> None:
    made = loops.ask("POST", "/v1/workflows", {"name": "Welcome"})[1]
    path, root = f"/v1/workflows/{made['id']}/nodes", made["rootNodeId"]
    given: dict[str, Any] = {"expectedRevisionId": made["workflowRevisionId"]}
    assert loops.raw("POST", f"{path}/{root}", given | {"payload": {"typeName": odd}}).status == 400
    timer = {"insertMode": "after", "nodeTypeName": "TimerAction", "fromNodeId": root}
    new = loops.ask("POST", path, given | timer)[1]
    given = {"expectedRevisionId": new["workflow"]["workflowRevisionId"]}
    assert loops.raw("POST", f"{path}/{new['node']['id']}", given | {"payload": {"unit": odd}}).status == 400
    activity = {"type": "activity", "action": odd, "target": odd, "negate": True, "id": "x"}
    with pytest.raises(LoopsError):
        filters.check({"match": "all", "conditions": [activity]})


def test_a_graph_that_leads_in_a_circle_holds_nobody_up(house: House) -> None:
    round_and_round = Graph(
        "trigger",
        {
            "trigger": Node("EventTrigger", ("a",), dict(NEWS[1])),
            "a": Node("AudienceFilter", ("b",), {}),
            "b": Node("AudienceFilter", ("a",), {}),
            "exit": Node("ExitAction", (), {}),
        },
    )
    welcome = house.workflow(line(trigger=NEWS))
    house.redraw(welcome, round_and_round)
    house.event()
    house.settle()
    assert [(state, why) for _, state, why in house.runs()] == [("left", "The workflow leads in a circle.")]


def test_a_mistake_of_ours_is_answered_in_loops_shape(loops: Loops) -> None:
    def full(desk: Desk, happening: Happening) -> None:
        raise apsw.FullError("database or disk is full")

    loops.engine.listeners = (full,)
    answer = loops.raw("POST", "/v1/contacts/create", {"email": ADA})
    assert (answer.status, json.loads(answer.body)["success"]) == (500, False)
    assert b"disk" not in answer.body
