"""Emails of Loops (built-in): the editor's message, its preview and its test, and transactional emails."""

# no postponed annotations here: FastAPI reads them, and they name this function's own dependencies
from typing import Annotated, Any

import apsw
from fastapi import APIRouter, Body, Depends
from fastapi.responses import HTMLResponse, Response

from headrace.console import email_models as m
from headrace.console.engine_door import Door
from headrace.console.guard import Guard
from headrace.console.login import Logins, User
from headrace.console.models import Page
from headrace.console.params import Text
from headrace.console.port import Instance
from headrace.engine.audience import contacts
from headrace.engine.desk import Desk
from headrace.engine.emails import messages, pages, transactional
from headrace.engine.emails.pages import Wish
from headrace.engine.engine import Engine
from headrace.engine.lmx import sheet
from headrace.engine.mail_port import Mail
from headrace.engine.outbox import listing
from headrace.errors import NotFound

MOST = 500  # transactional emails on a page
KEPT = 40  # previews that a page may still load
# what a mail's HTML may do inside of a page: be looked at. Its links open elsewhere.
SHOWN = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline';"
    " img-src http: https: data:; frame-ancestors 'self'"
)


def create_router(instance: Instance, logins: Logins, guard: Guard) -> APIRouter:
    router = APIRouter(prefix="/engine", tags=["Loops (built-in): emails"])
    viewer, editor = Depends(guard.at_least("viewer")), Depends(guard.at_least("editor"))
    engine = Door(instance)
    previews: dict[str, str] = {}  # HTML by id, for the frame that shows it

    # --- one message ---------------------------------------------------------------------------------------------

    @router.get("/emails/{identifier}", summary="One email with what can be used in it", response_model=m.EmailMessage)
    async def one(identifier: str, user: Annotated[User, viewer]) -> Any:
        return await engine.read(lambda c: pages.shown(c, engine().emails, identifier))

    @router.patch("/emails/{identifier}", summary="Save an email", response_model=m.EmailMessage)
    async def save(identifier: str, given: Annotated[m.EmailSaving, Body()], user: Annotated[User, editor]) -> Any:
        body = given.model_dump(exclude_unset=True)
        await engine.write(lambda desk: messages.update(desk, identifier, body))
        return await engine.read(lambda c: pages.shown(c, engine().emails, identifier))

    @router.post("/emails/{identifier}/preview", summary="An email as it would be read", response_model=m.EmailPreview)
    async def preview(identifier: str, given: Annotated[m.EmailPreviewing, Body()], user: Annotated[User, viewer]) -> Any:
        draft = given.email.model_dump(exclude_unset=True, exclude={"expectedRevisionId"})
        wish = Wish(given.contact, given.log, given.data)
        found = await engine.read(lambda c: pages.preview(c, engine().emails, identifier, draft, wish, _system(engine())))
        html = found.pop("html")
        if html is not None:
            found["frame"] = engine().new_id()
            previews[found["frame"]] = html
            for old in list(previews)[:-KEPT]:
                previews.pop(old, None)
        return found

    @router.get(
        "/previews/{identifier}", summary="The HTML of a preview, for a frame", response_class=HTMLResponse,
        responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}},
    )  # fmt: skip
    async def frame(identifier: str, user: Annotated[User, viewer], scheme: m.Scheme = "light") -> Response:
        if identifier not in previews:
            raise NotFound("This preview is no longer kept. Ask for a new one.")
        headers = {"Content-Security-Policy": SHOWN, "X-Frame-Options": "SAMEORIGIN"}
        return HTMLResponse(sheet.seen_in(previews[identifier], scheme), headers=headers)

    @router.post("/emails/{identifier}/test", summary="Send it to yourself", response_model=m.EmailSent)
    async def test(identifier: str, given: Annotated[m.EmailTesting, Body()], user: Annotated[User, editor]) -> Any:
        def run(desk: Desk) -> str:
            message = messages.one(desk.c, identifier)
            email = contacts.identity({"email": given.email}).email
            event = pages.event_properties(desk.c, engine().emails, message, Wish(given.contact, given.log))
            mail = Mail(
                key=f"test:{desk.new_id()}", kind="test", source_id=message.parent, message_id=message.id,
                contact=given.contact, email=email or "", event=event, data={"data": given.data},
            )  # fmt: skip
            return engine().outbox.enqueue(desk, mail)

        return {"id": await engine.write(run)}

    # --- transactional emails ------------------------------------------------------------------------------------

    @router.get("/transactional", summary="Transactional emails", response_model=Page[m.Transactional])
    async def listed(user: Annotated[User, viewer]) -> Any:
        def run(c: apsw.Connection) -> list[dict[str, Any]]:
            return [pages.transactional_row(c, entry) for entry in transactional.page(c, "", MOST)[0]]

        return {"data": await engine.read(run), "next": None}

    @router.post("/transactional", summary="New transactional email", response_model=m.Transactional)
    async def create(given: Annotated[m.NewEmail, Body()], user: Annotated[User, editor]) -> Any:
        body = given.model_dump()
        return await engine.write(lambda desk: pages.transactional_row(desk.c, transactional.create(desk, body)))

    @router.get("/transactional/{identifier}", summary="One transactional email", response_model=m.OneTransactional)
    async def one_transactional(identifier: str, user: Annotated[User, viewer]) -> Any:
        return await engine.read(lambda c: pages.one_transactional(c, identifier, engine().url))

    @router.patch("/transactional/{identifier}", summary="Rename", response_model=m.Transactional)
    async def rename(identifier: str, given: Annotated[m.NewEmail, Body()], user: Annotated[User, editor]) -> Any:
        body = given.model_dump()
        return await engine.write(lambda desk: pages.transactional_row(desk.c, transactional.rename(desk, identifier, body)))

    @router.post("/transactional/{identifier}/draft", summary="A draft to edit", response_model=m.Transactional)
    async def draft(identifier: str, user: Annotated[User, editor]) -> Any:
        return await engine.write(lambda desk: pages.transactional_row(desk.c, transactional.ensure_draft(desk, identifier)))

    @router.post("/transactional/{identifier}/publish", summary="Publish the draft", response_model=m.Transactional)
    async def publish(identifier: str, user: Annotated[User, editor]) -> Any:
        return await engine.write(lambda desk: pages.transactional_row(desk.c, transactional.publish(desk, identifier)))

    @router.get("/transactional/{identifier}/sends", summary="Its sends, newest first", response_model=Page[m.EmailSend])
    async def sends(identifier: str, user: Annotated[User, viewer], cursor: Text = None) -> Any:
        def run(c: apsw.Connection) -> dict[str, Any]:
            transactional.one(c, identifier)
            return listing.page(c, cursor, source=identifier)

        return await engine.read(run)

    return router


def _system(engine: Engine) -> dict[str, str]:
    sending = engine.outbox.settings.current()
    link = f"{engine.url or 'https://example.com'}/unsubscribe/preview"
    return {"company": sending.company, "postal_address": sending.address, "unsubscribe_link": link}
