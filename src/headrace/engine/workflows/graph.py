"""A workflow's graph: one trigger at the root, one exit at the end, and no way back. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from headrace.engine.refusal import LoopsError

EXIT = "ExitAction"
MOST = 400  # nodes of one workflow


class Refused(LoopsError):
    """Something about a workflow that cannot be done."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(status, message)


class Node(msgspec.Struct, frozen=True):
    type: str
    next: tuple[str, ...] = ()
    config: dict[str, Any] = {}


class Graph(msgspec.Struct, frozen=True):
    root: str
    nodes: dict[str, Node]

    @property
    def exit(self) -> str:
        return next(i for i, node in self.nodes.items() if node.type == EXIT)

    def node(self, identifier: str) -> Node:
        """Raises Refused(404)."""
        if identifier not in self.nodes:
            raise Refused("Workflow node not found.", 404)
        return self.nodes[identifier]

    def parents(self, identifier: str) -> list[str]:
        return [i for i, node in self.nodes.items() if identifier in node.next]

    def with_nodes(self, changed: Mapping[str, Node]) -> Graph:
        return Graph(self.root, {**self.nodes, **changed})


def blank(root: str, end: str) -> Graph:
    """What a new workflow begins with."""
    return Graph(root, {root: Node("BlankTrigger", (end,)), end: Node(EXIT)})


def reachable(graph: Graph, start: str, without: str | None = None) -> set[str]:
    """`start` and whatever can be reached from it, not passing `without`."""
    found: set[str] = set()
    ahead = [start]
    while ahead:
        identifier = ahead.pop()
        if identifier not in found and identifier != without:
            found.add(identifier)
            ahead.extend(graph.nodes[identifier].next)
    return found


def in_order(graph: Graph) -> list[str]:
    """Every node after all that lead to it, the leftmost path first."""
    done: list[str] = []
    seen: set[str] = set()
    stack: list[tuple[str, Iterator[str]]] = [(graph.root, iter(reversed(graph.nodes[graph.root].next)))]
    seen.add(graph.root)
    while stack:
        identifier, ahead = stack[-1]
        following = next((i for i in ahead if i not in seen), None)
        if following is None:
            done.append(identifier)
            stack.pop()
        else:
            seen.add(following)
            stack.append((following, iter(reversed(graph.nodes[following].next))))
    return done[::-1]


def meeting(graph: Graph, identifier: str) -> list[str]:
    """The nodes that every path from here passes, the nearest first; the exit is always the last."""
    order = in_order(graph)
    ahead = reachable(graph, identifier) - {identifier}
    found = []
    for candidate in order:
        if candidate in ahead and graph.exit not in (reachable(graph, identifier, candidate) - {candidate}):
            found.append(candidate)
    return found


def to_json(graph: Graph) -> str:
    return msgspec.json.encode(graph).decode()


def from_json(text: str) -> Graph:
    return msgspec.convert(json.loads(text), Graph)
