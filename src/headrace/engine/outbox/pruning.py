"""Sends that are no longer kept: their rows go, their figures stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import apsw

from headrace.engine.desk import Desk
from headrace.engine.outbox import tally
from headrace.engine.store import rows

FINAL = "state not in ('queued', 'sending')"  # what has not left stays, however old


def old(c: apsw.Connection, before: int, most: int) -> list[str]:
    found = rows(c, f"select id from send where at<? and {FINAL} order by at limit ?", (before, most))  # noqa: S608
    return [identifier for (identifier,) in found]


def remove(desk: Desk, these: Sequence[str]) -> None:
    figures: Counter[tuple[str, str, str, str]] = Counter()
    for identifier in these:
        gone = rows(
            desk.c,
            f"delete from send where id=? and {FINAL} returning kind, source_id, message_id, state,"  # noqa: S608
            " sent_at is not null, opens>0, clicks>0",
            (identifier,),
        )
        for kind, source, message, state, *flags in gone:
            names = [state, *(name for name, flag in zip(tally.OF_A_ROW, flags, strict=True) if flag)]
            figures.update((kind, source, message, name) for name in names)
            desk.c.execute("delete from attachment where send=?", (identifier,))
            desk.c.execute("delete from returned where send=?", (identifier,))
    for (kind, source, message, name), times in figures.items():
        tally.add(desk, kind, source, message, name, times)
