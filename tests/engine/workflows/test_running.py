"""What a contact lives through in a workflow: who enters, when each mail leaves, what a pause and a crash do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headrace.engine.workflows import edits, running
from headrace.engine.workflows.graph import Graph, Node, Refused
from tests.engine.workflows.drawing import Team, ids, line
from tests.engine.workflows.house import ADA, DAY, HOUR, MINUTE, House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.engine.close()


def mail(name: str = "welcome") -> tuple[str, dict[str, Any]]:
    return "SendEmailAction", {"emailMessageId": name}


def timer(amount: float, unit: str = "h") -> tuple[str, dict[str, Any]]:
    return "TimerAction", {"amount": amount, "unit": unit}


def wants(key: str, operator: str, value: Any = "") -> dict[str, Any]:
    return {"match": "all", "conditions": [{"type": "property", "key": key, "operator": operator, "value": value}]}


def audience(key: str, value: str, downstream: bool = True) -> tuple[str, dict[str, Any]]:
    return "AudienceFilter", {"audienceFilter": wants(key, "equals", value), "appliesDownstream": downstream}


def signup(every_time: bool = False, name: str = "signup") -> tuple[str, dict[str, Any]]:
    return "EventTrigger", {"eventName": name, "reEligible": every_time}


# --- triggers -------------------------------------------------------------------------------------------------------


def test_ada_is_added_and_gets_the_welcome_once(house: House) -> None:
    house.workflow(line(mail()))
    house.put()
    house.put(firstName="Ada")
    house.settle()
    assert house.sent() == ["welcome"]
    assert house.runs() == [("exit", "done", "Finished.")]


def test_an_event_starts_only_the_workflow_of_its_name_and_the_log_knows(house: House) -> None:
    house.workflow(line(mail(), trigger=signup()))
    house.workflow(line(mail("other"), trigger=signup(name="Signup")))
    house.event(plan="pro")
    house.settle()
    assert house.sent() == ["welcome"]
    assert house.starts() == [(1, "")]
    ((event, log),) = house.engine.read(lambda c: list(c.execute("select event, log from send")))
    assert (event, log) == ('{"plan":"pro"}', 1) or (event, log) == ('{"plan": "pro"}', 1)


def test_one_time_is_once_and_every_time_is_a_run_for_each_event(house: House) -> None:
    house.workflow(line(mail("once"), trigger=signup()))
    house.workflow(line(timer(1), mail("each"), trigger=signup(every_time=True)))
    house.event()
    house.event()
    house.settle()
    house.settle(HOUR)
    assert sorted(house.sent()) == ["each", "each", "once"]
    assert [started for started, _ in house.starts()].count(0) == 1
    assert any("one time" in why for _, why in house.starts())


def test_a_change_of_plan_starts_what_asks_for_just_that_change(house: House) -> None:
    house.property("plan")
    query = {"key": "plan", "was": {"operator": "equal", "value": "free"}, "is": {"operator": "equal", "value": "pro"}}
    house.workflow(line(mail(), trigger=("ContactPropertyTrigger", {"contactPropertyQuery": query, "reEligible": True})))
    house.put(plan="free")
    house.put(plan="team")
    house.put(plan="free", firstName="Ada")
    house.settle()
    assert house.sent() == []
    house.put(plan="pro")
    house.settle()
    assert house.sent() == ["welcome"]


def test_being_added_to_the_list_starts_and_leaving_it_ejects_at_the_next_node(house: House) -> None:
    news = house.mailing_list()
    trigger = ("AddToListTrigger", {"reEligible": True})
    house.workflow(line(timer(1), mail(), trigger=trigger), mailing_list=news)
    house.put(mailingLists={news: True})
    house.settle()
    house.put(mailingLists={news: False})
    house.settle(HOUR)
    assert house.sent() == []
    assert "no longer on" in house.runs()[0][2]
    house.put(mailingLists={news: True})
    house.settle(HOUR)
    house.settle(HOUR)
    assert house.sent() == ["welcome"]


def test_the_mailing_list_is_a_gate_for_every_trigger(house: House) -> None:
    news = house.mailing_list()
    house.workflow(line(mail("event"), trigger=signup()), mailing_list=news)
    house.workflow(line(mail("added")), mailing_list=news)
    house.event(email="bob@x.dev")
    house.settle()
    assert house.sent("bob@x.dev") == []
    assert house.starts()[0][1] == "The contact is not on the workflow's mailing list."
    house.put(mailingLists={news: True})  # created and added by one call: the gate knows
    house.settle()
    assert house.sent() == ["added"]
    house.event()
    house.settle()
    assert sorted(house.sent()) == ["added", "event"]
    house.put("bob@x.dev", mailingLists={news: True})
    house.event(email="bob@x.dev")  # was never inside, so one time is not used up
    house.settle()
    assert house.sent("bob@x.dev") == ["event"]


def test_a_refused_request_starts_nothing(house: House) -> None:
    house.workflow(line(mail(), trigger=signup()))
    with pytest.raises(Exception, match="colon"):
        house.event("a:b")
    house.settle()
    assert house.runs() == []


# --- nodes ----------------------------------------------------------------------------------------------------------


def test_a_timer_counts_from_the_moment_ada_comes_to_it(house: House) -> None:
    house.workflow(line(timer(1), mail("a"), timer(2, "d"), mail("b"), timer(0), mail("c")))
    house.put()
    house.settle()
    house.settle(HOUR - 1)
    assert house.sent() == []
    house.settle(1 + 400)  # a little late
    assert house.sent() == ["a"]
    house.settle(2 * DAY - 1)
    assert house.sent() == ["a"]
    house.settle(1)
    assert sorted(house.sent()) == ["a", "b", "c"]


def test_a_clock_set_back_fires_nothing_twice_and_one_set_forward_what_is_due(house: House) -> None:
    house.workflow(line(timer(1), mail("a"), timer(1), mail("b")))
    house.put()
    house.settle()
    house.settle(HOUR)
    house.settle(-DAY)
    assert house.sent() == ["a"]
    house.put("bob@x.dev")
    house.settle()
    house.settle(HOUR)
    assert house.sent("bob@x.dev") == ["a"]
    house.settle(10 * DAY)
    house.settle()
    assert sorted(house.sent()) == ["a", "b"]


def test_who_enters_while_the_clock_is_set_back_does_not_wait_for_it(house: House) -> None:
    house.workflow(line(mail()))
    house.put()
    house.settle(-DAY)
    assert house.sent() == ["welcome"]


def test_a_filter_lets_out_who_does_not_match_once_or_at_every_node_after(house: House) -> None:
    house.property("plan")
    house.workflow(line(audience("plan", "pro"), timer(1), mail("all")))
    house.workflow(line(audience("plan", "pro", downstream=False), timer(1), mail("next")))
    house.put(plan="pro")
    house.put("bob@x.dev", plan="free")
    house.settle()
    house.put(plan="free")
    house.settle(HOUR)
    assert house.sent() == ["next"]
    assert house.sent("bob@x.dev") == []
    whys = {why for _, _, why in house.runs()}
    assert whys == {
        "Finished.", "The contact does not match the audience filter.",
        "The contact no longer matches an audience filter it passed before.",
    }  # fmt: skip


def test_a_segment_and_a_filter_on_top_of_it_must_both_match(house: House) -> None:
    from headrace.engine.audience import segments

    house.property("plan")
    house.property("city")
    made = house.engine.write(
        lambda desk: segments.create(desk, {"name": "Pro", "filter": wants("plan", "equals", "pro")})
    ).result()
    config = {"audienceSegmentId": made["id"], "audienceFilter": wants("city", "equals", "Turin")}
    house.workflow(line(("AudienceFilter", config), mail()))
    house.put(plan="pro", city="Turin")
    house.put("bob@x.dev", plan="pro", city="Paris")
    house.put("eve@x.dev", plan="free", city="Turin")
    house.settle()
    assert (house.sent(), house.sent("bob@x.dev"), house.sent("eve@x.dev")) == (["welcome"], [], [])


def branched() -> Graph:
    """trigger → branch → (plan=pro → pro mail | plan=free → free mail) → exit"""
    made = edits.insert_after(line(), "BranchNode", "trigger", ids("b"))
    graph = edits.insert_after(made.graph, "SendEmailAction", "b2", lambda: "pro").graph
    graph = edits.insert_after(graph, "SendEmailAction", "b3", lambda: "free").graph
    for name in ("pro", "free"):
        graph = graph.with_nodes({name: Node("SendEmailAction", ("exit",), {"emailMessageId": name})})
    for node, plan in (("b2", "pro"), ("b3", "free")):
        graph = edits.update(graph, node, {"audienceFilter": wants("plan", "equals", plan)}, Team())
    return graph


def test_a_branch_takes_the_first_path_that_matches_or_none(house: House) -> None:
    house.property("plan")
    house.workflow(branched())
    for name, plan in (("ada", "pro"), ("bob", "free"), ("eve", "team")):
        house.put(f"{name}@x.dev", plan=plan)
    house.settle()
    assert [house.sent(f"{n}@x.dev") for n in ("ada", "bob", "eve")] == [["pro"], ["free"], []]
    assert house.runs()[2] == ("b1", "left", "No branch matches the contact.")


def test_an_experiment_without_control_lets_the_rest_out(house: House) -> None:
    graph = edits.insert_after(line(mail()), "ExperimentBranchNode", "trigger", ids("x")).graph
    graph = edits.update(edits.delete(graph, "x4"), "x1", {"samplingRate": 0}, Team())
    graph = graph.with_nodes({"x1": Node("ExperimentBranchNode", ("x2", "x3"), {"samplingRate": 0})})
    house.workflow(graph)
    house.put()
    house.settle()
    assert house.runs()[0][1] == "left"
    assert "no control" in house.runs()[0][2]


# --- start, pause, stop ---------------------------------------------------------------------------------------------


def test_a_draft_starts_nobody_and_says_so(house: House) -> None:
    house.workflow(line(mail(), trigger=signup()), started=False)
    house.event()
    assert house.starts() == [(0, "The workflow is a draft that was never started.")]
    assert house.runs() == []


def test_a_workflow_with_something_missing_is_not_started(house: House) -> None:
    draft = house.workflow(line(("SendEmailAction", {"emailMessageId": None})), started=False)
    with pytest.raises(Refused, match="Write the email"):
        house.start(draft)


def test_a_pause_holds_who_is_inside_and_queues_who_comes_for_a_day(house: House) -> None:
    workflow = house.workflow(line(timer(1), mail()))
    house.put()
    house.settle()
    house.pause(workflow)
    house.settle(HOUR)
    house.put("bob@x.dev")
    house.settle(DAY)
    house.put("eve@x.dev")
    house.settle()
    assert house.runs() == [("n1", "waiting", ""), ("trigger", "ready", "")]
    house.engine.write(running.stop_queueing).result()
    assert house.start(workflow).status == "Sending"
    house.settle()
    assert (house.sent(), house.sent("bob@x.dev"), house.sent("eve@x.dev")) == (["welcome"], [], [])
    house.settle(HOUR)
    assert house.sent("bob@x.dev") == ["welcome"]


def test_a_stop_queues_nobody_and_can_let_go_who_is_inside(house: House) -> None:
    workflow = house.workflow(line(timer(1), mail(), trigger=signup()))
    house.event()
    house.settle()
    house.stop(workflow)
    house.event(email="bob@x.dev")
    assert house.starts()[1] == (0, "The workflow is stopped.")
    house.stop(workflow, discard=True)
    house.start(workflow)
    house.settle(HOUR)
    assert house.runs() == [("n1", "ended", "The workflow was stopped.")]


def test_a_deleted_contact_leaves_nothing_of_what_its_events_said(house: House) -> None:
    house.workflow(line(mail(), trigger=signup()))
    house.event(diagnosis="secret")
    house.settle()
    house.delete()
    assert house.engine.read(lambda c: list(c.execute("select event from run"))) == [(None,)]


def test_a_deleted_contact_leaves_every_workflow(house: House) -> None:
    house.workflow(line(timer(1), mail()))
    house.put()
    house.settle()
    house.delete()
    house.settle(HOUR)
    assert house.runs() == [("n1", "ended", "The contact was deleted.")]
    house.put()  # a new contact, who is welcomed anew
    house.settle()
    house.settle(HOUR)
    assert house.sent() == ["welcome"]


def test_who_stands_at_a_node_that_was_taken_away_leaves(house: House) -> None:
    workflow = house.workflow(line(timer(1), mail()))
    house.put()
    house.settle()
    house.redraw(workflow, line())
    house.settle(HOUR)
    assert house.runs()[0][1:] == ("left", "The node was removed from the workflow.")


# --- crashes and trouble --------------------------------------------------------------------------------------------


def test_timers_survive_a_restart(house: House) -> None:
    house.workflow(line(timer(30, "d"), mail()))
    house.put()
    house.settle()
    house.restart()
    house.settle(30 * DAY - 1)
    assert house.sent() == []
    house.restart()
    house.settle(1)
    assert house.sent() == ["welcome"]


def test_a_step_that_fails_undoes_its_mail_and_is_tried_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.workflow(line(mail("a"), mail("b")))
    house.put()
    outbox, calls = house.engine.workflows.tools.outbox, []
    enqueue = outbox.enqueue

    def failing(desk: Any, mail: Any) -> str:
        calls.append(mail.message_id)
        if len(calls) == 2:
            raise RuntimeError("disk on fire")
        return enqueue(desk, mail)

    monkeypatch.setattr(outbox, "enqueue", failing)
    assert asyncio.run(house.engine.workflows.work()) == 0
    assert house.sent() == []
    assert house.runs() == [("trigger", "waiting", "A step failed: disk on fire")]
    house.clock.now += MINUTE
    assert asyncio.run(house.engine.workflows.work()) == 0
    assert sorted(house.sent()) == ["a", "b"]


def test_the_room_works_by_itself_and_sleeps_until_the_next_timer(house: House) -> None:
    house.workflow(line(timer(1, "m"), mail()))
    house.put()

    async def scene() -> None:
        task = asyncio.create_task(house.engine.workflows.run())
        while not house.sent():
            await asyncio.sleep(0.001)
        task.cancel()

    asyncio.run(asyncio.wait_for(scene(), 10))
    ((at,),) = house.engine.read(lambda c: list(c.execute("select at from send")))
    ((entered,),) = house.engine.read(lambda c: list(c.execute("select entered_at from run")))
    assert 0 <= at - entered - MINUTE < 1000


def test_one_persons_runs_keep_their_order(house: House) -> None:
    house.workflow(line(timer(1), mail("x"), trigger=signup(every_time=True)))
    for number in range(5):
        house.event(n=number)
    house.settle()
    house.settle(HOUR)
    events = house.engine.read(lambda c: [e for (e,) in c.execute("select event from send order by log")])
    order = house.engine.read(lambda c: [s for (s,) in c.execute("select seq from run order by ended_at, seq")])
    assert len(events) == 5
    assert order == sorted(order)


def test_unsubscribed_ada_goes_through_and_the_outbox_decides(house: House) -> None:
    house.workflow(line(mail()))
    house.put(subscribed=False)
    house.settle()
    assert house.runs()[0][1] == "done"
    assert house.sent(ADA) == ["welcome"]
