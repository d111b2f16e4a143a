"""What each contact did, for filters: which events came, which mail was sent to them, opened and clicked.

Kept apart from the Event Log and the sends, so that a filter still knows when those are no longer kept. For the time
line it also keeps when they left the audience, came back, or chose a list themselves.
"""

from __future__ import annotations

import apsw

from headrace.engine.desk import Desk, Happening
from headrace.engine.store import rows

CHOSEN = {"list.added": "joined", "list.removed": "left"}
AUDIENCE = {"contact.unsubscribed": "unsubscribed", "contact.resubscribed": "resubscribed"}
MAIL = {"email.sent": "sent", "email.opened": "opened", "email.clicked": "clicked"}


class Activity:
    """A room that only listens."""

    def heard(self, desk: Desk, happening: Happening) -> None:
        if happening.kind == "event":
            note(desk, happening.contact, "received", "event", happening.data["name"])
        elif happening.kind in MAIL:
            for kind, source, message in rows(
                desk.c, "select kind, source_id, message_id from send where id=?", (happening.data["send"],)
            ):
                if kind == "workflow":
                    note(desk, happening.contact, MAIL[happening.kind], "workflow", source)
                    note(desk, happening.contact, MAIL[happening.kind], "workflowEmail", message)
        elif happening.kind in AUDIENCE:
            note(desk, happening.contact, AUDIENCE[happening.kind], "audience", happening.data["by"])
        elif happening.kind in CHOSEN and happening.data["by"] == "contact":
            note(desk, happening.contact, CHOSEN[happening.kind], "list", happening.data["list"])
        elif happening.kind == "contact.deleted":
            desk.c.execute("delete from activity where contact=(select n from contact where id=?)", (happening.contact,))


def note(desk: Desk, contact: str, action: str, target: str, name: str) -> None:
    desk.c.execute(
        "insert into activity select ?, n, 1, ?, ? from contact where id=?"
        " on conflict do update set times=times+1, last_at=excluded.last_at",
        (_deed(desk.c, action, target, name), desk.now, desk.now, contact),
    )


def _deed(c: apsw.Connection, action: str, target: str, name: str) -> int:
    given = (action, target, name)
    found = rows(c, "select id from deed where action=? and target=? and name=?", given)
    if found:
        return int(found[0][0])
    c.execute("insert into deed(action, target, name) values(?,?,?)", given)
    return c.last_insert_rowid()
