"""Figures: what became of an email, who is where in a workflow, and what an event started."""

from __future__ import annotations

from typing import Any

import apsw

from headrace.clock import rfc3339
from headrace.engine.outbox import tally
from headrace.engine.store import rows
from headrace.engine.workflows.entering import INSIDE


def metrics(c: apsw.Connection, workflow: str, message: str | None) -> dict[str, int]:
    """As Loops' EmailMetricsResponse: sends are counted, not events."""
    ((sends, opens, clicks, bounced),) = rows(
        c,
        "select total(sent_at is not null), total(opens>0), total(clicks>0), total(state='bounced') from send"
        " where kind='workflow' and source_id=? and message_id=?",
        (workflow, message),
    )
    more = tally.of(c, workflow, message) if message else {}
    return {
        "sends": int(sends) + more.get("left", 0), "opens": int(opens) + more.get("opened", 0),
        "clicks": int(clicks) + more.get("clicked", 0), "unsubscribes": more.get("unsubscribes", 0),
        "spamReports": more.get("spamReports", 0), "hardBounces": int(bounced) + more.get("bounced", 0),
        "softBounces": more.get("softBounces", 0),
    }  # fmt: skip


def sent(c: apsw.Connection, workflow: str) -> int:
    """Mails of all its emails that left."""
    counted = "select count(*) from send where kind='workflow' and source_id=? and sent_at is not null"
    ((mails,),) = rows(c, counted, (workflow,))
    return int(mails) + tally.of(c, workflow).get("left", 0)


def inside(c: apsw.Connection, workflow: str) -> dict[str, int]:
    """How many stand at each node."""
    sql = f"select node, count(*) from run where workflow=? and {INSIDE} group by node"  # noqa: S608
    found = rows(c, sql, (workflow,))
    return dict(found)


def totals(c: apsw.Connection, workflow: str) -> dict[str, int]:
    """How many are inside, finished, left on the way."""
    states = rows(
        c,
        "select state, sum(n) from (select state, count(*) as n from run where workflow=?1 group by state"
        " union all select state, times from run_tally where workflow=?1) group by state",
        (workflow,),
    )
    found = dict(states)
    return {
        "inside": found.get("ready", 0) + found.get("waiting", 0), "done": found.get("done", 0),
        "left": found.get("left", 0) + found.get("ended", 0),
    }  # fmt: skip


def runs(
    c: apsw.Connection, workflow: str, node: str | None, before: int | None, limit: int = 50, inside_only: bool = False
) -> tuple[list[dict[str, Any]], int | None]:
    """Contacts of a workflow, the last entered first, and the number to go on from."""
    where: dict[str, Any] = {"r.workflow=?": workflow}
    where |= {"r.node=?": node} if node is not None else {}
    where |= {"r.seq<?": before} if before is not None else {}
    # all runs of a workflow by its index, which is in this order already; those inside are few, and have one of their own
    order = "+r.seq" if inside_only else "r.seq"
    which = INSIDE if inside_only else "r.state!='refused'"
    fields = "r.seq, r.id, r.contact, c.email, r.node, r.state, r.due, r.entered_at, r.ended_at, r.why"
    source = f"run r left join contact c on c.id=r.contact where {' and '.join(where)} and {which}"
    sql = f"select {fields} from {source} order by {order} desc limit ?"  # noqa: S608 - words of ours
    found = rows(c, sql, (*where.values(), limit + 1))
    shown = [
        {
            "id": identifier, "contact": contact, "email": email, "node": at, "state": state,
            "due": rfc3339(due) if state == "waiting" else None, "enteredAt": rfc3339(entered),
            "endedAt": rfc3339(ended) if ended else None, "why": why,
        }
        for _, identifier, contact, email, at, state, due, entered, ended, why in found[:limit]
    ]  # fmt: skip
    return shown, found[limit - 1][0] if len(found) > limit else None
