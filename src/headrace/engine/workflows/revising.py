"""Edits of a stored workflow: each expects the revision it was made for, and says what it would cost who is inside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from headrace.engine.desk import Desk
from headrace.engine.workflows import edits, shelf, states
from headrace.engine.workflows.edits import Made
from headrace.engine.workflows.facts import Team
from headrace.engine.workflows.graph import Graph, Node, Refused
from headrace.engine.workflows.port import Emails
from headrace.engine.workflows.shelf import Workflow
from headrace.engine.workflows.types import of


class Change(msgspec.Struct, frozen=True):
    """What became of a change that may concern contacts inside; `workflow` None: nothing was changed."""

    status: str
    nodes: tuple[str, ...]
    queued: int
    workflow: Workflow | None = None


def insert(desk: Desk, identifier: str, given: Mapping[str, Any], emails: Emails) -> tuple[Workflow, Made]:
    """By the body of Loops' createWorkflowNode."""
    found = shelf.expected(desk.c, identifier, given.get("expectedRevisionId"))
    kind, mode = given.get("nodeTypeName"), given.get("insertMode")
    source, target = given.get("fromNodeId"), given.get("toNodeId", given.get("beforeNodeId"))
    if mode == "between":
        made = edits.insert_between(found.graph, _text(kind), _text(source), _text(target), desk.new_id)
    elif mode == "before":
        made = edits.insert_before(found.graph, _text(kind), _text(target), desk.new_id)
    elif mode == "after":
        made = edits.insert_after(found.graph, _text(kind), _text(source), desk.new_id)
    else:
        raise Refused("`insertMode` is between, before or after.")
    return _drawn(desk, found, _with_email(desk, identifier, made, emails), f"{_called(made.graph, made.node)} added"), made


def _drawn(desk: Desk, found: Workflow, graph: Graph, what: str) -> Workflow:
    return shelf.save(desk, msgspec.structs.replace(found, graph=graph), what)


def _called(graph: Graph, node: str) -> str:
    """As the page calls it."""
    return of(graph.node(node)).title


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Refused("`nodeTypeName` and the nodes to insert at are required.")
    return value


def _with_email(desk: Desk, workflow: str, made: Made, emails: Emails) -> Graph:
    """A new email node gets its message at once."""
    node = made.graph.nodes[made.node]
    if node.type != "SendEmailAction":
        return made.graph
    config = {"emailMessageId": emails.create_message(desk, "workflow", workflow)}
    return made.graph.with_nodes({made.node: Node(node.type, node.next, config)})


def add_branch(desk: Desk, identifier: str, node: str, revision: Any) -> tuple[Workflow, str]:
    found = shelf.expected(desk.c, identifier, revision)
    made = edits.add_branch(found.graph, node, desk.new_id)
    return _drawn(desk, found, made.graph, f"{_called(found.graph, node)}: path added"), made.node


def reroute(desk: Desk, identifier: str, node: str, revision: Any, target: Any) -> Workflow:
    if not isinstance(target, str):
        raise Refused("`newTargetNodeId` is required.")
    found = shelf.expected(desk.c, identifier, revision)
    return _drawn(
        desk,
        found,
        edits.reroute(found.graph, node, target),
        f"{_called(found.graph, node)} leads to {_called(found.graph, target)}",
    )


def update(desk: Desk, identifier: str, node: str, revision: Any, payload: Any) -> Workflow:
    if not isinstance(payload, dict):
        raise Refused("`payload` is required.")
    found = shelf.expected(desk.c, identifier, revision)
    return _drawn(
        desk,
        found,
        edits.update(found.graph, node, payload, Team(desk.c)),
        f"{_called(found.graph, node)}: settings changed",
    )


def delete(desk: Desk, identifier: str, node: str, given: Mapping[str, Any], recursively: bool) -> Change:
    found = shelf.expected(desk.c, identifier, given.get("expectedRevisionId"))
    graph, gone = edits.delete_recursively(found.graph, node) if recursively else (edits.delete(found.graph, node), [node])
    inside = states.queued(desk.c, identifier, gone)
    what = f"{_called(found.graph, node)} deleted" + (f" with {len(gone) - 1} more" if len(gone) > 1 else "")
    return _carry_out(desk, given, tuple(gone), inside, lambda: _drawn(desk, found, graph, what), "deleted")


def change_list(desk: Desk, identifier: str, given: Mapping[str, Any]) -> Change:
    if "mailingListId" not in given:
        raise Refused("`mailingListId` is required.")
    found = shelf.expected(desk.c, identifier, given.get("expectedRevisionId"))
    wanted = shelf.checked_list(desk.c, given["mailingListId"])
    inside = states.excluded(desk.c, identifier, wanted)
    changed = msgspec.structs.replace(found, list=wanted)
    return _carry_out(desk, given, (), inside, lambda: shelf.save(desk, changed, "mailing list changed"), "updated")


def _carry_out(
    desk: Desk, given: Mapping[str, Any], nodes: tuple[str, ...], inside: list[str], save: Callable[[], Workflow], done: str
) -> Change:
    policy = given.get("queuedContactPolicy", "fail")
    if policy not in ("fail", "discard"):
        raise Refused("`queuedContactPolicy` is fail or discard.")
    if not isinstance(given.get("dryRun", False), bool):
        raise Refused("`dryRun` must be true or false.")
    if given.get("dryRun"):
        return Change("dryRun", nodes, len(inside))
    if inside and policy == "fail":
        return Change("queuedContactsFound", nodes, len(inside))
    states.discard(desk, inside, "The workflow was changed.")
    return Change(done, nodes, len(inside), save())


def restore(desk: Desk, identifier: str, revision: Any, old: str) -> Workflow:
    """The graph of an earlier revision; only while nobody stands at a node it does not have."""
    found = shelf.expected(desk.c, identifier, revision)
    graph = shelf.graph_at(desk.c, identifier, old)
    lost = states.queued(desk.c, identifier, set(found.graph.nodes) - set(graph.nodes))
    if lost:
        raise Refused(f"{len(lost)} contacts stand at nodes that this revision does not have.", 409)
    return _drawn(desk, found, graph, "earlier revision restored")
