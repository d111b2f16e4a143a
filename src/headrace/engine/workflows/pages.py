"""Workflows as the console's pages show them: the list, one with all that its builder needs, its revisions."""

from __future__ import annotations

from typing import Any

import apsw

from headrace.clock import rfc3339
from headrace.engine.store import rows
from headrace.engine.workflows import counting, shelf, shown, states
from headrace.engine.workflows.graph import Graph, in_order
from headrace.engine.workflows.port import Emails
from headrace.engine.workflows.shelf import Workflow
from headrace.engine.workflows.types import of

MOST = 500  # workflows on one page, revisions of one workflow


def listed(c: apsw.Connection) -> list[dict[str, Any]]:
    found = rows(c, f"select {shelf.FIELDS} from workflow order by updated_at desc, id limit ?", (MOST,))  # noqa: S608
    return [_row(c, shelf.as_workflow(row)) for row in found]


def _row(c: apsw.Connection, workflow: Workflow) -> dict[str, Any]:
    nodes = workflow.graph.nodes
    return {
        "id": workflow.id, "name": workflow.name, "description": workflow.description, "status": workflow.status,
        "trigger": trigger(workflow.graph), "emails": sum(node.type == "SendEmailAction" for node in nodes.values()),
        "sent": counting.sent(c, workflow.id),
        "totals": counting.totals(c, workflow.id), "updatedAt": rfc3339(workflow.updated_at),
    }  # fmt: skip


def trigger(graph: Graph) -> str:
    root = graph.nodes[graph.root]
    if root.type == "EventTrigger":
        return f"Event received: {root.config.get('eventName') or '…'}"
    if root.type == "ContactPropertyTrigger":
        query = root.config.get("contactPropertyQuery")
        return f"Contact updated: {query['key'] if query else '…'}"
    return of(root).title if root.type != "BlankTrigger" else "Not chosen yet"


def one(c: apsw.Connection, workflow: Workflow, emails: Emails) -> dict[str, Any]:
    graph = workflow.graph
    inside, wrong = counting.inside(c, workflow.id), states.check(c, workflow, emails)
    return _row(c, workflow) | {
        "revision": workflow.revision, "mailingList": workflow.list, "root": graph.root,
        "pausedAt": rfc3339(workflow.paused_at) if workflow.paused_at else None,
        "nodes": [
            shown.detailed(c, workflow, i, emails)
            | {"title": of(graph.nodes[i]).title, "inside": inside.get(i, 0), "problems": wrong.get(i, [])}
            | _figures(c, workflow, i)
            for i in in_order(graph)
        ],
    }  # fmt: skip


def _figures(c: apsw.Connection, workflow: Workflow, identifier: str) -> dict[str, Any]:
    node = workflow.graph.nodes[identifier]
    if node.type != "SendEmailAction":
        return {"metrics": None}
    return {"metrics": counting.metrics(c, workflow.id, node.config.get("emailMessageId"))}


def written(c: apsw.Connection, emails: Emails) -> list[dict[str, Any]]:
    """The emails of all workflows, so that a filter can name one."""
    found = (shelf.as_workflow(row) for row in rows(c, f"select {shelf.FIELDS} from workflow order by name, id"))  # noqa: S608
    return [
        {"id": message, "workflow": workflow.name, "subject": emails.subject(c, message)}
        for workflow in found
        for node in in_order(workflow.graph)
        if (message := workflow.graph.nodes[node].config.get("emailMessageId"))
    ]


def revisions(c: apsw.Connection, identifier: str) -> list[dict[str, Any]]:
    """The newest first."""
    order = "select id, at, what from workflow_revision where workflow=? order by seq desc limit ?"
    return [{"id": i, "at": rfc3339(at), "what": what} for i, at, what in rows(c, order, (identifier, MOST))]
