"""Workflows of Loops (built-in): list, builder, start and pause, who is where, and a rehearsal."""

# no postponed annotations here: FastAPI reads them, and they name this function's own dependencies
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import apsw
from fastapi import APIRouter, Body, Depends, Query

from headrace.console import engine_workflow_models as m
from headrace.console.engine_door import Door
from headrace.console.guard import Guard
from headrace.console.login import Logins, User
from headrace.console.params import Before, Id, Text
from headrace.console.port import Instance
from headrace.engine.desk import Desk
from headrace.engine.workflows import counting, pages, rehearsal, revising, shelf, states
from headrace.engine.workflows.graph import Refused
from headrace.errors import Conflict, NotFound, WorkspaceError

T = TypeVar("T")
AS = {404: NotFound, 409: Conflict}


def create_router(instance: Instance, logins: Logins, guard: Guard) -> APIRouter:
    router = APIRouter(prefix="/engine", tags=["Loops (built-in): workflows"])
    viewer, editor = Depends(guard.at_least("viewer")), Depends(guard.at_least("editor"))
    engine = Door(instance)

    async def read(run: Callable[[apsw.Connection], T]) -> T:
        return await _answered(engine.read(run))

    async def write(run: Callable[[Desk], T]) -> T:
        return await _answered(engine.write(run))

    @router.get("/workflows", summary="All workflows, the last changed first", response_model=m.Rows)
    async def listed(user: Annotated[User, viewer]) -> Any:
        return {"data": await read(pages.listed)}

    @router.post("/workflows", summary="New workflow", response_model=m.Workflow, response_model_exclude_unset=True)
    async def create(given: Annotated[m.NewWorkflow, Body()], user: Annotated[User, editor]) -> Any:
        emails = engine().emails
        return await write(lambda desk: pages.one(desk.c, shelf.create(desk, given.name, given.description, None), emails))

    @router.get("/workflow-emails", summary="The emails of all workflows", response_model=m.Emails)
    async def written(user: Annotated[User, viewer]) -> Any:
        emails = engine().emails
        return {"data": await read(lambda c: pages.written(c, emails))}

    @router.get(
        "/workflows/{identifier}",
        summary="One workflow, as its builder shows it",
        response_model=m.Workflow,
        response_model_exclude_unset=True,
    )
    async def one(identifier: str, user: Annotated[User, viewer]) -> Any:
        emails = engine().emails
        return await read(lambda c: pages.one(c, shelf.load(c, identifier), emails))

    @router.post(
        "/workflows/{identifier}/edit", summary="Edit the graph, the name or the mailing list", response_model=m.Edited
    )
    async def edit(identifier: str, given: Annotated[m.Edit, Body()], user: Annotated[User, editor]) -> Any:
        emails = engine().emails
        return await write(lambda desk: edited(desk, identifier, given, emails))

    @router.post(
        "/workflows/{identifier}/state",
        summary="Start, pause or stop",
        response_model=m.Workflow,
        response_model_exclude_unset=True,
    )
    async def switch(identifier: str, given: Annotated[m.Switch, Body()], user: Annotated[User, editor]) -> Any:
        emails = engine().emails

        def run(desk: Desk) -> Any:
            if given.to == "start":
                return pages.one(desk.c, states.start(desk, identifier, emails), emails)
            if given.to == "pause":
                return pages.one(desk.c, states.pause(desk, identifier), emails)
            return pages.one(desk.c, states.stop(desk, identifier, given.discard), emails)

        found = await write(run)
        engine().workflows.hurry()
        return found

    @router.delete("/workflows/{identifier}", summary="Delete a workflow", response_model=m.Deleted)
    async def delete(identifier: str, user: Annotated[User, editor], revision: Id, confirm: bool = False) -> Any:
        await write(lambda desk: states.delete(desk, identifier, revision, confirm))
        return {"deleted": identifier}

    @router.get("/workflows/{identifier}/revisions", summary="How it was before", response_model=m.Revisions)
    async def revisions(identifier: str, user: Annotated[User, viewer]) -> Any:
        return {"data": await read(lambda c: pages.revisions(c, shelf.load(c, identifier).id))}

    @router.get("/workflows/{identifier}/runs", summary="Who is where, the last entered first", response_model=m.Runs)
    async def runs(
        identifier: str, user: Annotated[User, viewer], node: Text = None, inside: bool = False, before: Before = None
    ) -> Any:
        def run(c: apsw.Connection) -> Any:
            return counting.runs(c, shelf.load(c, identifier).id, node, before, inside_only=inside)

        data, following = await read(run)
        return {"data": data, "next": following}

    @router.get("/workflows/{identifier}/rehearsal", summary="What would happen to a contact", response_model=m.Rehearsal)
    async def rehearse(
        identifier: str, user: Annotated[User, viewer], contact: Id, days: Annotated[int, Query(ge=1, le=366)] = 30
    ) -> Any:
        emails, now = engine().emails, engine().now()
        return await read(lambda c: rehearsal.rehearse(c, shelf.load(c, identifier), contact, now, days, emails))

    return router


async def _answered(asked: Awaitable[T]) -> T:
    try:
        return await asked
    except Refused as error:
        raise AS.get(error.status, WorkspaceError)(error.message) from None


def edited(desk: Desk, identifier: str, given: m.Edit, emails: Any) -> dict[str, Any]:
    """Raises Refused."""
    policy = {"expectedRevisionId": given.revision, "queuedContactPolicy": "discard" if given.discard else "fail"}
    if given.op in ("delete", "delete-all", "list"):
        if given.op == "list":
            change = revising.change_list(desk, identifier, policy | given.payload)
        else:
            change = revising.delete(desk, identifier, given.node, policy, given.op == "delete-all")
        revision = change.workflow.revision if change.workflow else None
        return {"status": change.status, "queued": change.queued, "revision": revision}
    made: str | None = None
    if given.op == "insert":
        wanted = {
            "expectedRevisionId": given.revision, "insertMode": "between", "nodeTypeName": given.kind,
            "fromNodeId": given.node, "toNodeId": given.target,
        }  # fmt: skip
        workflow, new = revising.insert(desk, identifier, wanted, emails)
        made = new.node
    elif given.op == "branch":
        workflow, made = revising.add_branch(desk, identifier, given.node, given.revision)
    elif given.op == "reroute":
        workflow = revising.reroute(desk, identifier, given.node, given.revision, given.target)
    elif given.op == "set":
        workflow = revising.update(desk, identifier, given.node, given.revision, given.payload)
    elif given.op == "rename":
        workflow = shelf.rename(desk, identifier, given.revision, given.payload)
    else:
        workflow = revising.restore(desk, identifier, given.revision, given.target)
    return {"status": "done", "queued": 0, "node": made, "revision": workflow.revision}
