"""The workspace as a file: apply and export; the audit log of changes."""

# no postponed annotations here: FastAPI reads them, and they name this function's own dependencies
import json
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from headrace.clock import rfc3339
from headrace.console.guard import Guard
from headrace.console.login import Logins, User
from headrace.console.port import Instance
from headrace.workspace.questions import Answers


class File(BaseModel):
    text: str
    secrets: dict[str, str] = {}
    prune: bool = False
    force: bool = False
    waiting: str | None = None  # send, drop or since:TIME: what becomes of events that wait
    twice: bool = False


def create_router(instance: Instance, logins: Logins, guard: Guard) -> APIRouter:
    router = APIRouter(prefix="/workspace", tags=["workspace"])
    viewer, editor = Depends(guard.at_least("viewer")), Depends(guard.at_least("editor"))

    @router.get("/export", summary="The workspace as YAML, secrets as references", response_class=PlainTextResponse)
    async def export(user: Annotated[User, viewer]) -> str:
        return instance.export()

    @router.post("/apply", summary="Make the workspace as the file says")
    async def apply(given: Annotated[File, Body()], user: Annotated[User, editor]) -> dict[str, Any]:
        answers = Answers(given.waiting, given.twice)
        return await instance.apply(given.text, given.secrets, given.prune, given.force, answers)

    @router.get("/changes", summary="Audit log: who changed what, newest first")
    async def changes(user: Annotated[User, viewer]) -> dict[str, Any]:
        rows = instance.store.db.rows("select id, at, who, what, before, after from audit order by id desc limit 200")
        data = [
            {
                "id": number,
                "at": rfc3339(at),
                "who": who,
                "what": what,
                "before": json.loads(before) if before else None,
                "after": json.loads(after) if after else None,
            }
            for number, at, who, what, before, after in rows
        ]
        return {"data": data, "next": None}

    return router
