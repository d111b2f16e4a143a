"""What a workflow's graph is, however it was edited."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.engine.workflows import edits
from headrace.engine.workflows.graph import Graph, Node, Refused, blank, from_json, in_order, meeting, to_json
from headrace.engine.workflows.nodes.port import Situation
from headrace.engine.workflows.nodes.property_trigger import fires
from headrace.engine.workflows.types import TYPES, problems
from tests.engine.workflows.drawing import Team, broken, edited, ids, line

MAIL: tuple[str, dict[str, Any]] = ("SendEmailAction", {"emailMessageId": "m"})


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), many=st.integers(1, 60))
def test_any_edits_leave_one_root_one_exit_and_everything_reachable(seed: int, many: int) -> None:
    chance, new_id = Random(seed), ids()
    graph = blank("root", "exit")
    for _ in range(many):
        graph = edited(graph, chance, new_id)
        assert broken(graph) == []
        assert (graph.root, graph.exit) == ("root", "exit")
        assert len(graph.nodes) <= 400
    order = in_order(graph)
    assert sorted(order) == sorted(graph.nodes)
    assert all(order.index(i) < order.index(n) for i, node in graph.nodes.items() for n in node.next)
    assert all(meeting(graph, i)[-1] == "exit" for i in graph.nodes if i != "exit")
    assert from_json(to_json(graph)) == graph


def forked() -> Graph:
    """trigger → branch → (f1 → mail | f2) → exit"""
    made = edits.insert_after(line(), "BranchNode", "trigger", ids())
    return edits.insert_after(made.graph, "SendEmailAction", "n2", lambda: "mail").graph


def test_a_new_branch_brings_two_filters_that_meet_again() -> None:
    graph = edits.insert_after(line(MAIL), "BranchNode", "trigger", ids("b")).graph
    assert graph.nodes["b1"].next == ("b2", "b3")
    assert graph.nodes["b2"].next == graph.nodes["b3"].next == ("n1",)


def test_a_new_experiment_brings_two_variants_and_a_control() -> None:
    made = edits.insert_before(line(MAIL), "ExperimentBranchNode", "exit", ids("x"))
    kinds = [(made.graph.nodes[i].type, made.graph.nodes[i].config["isControl"]) for i in made.children]
    assert kinds == [("VariantNode", False), ("VariantNode", False), ("VariantNode", True)]


def test_another_branch_joins_where_the_others_meet() -> None:
    graph = forked()
    made = edits.add_branch(graph, "n1", lambda: "third")
    assert made.graph.nodes["n1"].next == ("n2", "n3", "third")
    assert made.graph.nodes["third"].next == ("exit",)


def test_a_new_control_takes_the_place_of_the_old() -> None:
    graph = edits.insert_after(line(), "ExperimentBranchNode", "trigger", ids()).graph
    graph = edits.update(graph, "n2", {"isControl": True}, Team())
    assert [graph.nodes[i].config["isControl"] for i in ("n2", "n3", "n4")] == [True, False, False]


def test_deleting_a_branch_takes_what_only_it_leads_to() -> None:
    graph, gone = edits.delete_recursively(forked(), "n2")
    assert gone == ["mail", "n2"]
    assert graph.nodes["n1"].next == ("n3",)
    graph, gone = edits.delete_recursively(forked(), "n1")
    assert gone == ["mail", "n1", "n2", "n3"]
    assert graph.nodes["trigger"].next == ("exit",)


def test_one_deleted_node_closes_the_gap_and_a_fork_asks_for_more() -> None:
    assert edits.delete(line(MAIL), "n1").nodes["trigger"].next == ("exit",)
    with pytest.raises(Refused, match="several paths"):
        edits.delete(forked(), "n1")
    for fixed in ("trigger", "exit"):
        with pytest.raises(Refused, match="cannot be deleted"):
            edits.delete(forked(), fixed)


def test_paths_are_rerouted_but_never_in_a_circle_and_nothing_is_cut_off() -> None:
    graph = forked()
    assert edits.reroute(graph, "n3", "mail").nodes["n3"].next == ("mail",)
    for source, target, why in (
        ("n3", "n1", "lead back"), ("mail", "n3", None), ("n1", "exit", "exactly one"), ("n2", "exit", "without any"),
        ("mail", "exit", "already"), ("mail", "trigger", "lead back"),
    ):  # fmt: skip
        if why:
            with pytest.raises(Refused, match=why):
                edits.reroute(graph, source, target)
        else:
            assert broken(edits.reroute(graph, source, target)) == []


def test_variants_stand_only_below_their_experiment() -> None:
    graph = edits.insert_after(line(), "ExperimentBranchNode", "trigger", ids()).graph
    for source, target, kind in (("trigger", "n1", "VariantNode"), ("n1", "n2", "TimerAction"), ("n1", "n2", "VariantNode")):
        with pytest.raises(Refused):
            edits.insert_between(graph, kind, source, target, ids("y"))
    bare = edits.delete(graph, "n2")
    assert "exit" in bare.nodes["n1"].next
    again = edits.insert_between(bare, "VariantNode", "n1", "exit", lambda: "again").graph
    assert "again" in again.nodes["n1"].next


def test_400_nodes_are_enough() -> None:
    graph, new_id = line(), ids()
    for _ in range(398):
        graph = edits.insert_after(graph, "TimerAction", "trigger", new_id).graph
    assert len(graph.nodes) == 400
    with pytest.raises(Refused, match="at most 400"):
        edits.insert_after(graph, "TimerAction", "trigger", new_id)


def test_a_start_is_refused_with_a_sentence_for_each_node() -> None:
    graph = edits.insert_after(blank("t", "e"), "BranchNode", "t", ids()).graph
    graph = edits.insert_after(graph, "SendEmailAction", "n2", lambda: "mail").graph
    found = problems(graph, Situation())
    assert set(found) == {"t", "n2", "n3", "mail"}
    graph = edits.update(graph, "t", {"typeName": "AddToListTrigger"}, Team())
    assert "mailing list" in problems(graph, Situation())["t"][0]
    assert "t" not in problems(graph, Situation(mailing_list="l"))
    graph = edits.delete(graph, "n3")
    assert "audience filter" in problems(graph, Situation())["n1"][0]


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ({"typeName": "TimerAction"}, "no type of trigger"),
        ({"typeName": "EventTrigger", "eventName": "x"}, "not found"),
        ({"typeName": "EventTrigger", "eventName": "e", "eventPatternId": "p"}, "not both"),
        ({"typeName": "EventTrigger", "reEligible": 1}, "true or false"),
        ({"typeName": "AddToListTrigger", "mailingListId": "l"}, "cannot be set"),
    ],
)
def test_a_trigger_takes_only_what_it_knows(payload: dict[str, Any], why: str) -> None:
    with pytest.raises(Refused, match=why):
        edits.update(line(), "trigger", payload, Team())


def test_a_filter_set_alone_clears_the_segment_and_the_other_way_round() -> None:
    tree = {"match": "all", "conditions": [{"type": "property", "key": "plan", "operator": "equals", "value": "pro"}]}
    graph = line(("AudienceFilter", {}))
    graph = edits.update(graph, "n1", {"audienceSegmentId": "s"}, Team())
    graph = edits.update(graph, "n1", {"audienceFilter": tree}, Team())
    assert graph.nodes["n1"].config["audienceSegmentId"] is None
    graph = edits.update(graph, "n1", {"appliesDownstream": False}, Team())
    assert graph.nodes["n1"].config["audienceFilter"] == tree
    graph = edits.update(graph, "n1", {"audienceFilter": tree, "audienceSegmentId": "s"}, Team())
    assert graph.nodes["n1"].config["audienceSegmentId"] == "s"


def test_what_has_no_settings_says_so_as_loops_does() -> None:
    for kind in ("SendEmailAction", "BranchNode"):
        with pytest.raises(Refused) as caught:
            edits.update(line((kind, {})), "n1", {"subject": "Hi"}, Team())
        assert caught.value.status == 501


ANY = {"operator": "any", "value": ""}


@pytest.mark.parametrize(
    ("was", "now", "change", "expected"),
    [
        (ANY, ANY, ["free", "pro"], True),
        ({"operator": "equal", "value": "free"}, {"operator": "equal", "value": "pro"}, ["free", "pro"], True),
        ({"operator": "equal", "value": "team"}, {"operator": "equal", "value": "pro"}, ["free", "pro"], False),
        ({"operator": "empty", "value": ""}, {"operator": "contains", "value": "r"}, [None, "pro"], True),
        (ANY, {"operator": "not_contains", "value": "r"}, ["a", "pro"], False),
        (ANY, {"operator": "greater_than", "value": 5}, [5, 6], True),
        (ANY, {"operator": "numeric_not_equal", "value": 6}, [5, 6], False),
        ({"operator": "false", "value": ""}, {"operator": "true", "value": ""}, [False, True], True),
        ({"operator": "false", "value": ""}, {"operator": "true", "value": ""}, [None, True], False),
        (ANY, {"operator": "after", "value": "2026-01-01T00:00:00.000Z"}, [None, "2026-02-01T00:00:00.000Z"], True),
        (ANY, {"operator": "between", "value": "2026-01-01/2026-01-31"}, [None, "2026-02-01T00:00:00.000Z"], False),
    ],
)
def test_a_change_fires_when_both_sides_are_as_asked(was: Any, now: Any, change: list[Any], expected: bool) -> None:
    assert fires({"key": "plan", "is": now, "was": was}, {"plan": change}) is expected
    assert not fires({"key": "plan", "is": now, "was": was}, {"seats": change})


def test_an_experiment_splits_evenly_and_always_alike() -> None:
    graph = edits.insert_after(line(), "ExperimentBranchNode", "trigger", ids()).graph
    graph = edits.update(graph, "n1", {"samplingRate": 60}, Team())
    kind, node = TYPES["ExperimentBranchNode"], graph.nodes["n1"]

    class Nobody:
        def matches(self, config: Any) -> bool:
            return False

    went = [kind.act(graph, "n1", node, f"run{i}", Nobody()) for i in range(5000)]
    assert went == [kind.act(graph, "n1", node, f"run{i}", Nobody()) for i in range(5000)]
    parts = [sum(getattr(move, "to", "") == child for move in went) / 5000 for child in node.next]
    assert parts == pytest.approx([0.3, 0.3, 0.4], abs=0.03)


def test_broken_graphs_are_known_as_such() -> None:
    sound = line(MAIL)
    assert broken(sound) == []
    assert broken(sound.with_nodes({"lost": Node("TimerAction", ("exit",))}))
    assert broken(sound.with_nodes({"n1": Node("TimerAction", ("n1",))}))
    assert broken(sound.with_nodes({"n1": Node("TimerAction", ())}))
    assert broken(sound.with_nodes({"n1": Node("TimerAction", ("nowhere",))}))
