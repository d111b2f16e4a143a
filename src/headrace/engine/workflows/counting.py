"""Figures: what became of an email, who is where in a workflow, and what an event started."""

from __future__ import annotations

from typing import Any

import apsw

from headrace.clock import rfc3339
from headrace.engine.outbox import tally
from headrace.engine.store import rows


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
    found = rows(
        c, "select node, count(*) from run where workflow=? and state in ('ready', 'waiting') group by node", (workflow,)
    )
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
    found = rows(
        c,
        "select r.seq, r.id, r.contact, c.email, r.node, r.state, r.due, r.entered_at, r.ended_at, r.why"
        " from run r left join contact c on c.id=r.contact where r.workflow=? and r.state!='refused'"
        " and (? is null or r.node=?) and (? is null or r.seq<?)"
        " and (? = 0 or r.state in ('ready', 'waiting')) order by r.seq desc limit ?",
        (workflow, node, node, before, before, int(inside_only), limit + 1),
    )
    shown = [
        {
            "id": identifier, "contact": contact, "email": email, "node": at, "state": state,
            "due": rfc3339(due) if state == "waiting" else None, "enteredAt": rfc3339(entered),
            "endedAt": rfc3339(ended) if ended else None, "why": why,
        }
        for _, identifier, contact, email, at, state, due, entered, ended, why in found[:limit]
    ]  # fmt: skip
    return shown, found[limit - 1][0] if len(found) > limit else None
