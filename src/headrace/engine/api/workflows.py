"""Operations of workflows and their nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import apsw
from starlette.requests import Request
from starlette.responses import Response

from headrace.engine.api.http import Operations, body_of, identifier, page, per_page, read, write
from headrace.engine.desk import Desk
from headrace.engine.engine import Engine
from headrace.engine.refusal import LoopsError
from headrace.engine.workflows import counting, revising, shelf, shown, states
from headrace.engine.workflows.revising import Change
from headrace.engine.workflows.shelf import Workflow

REVISION = "expectedRevisionId"


async def body(request: Request, *keys: str, revision: bool = True) -> dict[str, Any]:
    """Loops' schemas allow nothing else, and a change says which revision it was made for."""
    given = await body_of(request)
    for key in given:
        if key not in keys and key != REVISION:
            raise LoopsError(400, f"Invalid request body: `{key}` is not known.")
    if revision and REVISION not in given:
        raise LoopsError(400, "Invalid request body: `expectedRevisionId` is required.")
    return given


def whole(engine: Engine, c: apsw.Connection, workflow: Workflow) -> dict[str, Any]:
    return shown.simplified(c, workflow, engine.workflows.tools.emails, engine.url)


def node_of(engine: Engine, c: apsw.Connection, workflow: Workflow, node: str) -> dict[str, Any]:
    found = shown.detailed(c, workflow, node, engine.workflows.tools.emails)
    return found | {"workflowRevisionId": workflow.revision}


def edited(engine: Engine, c: apsw.Connection, workflow: Workflow, node: str) -> dict[str, Any]:
    """A node after a change, and what the change made of the whole."""
    return node_of(engine, c, workflow, node) | {"workflow": whole(engine, c, workflow)}


# --- workflows ------------------------------------------------------------------------------------------------------


async def workflows_list(engine: Engine, request: Request) -> Any:
    size, cursor = per_page(request), request.query_params.get("cursor") or ""

    def run(c: apsw.Connection) -> Any:
        found, total, following = shelf.page(c, cursor, size)
        return [shown.summary(c, workflow, engine.url) for workflow in found], total, following

    return page(request, *await read(engine, run))


async def workflows_create(engine: Engine, request: Request) -> Any:
    given = await body(request, "name", "description", "mailingListId", "workflowGroupId", revision=False)

    def run(desk: Desk) -> Any:
        _check_group(desk.c, given)
        made = shelf.create(desk, given.get("name"), given.get("description"), given.get("mailingListId"))
        return whole(engine, desk.c, made)

    return await write(engine, run)


def _check_group(c: apsw.Connection, given: dict[str, Any]) -> None:
    if "workflowGroupId" in given and given["workflowGroupId"] != shelf.group(c):
        raise LoopsError(400, "Workflow group not found.")


async def workflow_get(engine: Engine, request: Request) -> Any:
    workflow = identifier(request, "workflowId")
    return await read(engine, lambda c: whole(engine, c, shelf.load(c, workflow)))


async def workflow_update(engine: Engine, request: Request) -> Any:
    workflow = identifier(request, "workflowId")
    given = await body(request, "name", "description", "workflowGroupId")
    if len(given) < 2:
        raise LoopsError(400, "At least one of name, description and workflowGroupId is required.")

    def run(desk: Desk) -> Any:
        shelf.load(desk.c, workflow)
        _check_group(desk.c, given)
        return whole(engine, desk.c, shelf.rename(desk, workflow, given[REVISION], given))

    return await write(engine, run)


async def workflow_delete(engine: Engine, request: Request) -> Any:
    workflow = identifier(request, "workflowId")
    given = await body(request, "confirmDelete")
    await write(engine, lambda desk: states.delete(desk, workflow, given[REVISION], given.get("confirmDelete") is True))
    return Response(status_code=204)


async def workflow_list_change(engine: Engine, request: Request) -> Any:
    workflow = identifier(request, "workflowId")
    given = await body(request, "mailingListId", "dryRun", "queuedContactPolicy")

    def run(desk: Desk) -> Any:
        change = revising.change_list(desk, workflow, given)
        return _changed(engine, desk.c, change, {"mailingListId": given["mailingListId"]})

    return await write(engine, run)


def _changed(engine: Engine, c: apsw.Connection, change: Change, what: dict[str, Any]) -> dict[str, Any]:
    found = {"status": change.status, **what, "queuedContactCount": change.queued}
    if change.workflow is None:
        return found
    return found | {
        "workflowRevisionId": change.workflow.revision,
        "workflow": whole(engine, c, change.workflow),
    }


# --- nodes ----------------------------------------------------------------------------------------------------------


async def node_create(engine: Engine, request: Request) -> Any:
    workflow = identifier(request, "workflowId")
    given = await body(request, "insertMode", "nodeTypeName", "fromNodeId", "toNodeId", "beforeNodeId")

    def run(desk: Desk) -> Any:
        changed, made = revising.insert(desk, workflow, given, engine.workflows.tools.emails)
        node = node_of(engine, desk.c, changed, made.node)
        if made.children:
            emails = engine.workflows.tools.emails
            node["createdChildNodes"] = [shown.detailed(desk.c, changed, i, emails) for i in made.children]
        return {"node": node, "workflow": whole(engine, desk.c, changed)}

    return await write(engine, run)


async def node_get(engine: Engine, request: Request) -> Any:
    workflow, node = identifier(request, "workflowId"), identifier(request, "nodeId")

    def run(c: apsw.Connection) -> Any:
        return node_of(engine, c, shelf.load(c, workflow), node) | {"workflowId": workflow}

    return await read(engine, run)


async def node_update(engine: Engine, request: Request) -> Any:
    workflow, node = identifier(request, "workflowId"), identifier(request, "nodeId")
    given = await body(request, "payload")

    def run(desk: Desk) -> Any:
        changed = revising.update(desk, workflow, node, given[REVISION], given.get("payload"))
        return edited(engine, desk.c, changed, node)

    return await write(engine, run)


async def node_add_branch(engine: Engine, request: Request) -> Any:
    workflow, node = identifier(request, "workflowId"), identifier(request, "nodeId")
    given = await body(request)

    def run(desk: Desk) -> Any:
        changed, made = revising.add_branch(desk, workflow, node, given[REVISION])
        return {"node": node_of(engine, desk.c, changed, made), "workflow": whole(engine, desk.c, changed)}

    return await write(engine, run)


async def node_reroute(engine: Engine, request: Request) -> Any:
    workflow, node = identifier(request, "workflowId"), identifier(request, "nodeId")
    given = await body(request, "newTargetNodeId")

    def run(desk: Desk) -> Any:
        changed = revising.reroute(desk, workflow, node, given[REVISION], given.get("newTargetNodeId"))
        return edited(engine, desk.c, changed, node)

    return await write(engine, run)


def _delete(recursively: bool) -> Callable[[Engine, Request], Any]:
    async def node_delete(engine: Engine, request: Request) -> Any:
        workflow, node = identifier(request, "workflowId"), identifier(request, "nodeId")
        given = await body(request, "dryRun", "queuedContactPolicy")

        def run(desk: Desk) -> Any:
            change = revising.delete(desk, workflow, node, given, recursively)
            return _changed(engine, desk.c, change, {"nodeIds": list(change.nodes)})

        return await write(engine, run)

    return node_delete


async def node_metrics(engine: Engine, request: Request) -> Any:
    workflow, node = identifier(request, "workflowId"), identifier(request, "nodeId")

    def run(c: apsw.Connection) -> Any:
        found = shelf.load(c, workflow).graph.node(node)
        if found.type != "SendEmailAction" or not found.config.get("emailMessageId"):
            raise LoopsError(400, "Metrics are only available for SendEmailAction nodes with an email.")
        return counting.metrics(c, workflow, found.config["emailMessageId"])

    return await read(engine, run)


NODE = "/v1/workflows/{workflowId}/nodes/{nodeId}"
OPERATIONS: Operations = {
    "/v1/workflows": {"GET": workflows_list, "POST": workflows_create},
    "/v1/workflows/{workflowId}": {"GET": workflow_get, "POST": workflow_update, "DELETE": workflow_delete},
    "/v1/workflows/{workflowId}/mailing-list": {"POST": workflow_list_change},
    "/v1/workflows/{workflowId}/nodes": {"POST": node_create},
    NODE: {"GET": node_get, "POST": node_update, "DELETE": _delete(False)},
    f"{NODE}/add-branch": {"POST": node_add_branch},
    f"{NODE}/reroute": {"POST": node_reroute},
    f"{NODE}/recursive": {"DELETE": _delete(True)},
    f"{NODE}/metrics": {"GET": node_metrics},
}
