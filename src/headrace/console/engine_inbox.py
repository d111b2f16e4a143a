"""The Inbox of Loops (built-in)."""

# no postponed annotations here: FastAPI reads them, and they name this function's own dependencies
import asyncio
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from headrace.console.engine_door import Door
from headrace.console.engine_mail_models import Deleted, MailFull, MailList
from headrace.console.guard import Guard
from headrace.console.login import Logins, User
from headrace.console.models import Ok
from headrace.console.params import Search, Text
from headrace.console.port import Instance
from headrace.errors import NotFound

# a mail is a stranger's page: no scripts, no forms, nothing loaded from anywhere, and no origin of its own
ALONE = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src {images};"
    " frame-ancestors 'self'"
)
IN_A_FRAME = {"X-Frame-Options": "SAMEORIGIN", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
NEW_WINDOW = '<base target="_blank">'
TEXT_ANSWER: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {}}}}
HTML_ANSWER: dict[int | str, dict[str, Any]] = {200: {"content": {"text/html": {}}}}
FILE_ANSWER: dict[int | str, dict[str, Any]] = {200: {"content": {"application/octet-stream": {}}}}


def create_router(instance: Instance, logins: Logins, guard: Guard) -> APIRouter:
    router = APIRouter(prefix="/engine/inbox", tags=["Loops (built-in)"])
    viewer, editor = Depends(guard.at_least("viewer")), Depends(guard.at_least("editor"))
    engine = Door(instance)

    def there(found: Any) -> Any:
        if found is None:
            raise NotFound("There is no such mail in the Inbox, or it is no longer kept.")
        return found

    @router.get("", summary="Mails in the Inbox, newest first", response_model=MailList)
    async def mails(
        user: Annotated[User, viewer], search: Search = "", to: Text = None, cursor: Text = None
    ) -> dict[str, Any]:
        inbox = engine().inbox
        found = await asyncio.to_thread(lambda: inbox.page(cursor, search=search or None, to=to))
        return found | await asyncio.to_thread(inbox.counts)

    @router.delete("", summary="Empty the Inbox", response_model=Deleted)
    async def clear(user: Annotated[User, editor]) -> dict[str, int]:
        return {"deleted": await asyncio.to_thread(engine().inbox.clear)}

    @router.get("/{identifier}", summary="One mail with its parts, links and checks", response_model=MailFull)
    async def mail(identifier: str, user: Annotated[User, viewer]) -> Any:
        return there(await asyncio.to_thread(engine().inbox.one, identifier, True))

    @router.delete("/{identifier}", summary="Delete a mail from the Inbox", response_model=Ok)
    async def delete(identifier: str, user: Annotated[User, editor]) -> dict[str, bool]:
        there(await asyncio.to_thread(engine().inbox.delete, identifier) or None)
        return {"ok": True}

    @router.get("/{identifier}/html", summary="Its HTML, for a frame", response_class=HTMLResponse, responses=HTML_ANSWER)
    async def html(
        identifier: str,
        user: Annotated[User, viewer],
        images: Annotated[bool, Query(description="Load pictures from elsewhere.")] = False,
    ) -> Response:
        found = there(await asyncio.to_thread(engine().inbox.one, identifier))
        policy = ALONE.format(images="data: https: http:" if images else "data:")
        return HTMLResponse(NEW_WINDOW + (found["html"] or ""), headers=IN_A_FRAME | {"Content-Security-Policy": policy})

    @router.get("/{identifier}/source", summary="As it was sent", response_class=PlainTextResponse, responses=TEXT_ANSWER)
    async def source(identifier: str, user: Annotated[User, viewer]) -> Response:
        raw: bytes = there(await asyncio.to_thread(engine().inbox.raw, identifier))
        return PlainTextResponse(raw.decode("utf-8", "replace"), headers={"X-Content-Type-Options": "nosniff"})

    @router.get(
        "/{identifier}/attachments/{place}", summary="An attachment, to keep", response_class=Response, responses=FILE_ANSWER
    )
    async def attachment(
        identifier: str, place: Annotated[int, Path(ge=0, le=1000)], user: Annotated[User, viewer]
    ) -> Response:
        name, _, data = there(await asyncio.to_thread(engine().inbox.attachment, identifier, place))
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            "Content-Security-Policy": "sandbox",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(data, media_type="application/octet-stream", headers=headers)

    return router
