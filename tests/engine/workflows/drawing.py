"""Graphs of tests: ids that read well, a team where everything asked for exists, random edits, what is a sound one."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from random import Random
from typing import Any

from headrace.engine.workflows import edits
from headrace.engine.workflows.graph import EXIT, Graph, Node, Refused, reachable
from headrace.engine.workflows.types import TYPES

CREATABLE = tuple(name for name, kind in TYPES.items() if kind.creatable)


class Team:
    """Every name exists; `x` nowhere."""

    def event_name(self, pattern: str) -> str | None:
        return None if pattern == "x" else f"event of {pattern}"

    def has_event(self, name: str) -> bool:
        return name != "x"

    def property_type(self, key: str) -> str | None:
        return {"plan": "string", "seats": "number", "vip": "boolean", "since": "date"}.get(key)

    def has_segment(self, identifier: str) -> bool:
        return identifier != "x"

    def check_filter(self, tree: Any) -> None: ...


def ids(prefix: str = "n") -> Callable[[], str]:
    numbers = itertools.count(1)
    return lambda: f"{prefix}{next(numbers)}"


def line(*nodes: tuple[str, dict[str, Any]], trigger: tuple[str, dict[str, Any]] = ("SignupTrigger", {})) -> Graph:
    """trigger → n1 → n2 → … → exit."""
    names = ["trigger", *(f"n{i}" for i in range(1, len(nodes) + 1)), "exit"]
    kinds = [trigger, *nodes, ("ExitAction", {})]
    made = {}
    for place, (name, (kind, config)) in enumerate(zip(names, kinds, strict=True)):
        following = tuple(names[place + 1 : place + 2])
        made[name] = Node(kind, following, TYPES[kind].start() | config)
    return Graph("trigger", made)


def edited(graph: Graph, chance: Random, new_id: Callable[[], str]) -> Graph:
    """One random edit; a refused one changes nothing."""
    names = sorted(graph.nodes)
    here, there, kind = chance.choice(names), chance.choice(names), chance.choice(CREATABLE)
    following = chance.choice(graph.nodes[here].next or (there,))
    payloads: list[dict[str, Any]] = [
        {"amount": 2}, {"isControl": True}, {"samplingRate": 10}, {"appliesDownstream": False},
        {"typeName": "SignupTrigger"},        {"typeName": "EventTrigger", "eventName": "e"}, {"audienceSegmentId": "s"},
    ]  # fmt: skip
    tries: list[Callable[[], Graph]] = [
        lambda: edits.insert_between(graph, kind, here, following, new_id).graph,
        lambda: edits.insert_between(graph, kind, here, following, new_id).graph,
        lambda: edits.insert_before(graph, kind, there, new_id).graph,
        lambda: edits.insert_after(graph, kind, here, new_id).graph,
        lambda: edits.add_branch(graph, here, new_id).graph,
        lambda: edits.reroute(graph, here, there),
        lambda: edits.delete(graph, here),
        lambda: edits.delete_recursively(graph, here)[0],
        lambda: edits.update(graph, here, chance.choice(payloads), Team()),
    ]
    try:
        return chance.choice(tries)()
    except Refused:
        return graph


def broken(graph: Graph) -> list[str]:
    """What no edit may ever leave behind; empty for a sound graph."""
    for identifier, node in graph.nodes.items():
        if missing := set(node.next) - set(graph.nodes):
            return [f"{identifier} leads to {sorted(missing)}, which is not there"]
    found = []
    if graph.parents(graph.root):
        found.append("something leads back to the trigger")
    if lost := set(graph.nodes) - reachable(graph, graph.root):
        found.append(f"never reached: {sorted(lost)}")
    for identifier, node in graph.nodes.items():
        if len(set(node.next)) != len(node.next):
            found.append(f"{identifier} leads to one node twice")
        if (not node.next) != (node.type == EXIT):
            found.append(f"{identifier} ends nowhere")
        if any(identifier in reachable(graph, following) for following in node.next):
            found.append(f"{identifier} is in a circle")
    if sum(node.type == EXIT for node in graph.nodes.values()) != 1:
        found.append("there is not exactly one exit")
    return found
