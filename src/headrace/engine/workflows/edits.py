"""Edits of a graph: each gives a new graph or refuses, and leaves one root, one exit and every node reachable. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from headrace.engine.workflows.graph import EXIT, MOST, Graph, Node, Refused, meeting, reachable
from headrace.engine.workflows.nodes.port import Facts
from headrace.engine.workflows.types import FORKS, TYPES, of

VARIANT, EXPERIMENT = "VariantNode", "ExperimentBranchNode"


class Made(msgspec.Struct, frozen=True):
    """A graph with something new in it."""

    graph: Graph
    node: str
    children: tuple[str, ...] = ()


def insert_between(graph: Graph, kind: str, source: str, target: str, new_id: Callable[[], str]) -> Made:
    if target not in graph.node(source).next:
        graph.node(target)
        raise Refused("`fromNodeId` does not lead to `toNodeId`.")
    experiment = graph.nodes[source].type == EXPERIMENT
    if experiment and (kind != VARIANT or graph.nodes[target].type == VARIANT):
        raise Refused("Directly below an experiment only a missing VariantNode can be inserted; use add-branch for another.")
    if kind == VARIANT and not experiment:
        raise Refused("A VariantNode can only be inserted directly below an ExperimentBranchNode.")
    return _insert(graph, kind, (source,), target, new_id)


def insert_before(graph: Graph, kind: str, target: str, new_id: Callable[[], str]) -> Made:
    graph.node(target)
    parents = graph.parents(target)
    if not parents:
        raise Refused("Nothing can be inserted before the trigger.")
    if kind == VARIANT:
        raise Refused('A VariantNode cannot use `insertMode: "before"`.')
    if any(graph.nodes[parent].type == EXPERIMENT for parent in parents):
        raise Refused("Only a VariantNode can stand directly below an experiment.")
    return _insert(graph, kind, tuple(parents), target, new_id)


def insert_after(graph: Graph, kind: str, source: str, new_id: Callable[[], str]) -> Made:
    following = graph.node(source).next
    if len(following) != 1:
        raise Refused("`after` needs a node with exactly one outgoing connection; use `between`.")
    return insert_between(graph, kind, source, following[0], new_id)


def _insert(graph: Graph, kind: str, sources: tuple[str, ...], target: str, new_id: Callable[[], str]) -> Made:
    if kind not in TYPES or not TYPES[kind].creatable:
        raise Refused(f"A node of the type {kind!r} cannot be created.")
    made = new_id()
    children: dict[str, Node] = {}
    if kind in FORKS:
        starts = [TYPES[FORKS[kind]].start() for _ in range(3 if kind == EXPERIMENT else 2)]
        if kind == EXPERIMENT:
            starts[-1] |= {"isControl": True}
        children = {new_id(): Node(FORKS[kind], (target,), start) for start in starts}
    _check_room(graph, 1 + len(children))
    node = Node(kind, tuple(children) or (target,), TYPES[kind].start())
    changed = {source: _relinked(graph.nodes[source], target, made) for source in sources}
    return Made(graph.with_nodes(changed | {made: node} | children), made, tuple(children))


def add_branch(graph: Graph, identifier: str, new_id: Callable[[], str]) -> Made:
    """One more path, which joins the others where they all meet."""
    node = graph.node(identifier)
    if node.type not in FORKS:
        raise Refused("Only a BranchNode or an ExperimentBranchNode gets another branch.")
    _check_room(graph, 1)
    made = new_id()
    child = Node(FORKS[node.type], (_joins(graph, node, identifier),), TYPES[FORKS[node.type]].start())
    return Made(graph.with_nodes({identifier: _with(node, next=(*node.next, made)), made: child}), made)


def _joins(graph: Graph, node: Node, identifier: str) -> str:
    met = meeting(graph, identifier)
    return next((i for i in met if i not in node.next), graph.exit)


def reroute(graph: Graph, source: str, target: str) -> Graph:
    node = graph.node(source)
    if node.type in FORKS or len(node.next) != 1:
        raise Refused("Only a node with exactly one outgoing connection can be rerouted.")
    if target not in graph.nodes:
        raise Refused("Workflow node not found.", 404)
    if len(graph.parents(node.next[0])) < 2:
        raise Refused("The present target would be left without any incoming connection.")
    if target == node.next[0]:
        raise Refused("The node leads there already.")
    if target == graph.root or source in reachable(graph, target):
        raise Refused("A workflow cannot lead back to where it came from.")
    if graph.nodes[target].type == VARIANT:
        raise Refused("A variant can only be reached from its experiment.")
    return graph.with_nodes({source: _with(node, next=(target,))})


def update(graph: Graph, identifier: str, payload: Mapping[str, Any], facts: Facts) -> Graph:
    node = graph.node(identifier)
    kind = payload.get("typeName", node.type)
    if kind != node.type:
        if not of(node).trigger:
            raise Refused("`typeName` can only change one trigger to another.")
        if not isinstance(kind, str) or kind not in TYPES or not TYPES[kind].trigger or kind == "BlankTrigger":
            raise Refused(f"{kind!r} is no type of trigger.")
        node = Node(kind, node.next, TYPES[kind].start())
    elif "typeName" in payload and not of(node).trigger:
        raise Refused("`typeName` cannot be set on this node.")
    config = of(node).update(node.config, payload, facts)
    changed = {identifier: _with(node, config=config)}
    if kind == VARIANT and config.get("isControl"):
        changed |= {i: _with(graph.nodes[i], config={"isControl": False}) for i in _siblings(graph, identifier)}
    return graph.with_nodes(changed)


def _siblings(graph: Graph, identifier: str) -> set[str]:
    found = {child for parent in graph.parents(identifier) for child in graph.nodes[parent].next}
    return {i for i in found - {identifier} if graph.nodes[i].type == VARIANT}


def delete(graph: Graph, identifier: str) -> Graph:
    """One node; what led to it leads to what it led to."""
    node = _deletable(graph, identifier)
    if len(node.next) > 1:
        raise Refused("This node has several paths. Delete it with all that follows.")
    return _without(graph, {identifier}, identifier, node.next[0])


def delete_recursively(graph: Graph, identifier: str) -> tuple[Graph, list[str]]:
    """A node and what only it leads to; (the graph, what was deleted)."""
    _deletable(graph, identifier)
    kept = reachable(graph, graph.root, identifier) | {graph.exit}
    gone = reachable(graph, identifier) - kept
    onward = next(i for i in meeting(graph, identifier) if i not in gone)
    for parent in graph.parents(identifier):
        node = graph.nodes[parent]
        if node.type in FORKS and len(node.next) > 1:  # the whole path goes; the others stay
            graph = graph.with_nodes({parent: _with(node, next=tuple(i for i in node.next if i != identifier))})
    return _without(graph, gone, identifier, onward), sorted(gone)


def _without(graph: Graph, gone: set[str], identifier: str, onward: str) -> Graph:
    changed = {parent: _relinked(graph.nodes[parent], identifier, onward) for parent in graph.parents(identifier)}
    merged = {**graph.nodes, **changed}
    return Graph(graph.root, {i: node for i, node in merged.items() if i not in gone})


def _deletable(graph: Graph, identifier: str) -> Node:
    node = graph.node(identifier)
    if of(node).trigger or node.type == EXIT:
        raise Refused("The trigger and the exit of a workflow cannot be deleted.")
    return node


def _relinked(node: Node, old: str, new: str) -> Node:
    """`new` in the place of `old`; two paths to one node become one."""
    return _with(node, next=tuple(dict.fromkeys(new if i == old else i for i in node.next)))


def _with(node: Node, **changes: Any) -> Node:
    return msgspec.structs.replace(node, **changes)


def _check_room(graph: Graph, more: int) -> None:
    if len(graph.nodes) + more > MOST:
        raise Refused(f"A workflow has at most {MOST} nodes.")
