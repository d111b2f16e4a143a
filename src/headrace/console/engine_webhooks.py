"""Settings → Webhooks of Loops (built-in)."""

# no postponed annotations here: FastAPI reads them, and they name this function's own dependencies
import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends

from headrace.console.engine_door import Door
from headrace.console.engine_mail_models import (
    EndpointChange,
    EndpointList,
    EndpointRow,
    NewEndpoint,
    Replayed,
    Secret,
    WebhookMessage,
)  # fmt: skip
from headrace.console.guard import Guard
from headrace.console.login import Logins, User
from headrace.console.models import Ok, Page
from headrace.console.params import Text
from headrace.console.port import Instance
from headrace.engine.webhooks.payloads import EVENTS
from headrace.engine.webhooks.webhooks import Webhooks


def create_router(instance: Instance, logins: Logins, guard: Guard) -> APIRouter:
    router = APIRouter(prefix="/engine/webhooks", tags=["Loops (built-in)"])
    viewer, editor = Depends(guard.at_least("viewer")), Depends(guard.at_least("editor"))
    engine = Door(instance)

    def webhooks() -> Webhooks:
        return engine().webhooks

    @router.get("", summary="Webhook endpoints", response_model=EndpointList)
    async def endpoints(user: Annotated[User, viewer]) -> dict[str, Any]:
        return {"data": await asyncio.to_thread(webhooks().endpoints), "next": None, "known": list(EVENTS)}

    @router.post("", summary="New webhook endpoint", response_model=EndpointRow)
    async def add(given: Annotated[NewEndpoint, Body()], user: Annotated[User, editor]) -> dict[str, Any]:
        return await asyncio.to_thread(webhooks().add, given.url, given.events)

    @router.put("/{identifier}", summary="Change a webhook endpoint", response_model=EndpointRow)
    async def change(
        identifier: str, given: Annotated[EndpointChange, Body()], user: Annotated[User, editor]
    ) -> dict[str, Any]:
        return await asyncio.to_thread(webhooks().change, identifier, given.url, given.events, given.enabled)

    @router.delete("/{identifier}", summary="Remove a webhook endpoint and its messages", response_model=Ok)
    async def remove(identifier: str, user: Annotated[User, editor]) -> dict[str, bool]:
        await asyncio.to_thread(webhooks().remove, identifier)
        return {"ok": True}

    @router.get("/{identifier}/secret", summary="Its signing secret", response_model=Secret)
    async def secret(identifier: str, user: Annotated[User, editor]) -> dict[str, str]:
        return {"secret": await asyncio.to_thread(webhooks().secret, identifier)}

    @router.post("/{identifier}/test", summary="Send it a test event", response_model=Ok)
    async def test(identifier: str, user: Annotated[User, editor]) -> dict[str, bool]:
        await asyncio.to_thread(webhooks().send_test, identifier)
        return {"ok": True}

    @router.get("/{identifier}/messages", summary="What it was told, newest first", response_model=Page[WebhookMessage])
    async def messages(
        identifier: str,
        user: Annotated[User, viewer],
        state: Literal["queued", "delivered", "failed"] | None = None,
        cursor: Text = None,
    ) -> dict[str, Any]:
        return await asyncio.to_thread(lambda: webhooks().messages(cursor, endpoint=identifier, state=state))

    @router.post("/{identifier}/replay-failed", summary="Send everything again that failed", response_model=Replayed)
    async def replay_failed(identifier: str, user: Annotated[User, editor]) -> dict[str, int]:
        return {"replayed": await asyncio.to_thread(webhooks().replay_failed, identifier)}

    @router.post("/messages/{identifier}/replay", summary="Send one message again", response_model=Ok)
    async def replay(identifier: str, user: Annotated[User, editor]) -> dict[str, bool]:
        await asyncio.to_thread(webhooks().replay, identifier)
        return {"ok": True}

    return router
