"""What a webhook's body needs to know, read where it happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import apsw

from headrace.engine.audience import contacts
from headrace.engine.desk import Desk, Happening
from headrace.engine.store import rows
from headrace.engine.webhooks import payloads
from headrace.engine.webhooks.payloads import Sent

Names = Callable[[apsw.Connection, str, str], str]  # (kind of the source, its id) -> its name


def body(desk: Desk, happening: Happening, names: Names) -> tuple[str, dict[str, Any]] | None:
    """(event, payload); None: Loops tells nothing of it."""
    sent = _sent(desk.c, happening.data.get("send"), names) if happening.kind.startswith("email.") else None
    event = payloads.event_of(happening.kind, sent.kind if sent else None)
    if event is None or (happening.kind.startswith("email.") and sent is None):
        return None
    identity = _identity(desk.c, happening)
    if identity is None:
        return None
    made = payloads.base(event, desk.now, *identity)
    if sent is not None:
        return event, payloads.with_mail(made, sent)
    if happening.kind in ("list.added", "list.removed"):
        found = mailing_list(desk.c, str(happening.data["list"]))
        return (event, payloads.with_list(made, found)) if found else None
    if event == "contact.created":
        return event, payloads.with_contact(made, contacts.one(desk.c, happening.contact))
    return event, made


def refreshed(c: apsw.Connection, payload: Mapping[str, Any], contact: str) -> dict[str, Any]:
    """A contact that was just created, with the lists it was put on in the same breath."""
    if "contact" not in payload or not rows(c, "select 1 from contact where id=?", (contact,)):
        return dict(payload)
    return payloads.with_contact(dict(payload), contacts.one(c, contact))


def mailing_list(c: apsw.Connection, identifier: str) -> dict[str, Any] | None:
    return next((entry for entry in contacts.mailing_lists(c) if entry["id"] == identifier), None)


def _identity(c: apsw.Connection, happening: Happening) -> tuple[str, str, str | None] | None:
    found = rows(c, "select id, email, user_id from contact where id=?", (happening.contact,))
    if found:
        return found[0]  # type: ignore[no-any-return]
    gone = happening.data.get("contact")
    if isinstance(gone, Mapping):
        return str(gone["id"]), str(gone["email"]), gone.get("userId")
    address = rows(c, "select email from send where id=?", (happening.data.get("send"),))
    return (happening.contact, address[0][0], None) if address else None  # mail to an address that is no contact


def _sent(c: apsw.Connection, identifier: Any, names: Names) -> Sent | None:
    found = rows(c, "select id, kind, source_id, message_id, subject, mailing_list from send where id=?", (identifier,))
    if not found or found[0][1] not in payloads.SOURCE:
        return None
    identifier, kind, source, message, subject, list_id = found[0]
    entry = mailing_list(c, list_id) if list_id else None
    return Sent(identifier, kind, source, names(c, kind, source), message, subject, (entry,) if entry else ())


def named_by_table(c: apsw.Connection, kind: str, identifier: str) -> str:
    """The name of a workflow or transactional email; "" for one that is gone."""
    source = {"workflow": "workflow", "transactional": "transactional"}.get(kind)
    if source is None or not rows(c, "select 1 from sqlite_master where type='table' and name=?", (source,)):
        return ""
    found = rows(c, f"select name from {source} where id=?", (identifier,))  # noqa: S608
    return found[0][0] if found else ""
