"""Operations of email messages: read, change, check, send a preview."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from headrace.engine.api.http import Operations, body_of, identifier, read, write
from headrace.engine.audience import contacts
from headrace.engine.desk import Desk
from headrace.engine.emails import message as one_message
from headrace.engine.emails import messages
from headrace.engine.emails.message import Message
from headrace.engine.engine import Engine
from headrace.engine.mail_port import Mail
from headrace.engine.refusal import LoopsError

ID = "emailMessageId"
MOST = 20  # addresses of one preview
FIELDS = {
    "workflow": ("contactProperties", "eventProperties"),
    "transactional": ("dataVariables",),
}


async def message_get(engine: Engine, request: Request) -> Any:
    wanted = identifier(request, ID)
    return one_message.as_loops(await read(engine, lambda c: messages.one(c, wanted)))


async def message_update(engine: Engine, request: Request) -> Any:
    wanted, body = identifier(request, ID), await body_of(request)
    new = await write(engine, lambda desk: messages.update(desk, wanted, body))
    warnings = one_message.warnings(one_message.document(new.lmx)) if "lmx" in body else []
    return one_message.as_loops(new) | ({"warnings": warnings} if warnings else {})


async def message_guardian(engine: Engine, request: Request) -> Any:
    wanted = identifier(request, ID)
    report = await read(engine, lambda c: engine.emails.report(c, messages.one(c, wanted)))
    return report.as_loops()


async def message_preview(engine: Engine, request: Request) -> Any:
    wanted, body = identifier(request, ID), await body_of(request)

    def run(desk: Desk) -> None:
        message = messages.one(desk.c, wanted)
        for email, mail in previews(desk, message, body):
            contacts.identity({"email": email})
            engine.outbox.enqueue(desk, mail)

    await write(engine, run)
    return {"id": wanted}


def previews(desk: Desk, message: Message, body: dict[str, Any]) -> list[tuple[str, Mail]]:
    """One test mail an address. Raises LoopsError(400)."""
    allowed = FIELDS[message.kind]
    for key, value in body.items():
        if key != "emails" and key not in allowed:
            raise LoopsError(400, f"`{key}` cannot be used in a preview of a {message.kind} email.")
        if key != "emails" and not isinstance(value, dict):
            raise LoopsError(400, f"`{key}` must be an object.")
    emails = body.get("emails")
    if not isinstance(emails, list) or not 1 <= len(emails) <= MOST or not all(isinstance(e, str) and e for e in emails):
        raise LoopsError(400, f"`emails` must be a list of 1 to {MOST} addresses.")
    data = {"contact": body.get("contactProperties") or {}, "data": body.get("dataVariables") or {}}
    return [
        (
            email,
            Mail(
                key=f"test:{desk.new_id()}", kind="test", source_id=message.parent, message_id=message.id, contact=None,
                email=email, event=body.get("eventProperties") or {}, data=data,
            ),
        )
        for email in emails
    ]  # fmt: skip


OPERATIONS: Operations = {
    f"/v1/email-messages/{{{ID}}}": {"GET": message_get, "POST": message_update},
    f"/v1/email-messages/{{{ID}}}/guardian": {"GET": message_guardian},
    f"/v1/email-messages/{{{ID}}}/preview": {"POST": message_preview},
}
