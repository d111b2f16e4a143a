"""Runs: which are due, and one step of one run in one transaction with its mail."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import apsw
import msgspec

from headrace.engine.audience import segments
from headrace.engine.desk import Desk
from headrace.engine.mail_port import Mail
from headrace.engine.refusal import LoopsError
from headrace.engine.store import rows
from headrace.engine.workflows.entering import INSIDE, QUEUES_FOR, SURE_OF_LISTS, end_runs, on_list
from headrace.engine.workflows.port import Tools
from headrace.engine.workflows.shelf import Workflow, load
from headrace.engine.workflows.walk import OFF_LIST, Standing, Walk, advance

AGAIN = 60_000  # ms after a step that failed
BATCH = 256


def due(c: apsw.Connection, now: int, limit: int = BATCH) -> list[int]:
    """Runs that go on now, in the order in which they became due; only of workflows that are sending."""
    found: list[tuple[int, int]] = []
    for (workflow,) in rows(c, "select id from workflow where status='Sending'"):
        for state, until in (("ready", None), ("waiting", now)):
            found += rows(
                c,
                "select due, seq from run where workflow=? and state=? and (? is null or due<=?) order by due, seq limit ?",
                (workflow, state, until, until, limit),
            )
    return [seq for _, seq in sorted(found)[:limit]]


def next_due(c: apsw.Connection) -> int | None:
    """When the next timer of a workflow that is sending ends."""
    found = rows(
        c,
        "select min(w) from (select (select min(due) from run where workflow=workflow.id and state='waiting') as w"
        " from workflow where status='Sending')",
    )
    return found[0][0] if found else None


def step(desk: Desk, seq: int, tools: Tools) -> bool:
    """As far as the contact goes by itself: its mail, its place and its trail in one transaction. False: not due."""
    found = rows(
        desk.c,
        "select r.id, r.workflow, r.contact, r.log, r.event, r.node, r.due, r.guards, r.trail, c.email"
        " from run r left join contact c on c.id=r.contact where r.seq=? and (r.state='ready' or"
        " (r.state='waiting' and r.due<=?))",
        (seq, desk.now),
    )
    if not found:
        return False
    identifier, workflow_id, contact, log, event, node, moment, guards, trail, email = found[0]
    workflow = load(desk.c, workflow_id)
    if workflow.status != "Sending":
        return False
    if email is None:
        return end_runs(desk, "id", identifier, "The contact was deleted.") > 0
    standing = Standing(identifier, node, moment, tuple(json.loads(guards)))
    went = advance(workflow.graph, standing, Looking(desk.c, workflow, contact), desk.now)
    for sending in went.emails:
        tools.outbox.enqueue(desk, Mail(
            key=f"{workflow.id}:{identifier}:{sending}", kind="workflow", source_id=workflow.id,
            message_id=workflow.graph.nodes[sending].config["emailMessageId"], contact=contact, email=email,
            event=json.loads(event) if event else None, log=log, mailing_list=workflow.list,
        ))  # fmt: skip
    unsure = workflow.graph.nodes[workflow.graph.root].type not in SURE_OF_LISTS
    _move(desk, seq, went, json.loads(trail), unsure)
    return True


def _move(desk: Desk, seq: int, went: Walk, trail: list[Any], unsure: bool) -> None:
    """`unsure`: the mailing list was not asked when the trigger came, so the first step is where the contact enters."""
    after = json.dumps(trail + [[step.node, step.at, step.did] for step in went.steps])
    if went.waits:
        desk.c.execute(
            "update run set node=?, state='waiting', due=?, guards=?, trail=?, why='' where seq=?",
            (went.waits.node, went.waits.due, json.dumps(went.waits.guards), after, seq),
        )
        return
    never = unsure and not trail and went.why == OFF_LIST and len(went.steps) == 1
    state = "refused" if never else "done" if went.done else "left"
    desk.c.execute(
        "update run set node=?, state=?, ended_at=?, trail=?, why=? where seq=?",
        (went.steps[-1].node, state, desk.now, after, went.why, seq),
    )


class Looking(msgspec.Struct, frozen=True):
    """What nodes may ask about one contact of one workflow."""

    c: apsw.Connection
    workflow: Workflow
    contact: str

    def matches(self, config: Mapping[str, Any]) -> bool:
        wanted: list[Mapping[str, Any] | None] = [config.get("audienceFilter")]
        if config.get("audienceSegmentId"):
            try:
                wanted.append(segments.filter_of(self.c, config["audienceSegmentId"]))
            except LoopsError:
                return False  # the segment was deleted: nobody is in it
        return all(segments.matches(self.c, one, self.contact) for one in wanted if one)

    def on_list(self) -> bool:
        return on_list(self.c, self.workflow.list, self.contact)


def postpone(desk: Desk, seq: int, why: str) -> None:
    """A step that failed is tried again, and the run says why it stands."""
    desk.c.execute(
        f"update run set state='waiting', due=?, why=? where seq=? and {INSIDE}",  # noqa: S608
        (desk.now + AGAIN, why, seq),
    )


def stop_queueing(desk: Desk) -> None:
    """A pause queues new contacts for its first day only."""
    horizon = desk.now - QUEUES_FOR
    desk.c.execute("update workflow set status='Paused' where status='PausedAndQueueing' and paused_at<?", (horizon,))
