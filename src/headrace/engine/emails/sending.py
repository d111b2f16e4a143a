"""A transactional email asked for over the API: checked, its contact made if wanted, handed to the outbox."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import msgspec

from headrace.engine import idempotency
from headrace.engine.audience import contacts, suppression
from headrace.engine.desk import Desk
from headrace.engine.emails import guardian, messages, transactional
from headrace.engine.emails.message import Message, document
from headrace.engine.mail_port import Attachment, Mail, Outbox
from headrace.engine.refusal import LoopsError

LARGEST = 4 * 2**20  # bytes of all attachments
MOST_ATTACHMENTS = 20
HAS_CONTACT = (
    "This transactional email contains a contact property. It cannot be sent until the contact property is removed."
)


class Request(msgspec.Struct, frozen=True):
    """A body that has the right shape."""

    email: str
    transactional: str
    data: Mapping[str, Any]
    add: bool
    attachments: tuple[Attachment, ...]


def _invalid(path: str, message: str, status: int = 400) -> LoopsError:
    return LoopsError(status, message, error={"path": path, "message": message})


def read(body: Mapping[str, Any]) -> Request:
    """Raises LoopsError."""
    for name in ("email", "transactionalId"):
        if not isinstance(body.get(name), str) or not body[name].strip():
            raise _invalid(name, f"{name} is required.")
    try:
        who = contacts.identity({"email": body["email"]})
    except LoopsError as error:
        raise _invalid("email", error.message) from None
    add, data = body.get("addToAudience"), body.get("dataVariables")
    if add is not None and not isinstance(add, bool):
        raise _invalid("addToAudience", "addToAudience must be true or false.")
    data = {} if data in (None, []) else data  # PHP sends an empty list
    if not isinstance(data, dict):
        raise _unfit(body["transactionalId"], "dataVariables must be an object.")
    for name, value in data.items():
        if not _is_value(value):
            said = f"Data variable {name[:100]} must be a string, a number, or an array of flat objects."
            raise _unfit(body["transactionalId"], said)
    return Request(str(who.email), body["transactionalId"], data, bool(add), _attachments(body.get("attachments")))


def _is_value(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(row, dict) and all(_is_plain(item) for item in row.values()) for row in value)
    return _is_plain(value)


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _unfit(identifier: str, message: str) -> LoopsError:
    error = {"path": "dataVariables", "message": message}
    return LoopsError(400, message, error=error, transactionalId=identifier)


def _attachments(given: Any) -> tuple[Attachment, ...]:
    if given in (None, [], {}):
        return ()
    if not isinstance(given, list) or len(given) > MOST_ATTACHMENTS:
        raise LoopsError(400, f"attachments must be a list of at most {MOST_ATTACHMENTS} files.", path="attachments")
    found = tuple(_attachment(entry, place) for place, entry in enumerate(given))
    if sum(len(entry.data) for entry in found) > LARGEST:
        raise LoopsError(400, "The attachments are larger than 4 MB.", path="attachments")
    return found


def _attachment(entry: Any, place: int) -> Attachment:
    path = f"attachments.{place}"
    named = isinstance(entry, dict) and all(isinstance(entry.get(k), str) for k in ("filename", "contentType", "data"))
    if not named or not entry["filename"].strip():
        raise LoopsError(400, "An attachment has a filename, a contentType and data.", path=path)
    try:
        data = base64.b64decode(entry["data"], validate=True)
    except (binascii.Error, ValueError):
        raise LoopsError(400, "An attachment's data is base64.", path=f"{path}.data") from None
    return Attachment(entry["filename"].strip()[:255], entry["contentType"].strip(), data)


def send(desk: Desk, outbox: Outbox, request: Request, key: str | None) -> str:
    """The id of the send. Raises LoopsError; nothing of a refused one stays, its key neither."""
    if key is not None:
        idempotency.use(desk, "transactional_key", key)
    found = transactional.find(desk.c, request.transactional)
    if found is None:
        raise _invalid("transactionalId", transactional.UNKNOWN, 404)
    message = messages.find(desk.c, found.published) if found.published else None
    if message is None:
        raise LoopsError(400, "This transactional email is not published. Publish it before sending.")
    _check_variables(message, request, found.id)
    if reason := suppression.why(desk.c, request.email):
        said = f"The address is suppressed: {reason}."
        raise LoopsError(400, said, error={"path": "email", "reason": said})
    contact = contacts.find(desk.c, contacts.Who(request.email, None))
    if contact is None and request.add:
        contact = _add(desk, request.email)
    mail = Mail(
        key=f"transactional:{desk.new_id()}", kind="transactional", source_id=found.id, message_id=message.id,
        contact=contact, email=request.email, data=request.data, attachments=request.attachments,
    )  # fmt: skip
    return outbox.enqueue(desk, mail)


def _check_variables(message: Message, request: Request, identifier: str) -> None:
    read_document = document(message.lmx)
    if any(variable.space == "contact" for variable in guardian.variables(message, read_document)):
        raise LoopsError(400, HAS_CONTACT)
    names = guardian.data_variables(message, read_document)
    lacking = [name for name in guardian.required(message, names) if name not in request.data]
    if lacking:
        raise _unfit(identifier, f"Missing required data variable(s): {', '.join(lacking)}")
    lists = [name for name in names if isinstance(request.data.get(name), list)]
    if lists:
        raise _unfit(identifier, f"Data variable(s) used as text, but given as array: {', '.join(lists)}")


def _add(desk: Desk, email: str) -> str:
    """A contact made by a send starts no workflow, so rooms hear of it with its origin."""
    made = contacts.upsert(desk.quiet(), {"email": email})
    desk.happened("contact.created", made.id, by="transactional")
    return made.id
