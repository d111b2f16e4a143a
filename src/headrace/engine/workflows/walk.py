"""How far a contact goes by itself: from where it stands to the next wait, or out. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from headrace.engine.workflows.graph import Graph
from headrace.engine.workflows.nodes.port import Leave, Look, Pass
from headrace.engine.workflows.types import of


class Visitor(Look, Protocol):
    def on_list(self) -> bool:
        """Whether the contact is on the workflow's mailing list; True when it has none."""


class Standing(msgspec.Struct, frozen=True):
    """A run that is due: what it waited for at `node` is over. `guards`: filters passed that are still asked."""

    run: str
    node: str
    due: int  # ms, by the wall clock
    guards: tuple[str, ...] = ()


class Step(msgspec.Struct, frozen=True):
    """What was done at a node."""

    node: str
    at: int
    did: str  # passed, sent, left, done


class Walk(msgspec.Struct, frozen=True):
    """`waits` None: the contact is out, and `why` says how."""

    steps: tuple[Step, ...]
    waits: Standing | None
    emails: tuple[str, ...]  # nodes whose email leaves, in order
    why: str = ""
    done: bool = False


OFF_LIST = "The contact is no longer on the workflow's mailing list."
GONE = "The node was removed from the workflow."
CIRCLE = "The workflow leads in a circle."
GUARDED = "The contact no longer matches an audience filter it passed before."


def advance(graph: Graph, standing: Standing, look: Visitor, now: int) -> Walk:
    """A timer counts from the moment its contact comes to it: who came first, leaves first."""
    at, guards = standing.node, standing.guards
    steps: list[Step] = []
    emails: list[str] = []
    while True:
        move = _move(graph, at, standing.run, guards, look)
        if isinstance(move, Leave):
            steps.append(Step(at, now, "done" if move.done else "left"))
            return Walk(tuple(steps), None, tuple(emails), move.why, move.done)
        steps.append(Step(at, now, "sent" if move.send else "passed"))
        if move.send:
            emails.append(at)
        if move.guards:
            guards = (*guards, at)
        if len(steps) > len(graph.nodes):  # no edit makes one; a step without end would hold up the whole engine
            return Walk(tuple(steps), None, tuple(emails), CIRCLE)
        at = move.to
        wait = of(graph.nodes[at]).wait(graph.nodes[at].config)
        if wait:
            return Walk(tuple(steps), Standing(standing.run, at, now + wait, guards), tuple(emails))


def _move(graph: Graph, at: str, run: str, guards: tuple[str, ...], look: Visitor) -> Pass | Leave:
    node = graph.nodes.get(at)
    if node is None:
        return Leave(GONE)
    if not look.on_list():
        return Leave(OFF_LIST)
    asked: list[Mapping[str, Any]] = [graph.nodes[i].config for i in guards if i in graph.nodes]
    if not of(node).trigger and not all(look.matches(config) for config in asked):
        return Leave(GUARDED)
    return of(node).act(graph, at, node, run, look)
