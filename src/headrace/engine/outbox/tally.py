"""Figures of mail that stay right when its rows are no longer kept: by what sent it, and by its message."""

from __future__ import annotations

import apsw

from headrace.engine.desk import Desk, Happening
from headrace.engine.store import rows

# what a send's row cannot say by itself: it may happen several times, or comes from the recipient
TALLIED = {
    "email.unsubscribed": "unsubscribes", "email.spamReported": "spamReports", "email.softBounced": "softBounces",
}  # fmt: skip
OF_A_ROW = ("left", "opened", "clicked")  # besides its state


def heard(desk: Desk, happening: Happening) -> None:
    kind = TALLIED.get(happening.kind)
    if kind is None:
        return
    of = "select kind, source_id, message_id from send where id=? and kind!='test'"
    for sender, source, message in rows(desk.c, of, (happening.data["send"],)):
        add(desk, sender, source, message, kind, 1)


def add(desk: Desk, sender: str, source: str, message: str, figure: str, times: int) -> None:
    desk.c.execute(
        "insert into send_tally values(?,?,?,?,?) on conflict do update set times=times+excluded.times",
        (sender, source, message, figure, times),
    )


def of(c: apsw.Connection, source: str, message: str | None = None) -> dict[str, int]:
    """By figure: those of TALLIED, and of rows that are gone their states and OF_A_ROW."""
    found = rows(
        c,
        "select figure, sum(times) from send_tally where source=? and (? is null or message=?) group by figure",
        (source, message, message),
    )
    return dict(found)
