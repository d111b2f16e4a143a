"""Runs that are over: what they knew goes soon, all but each contact's latest go later, their figures stay."""

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
    """Runs that ended before then and are not the latest of their contact: "one time" asks for that one."""
    later = "select 1 from run n where n.contact=run.contact and n.workflow=run.workflow and n.seq>run.seq"
    later += " and n.state!='refused'"
    gone = "not exists(select 1 from contact where id=run.contact)"
    return _seqs(c, f"ended_at<? and state!='refused' and (exists({later}) or {gone})", before, most)


def remove(desk: Desk, these: Sequence[int]) -> None:
    for seq in these:
        for workflow, state in rows(desk.c, "delete from run where seq=? returning workflow, state", (seq,)):
            if state != "refused":
                desk.c.execute(
                    "insert into run_tally values(?,?,1) on conflict do update set times=times+1", (workflow, state)
                )


def _seqs(c: apsw.Connection, where: str, before: int, most: int) -> list[int]:
    found = rows(c, f"select seq from run where {where} order by ended_at limit ?", (before, most))  # noqa: S608
    return [seq for (seq,) in found]
