"""What each event's body says, exactly as Loops' OpenAPI document has it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

SCHEMA = "1.0.0"
TEST = "testing.testEvent"
EVENTS: tuple[str, ...] = (
    "contact.created", "contact.deleted", "contact.unsubscribed", "contact.mailingList.subscribed",
    "contact.mailingList.unsubscribed", "transactional.email.sent", "campaign.email.sent", "loop.email.sent",
    "email.delivered", "email.softBounced", "email.hardBounced", "email.opened", "email.clicked", "email.unsubscribed",
    "email.resubscribed", "email.spamReported",
)  # fmt: skip
# told by these happenings of the engine; "" depends on what was sent
OF_HAPPENING: Mapping[str, str] = {
    "contact.created": "contact.created", "contact.deleted": "contact.deleted",
    "contact.unsubscribed": "contact.unsubscribed", "list.added": "contact.mailingList.subscribed",
    "list.removed": "contact.mailingList.unsubscribed", "email.sent": "", "email.delivered": "email.delivered",
    "email.softBounced": "email.softBounced", "email.hardBounced": "email.hardBounced", "email.opened": "email.opened",
    "email.clicked": "email.clicked", "email.unsubscribed": "email.unsubscribed",
    "email.resubscribed": "email.resubscribed", "email.spamReported": "email.spamReported",
}  # fmt: skip
MARKETING_ONLY = ("email.opened", "email.clicked", "email.unsubscribed", "email.resubscribed")
SOURCE = {"workflow": "loop", "transactional": "transactional", "campaign": "campaign"}


class Sent(msgspec.Struct, frozen=True):
    """The mail that an event is about."""

    id: str
    kind: str  # workflow, transactional or campaign
    source_id: str
    source_name: str
    message_id: str
    subject: str
    lists: tuple[Mapping[str, Any], ...] = ()


def event_of(happening: str, kind: str | None) -> str | None:
    """The event's name; None: Loops tells nothing of this. `kind` is the mail's."""
    name = OF_HAPPENING.get(happening)
    if name is None or (name in MARKETING_ONLY and kind == "transactional"):
        return None
    return name or (f"{SOURCE[kind]}.email.sent" if kind in SOURCE else None)


def test_event(now: int) -> dict[str, Any]:
    return {"eventName": TEST, "eventTime": now // 1000, "message": "test", "webhookSchemaVersion": SCHEMA}


def base(event: str, now: int, contact_id: str, email: str, user_id: str | None) -> dict[str, Any]:
    identity = {"id": contact_id, "email": email, "userId": user_id}
    return {
        "eventName": event,
        "eventTime": now // 1000,
        "webhookSchemaVersion": SCHEMA,
        "contactIdentity": identity,
    }


def with_list(body: dict[str, Any], mailing_list: Mapping[str, Any]) -> dict[str, Any]:
    return body | {"mailingList": dict(mailing_list)}


def with_contact(body: dict[str, Any], contact: Mapping[str, Any]) -> dict[str, Any]:
    """`contact` as the API gives it, its own properties inlined."""
    return body | {"contact": dict(contact)}


def with_mail(body: dict[str, Any], sent: Sent) -> dict[str, Any]:
    source = SOURCE[sent.kind]
    email = {"id": sent.id, "emailMessageId": sent.message_id, "subject": sent.subject}
    if not body["eventName"].endswith(".email.sent"):
        return body | {"sourceType": source, f"{source}Id": sent.source_id, "email": email}
    lists = {} if source == "transactional" else {"mailingLists": [dict(entry) for entry in sent.lists]}
    return body | {f"{source}Id": sent.source_id, f"{source}Name": sent.source_name, "email": email} | lists
