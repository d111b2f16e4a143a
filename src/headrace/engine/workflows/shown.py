"""Workflows and nodes as Loops' API gives them."""

from __future__ import annotations

from typing import Any

import apsw

from headrace.clock import rfc3339
from headrace.engine.events import patterns
from headrace.engine.refusal import LoopsError
from headrace.engine.workflows import shelf
from headrace.engine.workflows.graph import Node, in_order
from headrace.engine.workflows.port import Emails
from headrace.engine.workflows.shelf import Workflow
from headrace.engine.workflows.types import of

Shown = dict[str, Any]
NOWHERE = "http://localhost"  # until the engine's listener is bound


def address(url: str, workflow: str) -> str:
    return f"{url or NOWHERE}/workflows/{workflow}"


def summary(c: apsw.Connection, workflow: Workflow, url: str) -> Shown:
    return {
        "id": workflow.id, "url": address(url, workflow.id), "name": workflow.name, "workflowGroupId": shelf.group(c),
        "createdAt": rfc3339(workflow.created_at), "updatedAt": rfc3339(workflow.updated_at),
    }  # fmt: skip


def simplified(c: apsw.Connection, workflow: Workflow, emails: Emails, url: str) -> Shown:
    """The whole graph, each node in short, in the order of its paths."""
    nodes = workflow.graph.nodes
    return {
        "id": workflow.id, "url": address(url, workflow.id), "workflowRevisionId": workflow.revision,
        "status": workflow.status, "name": workflow.name, "description": workflow.description,
        "workflowGroupId": shelf.group(c), "mailingListId": workflow.list, "rootNodeId": workflow.graph.root,
        "nodes": {i: _short(c, workflow, nodes[i], emails) for i in in_order(workflow.graph)},
    }  # fmt: skip


def _short(c: apsw.Connection, workflow: Workflow, node: Node, emails: Emails) -> Shown:
    return {
        "typeName": node.type, "nextNodeIds": list(node.next), **of(node).shown(node.config, workflow.list),
        **_subject(c, node, emails),
    }  # fmt: skip


def _subject(c: apsw.Connection, node: Node, emails: Emails) -> Shown:
    if node.type != "SendEmailAction":
        return {}
    message = node.config.get("emailMessageId")
    return {"subject": emails.subject(c, message) if message else ""}


def detailed(c: apsw.Connection, workflow: Workflow, identifier: str, emails: Emails) -> Shown:
    """One node with everything, as after a change."""
    node = workflow.graph.node(identifier)
    found = {"id": identifier, **_short(c, workflow, node, emails), **of(node).detail(node.config)}
    if node.type == "EventTrigger":
        found |= _event(c, found.pop("eventName"))
    return found


def _event(c: apsw.Connection, name: str | None) -> Shown:
    if name is None:
        return {}
    try:
        properties = patterns.one(c, "name", name)["eventProperties"]
    except LoopsError:
        properties = []  # the event was removed since
    return {"eventName": name, "eventProperties": properties}
