"""What a change of the engine is made with: one transaction, its moment, new ids, and whom to tell what happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal

import apsw
import msgspec
import structlog

log = structlog.get_logger(__name__)

Kind = Literal[
    "contact.created", "contact.updated", "contact.deleted", "contact.unsubscribed", "contact.resubscribed",
    "list.added", "list.removed", "event",
    "email.sent", "email.delivered", "email.softBounced", "email.hardBounced", "email.opened", "email.clicked",
    "email.unsubscribed", "email.resubscribed", "email.spamReported",
]  # fmt: skip


# the database's own trouble, which nobody can go on from
NOT_OURS = (
    apsw.FullError, apsw.IOError, apsw.CorruptError, apsw.NoMemError, apsw.InterruptError, apsw.ReadOnlyError,
    apsw.BusyError, apsw.LockedError,
)  # fmt: skip


class Happening(msgspec.Struct, frozen=True):
    """Something that other rooms may want to act on, told inside the transaction in which it becomes true.

    `contact` is an id; "" for mail to an address that is no contact. `data` by kind: contact.created {"by":
    "transactional"} when a transactional send made it, else nothing; contact.updated {"changed": {property: [old, new]}};
    contact.unsubscribed, contact.resubscribed {"by": "api" | "contact" | "bounce" | "deletion"}; contact.deleted
    {"contact": as the API gave it}, while it is still there; list.* {"list": id, "by": "api" | "contact"}; event {"name",
    "properties": as processed, "log": its row in the Event Log}; email.* {"send": id}.
    """

    kind: Kind
    contact: str
    data: Mapping[str, Any] = {}


class Desk(msgspec.Struct, frozen=True):
    """`now` is in ms. `happened` calls every listener at once.

    A listener that fails is told in the log and undoes only what it did itself: neither the change nor the other rooms
    suffer from it. What no listener is to blame for, a full disk say, undoes the whole change.
    """

    c: apsw.Connection
    now: int
    new_id: Callable[[], str]
    listeners: tuple[Listener, ...] = ()

    def quiet(self) -> Desk:
        """The same change, told to nobody."""
        return msgspec.structs.replace(self, listeners=())

    def happened(self, kind: Kind, contact: str, /, **data: Any) -> None:
        for listener in self.listeners:
            self.surely(partial(listener, self, Happening(kind, contact, data)), "a room of the engine", happening=kind)

    def surely(self, run: Callable[[], object], who: str, **what: str) -> Exception | None:
        """What stopped it, when its own mistake did; then nothing of it stays."""
        try:
            with self.c:  # a savepoint
                run()
        except NOT_OURS:
            raise
        except Exception as error:
            log.exception(f"{who} failed; what it heard of goes on without it", **what)
            return error
        return None


Listener = Callable[[Desk, Happening], None]
