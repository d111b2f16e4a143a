"""Takes an address out of all that has to do with mail: what was sent to it, what lies in the Inbox, what webhooks told."""

from __future__ import annotations

import apsw


def forget(c: apsw.Connection, email: str) -> None:
    """`email` in lower case. Its suppression goes too: it would name the address for good."""
    c.execute("delete from inbox where n in (select inbox from inbox_to where email_key=?1) or lower(sender)=?1", (email,))
    c.execute("delete from inbox_to where inbox not in (select n from inbox)")
    c.execute("delete from send where lower(email)=?", (email,))
    for table in ("attachment", "returned"):
        c.execute(f"delete from {table} where send not in (select id from send)")  # noqa: S608 - names of ours
    c.execute("delete from webhook_message where instr(lower(payload), ?)", (email,))
    c.execute("delete from suppression where email_key=?", (email,))
