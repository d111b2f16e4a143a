"""The workspace as a file: apply and export; the audit log of changes."""

# no postponed annotations here: FastAPI reads them, and they name this function's own dependencies
import json
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query
from fastapi.responses import PlainTextResponse

from headrace.clock import rfc3339
from headrace.console import team_models as m
from headrace.console.guard import Guard
from headrace.console.login import Logins, User
from headrace.console.models import Page
from headrace.console.params import HIGHEST, Before, Search
from headrace.console.port import Instance
from headrace.workspace.questions import Answers


def create_router(instance: Instance, logins: Logins, guard: Guard) -> APIRouter:
    router = APIRouter(prefix="/workspace", tags=["workspace"])
    viewer, editor = Depends(guard.at_least("viewer")), Depends(guard.at_least("editor"))

    @router.get("/export", summary="The workspace as YAML, secrets as references", response_class=PlainTextResponse)
    async def export(user: Annotated[User, viewer]) -> str:
        return instance.export()

    @router.post("/apply", summary="Make the workspace as the file says", response_model=m.Applied)
    async def apply(given: Annotated[m.File, Body()], user: Annotated[User, editor]) -> Any:
        answers = Answers(given.waiting, given.twice)
        return await instance.apply(given.text, given.secrets, given.prune, given.force, answers, user.signature)

    @router.get("/changes", summary="Audit log: who changed what, newest first", response_model=Page[m.Change])
    async def changes(
        user: Annotated[User, viewer],
        search: Search = "",
        before: Before = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> Any:
        rows = instance.store.db.rows(
            "select id, at, who, what, before, after from audit"
            " where id<?1 and (instr(lower(what), ?2) or instr(lower(who), ?2)) order by id desc limit ?3",
            HIGHEST if before is None else before,
            search.lower(),
            limit,
        )
        data = [
            {
                "id": number,
                "at": rfc3339(at),
                "who": who,
                "what": what,
                "before": json.loads(old) if old else None,
                "after": json.loads(new) if new else None,
            }
            for number, at, who, what, old, new in rows
        ]
        return {"data": data, "next": data[-1]["id"] if len(data) == limit else None}

    return router
