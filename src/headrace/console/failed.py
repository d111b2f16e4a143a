"""Failed events of all destinations by reason, the errors of one row of a destination's table, and the export."""

# no postponed annotations here: FastAPI reads them, and they name this function's own dependencies
import asyncio
import json
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse

from headrace.clock import rfc3339
from headrace.console import delivery_models as m
from headrace.console import shapes
from headrace.console.guard import Guard
from headrace.console.login import Logins, User
from headrace.console.models import Counted, Page
from headrace.console.params import Text
from headrace.console.port import Instance
from headrace.fate import State
from headrace.journal.insight import Failed, Wanted

LINES: dict[int | str, dict[str, Any]] = {200: {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}}}
AT_ONCE = 200  # deliveries of one read while exporting


def create_router(instance: Instance, logins: Logins, guard: Guard) -> APIRouter:
    router = APIRouter(tags=["failed events"])
    viewer = Depends(guard.at_least("viewer"))
    insight, store = instance.insight, instance.store

    def error(found: Failed) -> dict[str, Any]:
        newest = insight.delivery(found.newest, found.destination_id)
        attempts = instance.journal.attempts(found.newest, found.destination_id)
        last = next((a for a in reversed(attempts) if a.kind == "delivery"), attempts[-1] if attempts else None)
        return {
            "code": found.code,
            "sentence": shapes.sentence(found.code),
            "reason": newest.fate.reason if newest else shapes.sentence(found.code),
            "status": last.status if last else None,
            "count": found.count,
            "last_at": rfc3339(found.last_at),
            "sample": {
                "position": found.newest,
                "person": newest.about.person if newest else "",
                "payload": instance.message(found.newest),
                "request": shapes.attempt(last) if last else None,
            },
        }

    def lines(destination: str | None, code: str | None) -> Iterator[bytes]:
        sources, destinations = shapes.names(store.snapshot())
        before: int | None = None
        while True:
            page = insight.deliveries(
                Wanted(destination_id=destination, states=(State.DEAD,), code=code, before=before, limit=AT_ONCE)
            )
            for d in page.rows:
                to = d.fate.destination_id or ""
                attempts = instance.journal.attempts(d.fate.position, to)
                row = {
                    "delivery": shapes.delivery(d, sources, destinations),
                    "message": instance.message(d.fate.position),
                    "attempt": shapes.attempt(attempts[-1]) if attempts else None,
                }
                yield json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
            if page.next is None:
                return
            before = page.next

    @router.get("/failed", summary="Failed events by destination and reason", response_model=Counted[m.FailedRow])
    async def failed(user: Annotated[User, viewer], destination: Text = None) -> Any:
        rows = await asyncio.to_thread(insight.failed, destination)
        _, known = shapes.names(store.snapshot())
        data = [
            {
                "destination": {"id": r.destination_id, "name": known.get(r.destination_id, r.destination_id)},
                "code": r.code,
                "sentence": shapes.sentence(r.code),
                "count": r.count,
                "newest": r.newest,
                "last_at": rfc3339(r.last_at),
            }
            for r in rows
        ]
        return {"data": data, "next": None, "total": sum(r.count for r in rows)}

    @router.get("/failed/export", summary="Failed events as JSON lines", response_class=StreamingResponse, responses=LINES)
    async def export(user: Annotated[User, viewer], destination: Text = None, code: Text = None) -> StreamingResponse:
        headers = {"Content-Disposition": 'attachment; filename="failed-events.jsonl"'}
        return StreamingResponse(lines(destination, code), media_type="application/x-ndjson", headers=headers)

    @router.get(
        "/destinations/{identifier}/errors", summary="Errors of an event name by reason", response_model=Page[m.ErrorRow]
    )
    async def errors(identifier: str, user: Annotated[User, viewer], type: Text = None, name: Text = None) -> Any:
        store.destination(identifier)

        def look() -> list[dict[str, Any]]:
            return [error(found) for found in insight.failed(identifier, type, name)]

        return {"data": await asyncio.to_thread(look), "next": None}

    return router
