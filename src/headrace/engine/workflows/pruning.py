"""Runs that are over: what they knew goes soon, they go later; their figures stay, and who has been in which workflow."""

from __future__ import annotations

from collections.abc import Sequence

import apsw

from headrace.engine.desk import Desk
from headrace.engine.store import rows


def knowing(c: apsw.Connection, before: int, most: int) -> list[int]:
    """Runs that ended before then and still have their event or their trail."""
    return _seqs(c, "ended_at<? and (event is not null or trail!='[]')", before, most)


def empty(desk: Desk, these: Sequence[int]) -> None:
    for seq in these:
        desk.c.execute("update run set event=null, trail='[]', guards='[]' where seq=?", (seq,))


def refused(c: apsw.Connection, before: int, most: int) -> list[int]:
    """Those that never entered count nowhere."""
    return _seqs(c, "ended_at<? and state='refused'", before, most)


def old(c: apsw.Connection, before: int, most: int) -> list[int]:
    return _seqs(c, "ended_at<?", before, most)


def remove(desk: Desk, these: Sequence[int]) -> None:
    """Figures count them still, and whoever is there still has been there."""
    for seq in these:
        for workflow, contact, state in rows(
            desk.c, "delete from run where seq=? returning workflow, contact, state", (seq,)
        ):
            if state == "refused":
                continue
            desk.c.execute("insert into run_tally values(?,?,1) on conflict do update set times=times+1", (workflow, state))
            desk.c.execute("insert or ignore into been select n, ? from contact where id=?", (workflow, contact))


def _seqs(c: apsw.Connection, where: str, before: int, most: int) -> list[int]:
    found = rows(c, f"select seq from run where {where} order by ended_at limit ?", (before, most))  # noqa: S608
    return [seq for (seq,) in found]
