"""What a change of the engine is made with: one transaction, its moment, new ids, and whom to tell what happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import apsw
import msgspec

Kind = Literal[
    "contact.created", "contact.updated", "contact.deleted", "contact.unsubscribed", "contact.resubscribed",
    "list.added", "list.removed", "event",
    "email.sent", "email.delivered", "email.softBounced", "email.hardBounced", "email.opened", "email.clicked",
    "email.unsubscribed", "email.resubscribed", "email.spamReported",
]  # fmt: skip


class Happening(msgspec.Struct, frozen=True):
    """Something that other rooms may want to act on, told inside the transaction in which it becomes true.

    `contact` is an id. `data` by kind: contact.updated {"changed": {property: [old, new]}};
    contact.unsubscribed {"by": "api" | "contact" | "bounce" | "deletion"}; contact.deleted {"contact": as the API gave it};
    list.* {"list": id, "by": …}; event {"name", "properties": as processed, "log": its row in the Event Log};
    email.* {"send": id}.
    """

    kind: Kind
    contact: str
    data: Mapping[str, Any] = {}


class Desk(msgspec.Struct, frozen=True):
    """`now` is in ms. `happened` calls every listener at once: what one raises undoes the whole change."""

    c: apsw.Connection
    now: int
    new_id: Callable[[], str]
    listeners: tuple[Listener, ...] = ()

    def happened(self, kind: Kind, contact: str, /, **data: Any) -> None:
        for listener in self.listeners:
            listener(self, Happening(kind, contact, data))


Listener = Callable[[Desk, Happening], None]
