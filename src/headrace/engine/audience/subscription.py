"""A contact leaves the audience, or comes back."""

from __future__ import annotations

from typing import Literal

from headrace.engine.desk import Desk
from headrace.engine.store import rows


def set_subscribed(desk: Desk, contact: str, wanted: bool, by: Literal["api", "contact", "bounce"]) -> bool:
    """Whether that changed anything; told only then. Lists stay as they are: they count again after a return."""
    found = rows(desk.c, "select subscribed from contact where id=?", (contact,))
    if not found or bool(found[0][0]) == wanted:
        return False
    desk.c.execute("update contact set subscribed=?, changed=? where id=?", (int(wanted), desk.now, contact))
    desk.happened("contact.updated", contact, changed={"subscribed": [not wanted, wanted]})
    if wanted:
        desk.happened("contact.resubscribed", contact, by=by)
    else:
        desk.happened("contact.unsubscribed", contact, by=by)
    return True
