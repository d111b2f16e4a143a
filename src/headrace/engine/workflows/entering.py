"""Who enters a workflow: triggers, frequency, mailing list and pauses; decided inside the transaction of what happened."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import apsw

from headrace.engine.desk import Desk, Happening
from headrace.engine.store import rows
from headrace.engine.workflows.nodes.property_trigger import fires
from headrace.engine.workflows.shelf import Workflow, graph_of

QUEUES_FOR = 86_400_000  # ms of a pause in which new contacts are queued
TRIGGERS = {
    "contact.created": "SignupTrigger", "contact.updated": "ContactPropertyTrigger", "list.added": "AddToListTrigger",
    "event": "EventTrigger",
}  # fmt: skip
INSIDE = "state in ('ready', 'waiting')"  # of runs: on their way
# their trigger is told after the lists of its request were set; the others ask at the first step
SURE_OF_LISTS = ("AddToListTrigger", "EventTrigger")


def verdict(
    status: str, paused_at: int | None, now: int, every_time: bool, entered: bool, on_list: bool
) -> tuple[bool, str]:
    """(whether the contact enters, why it does not or has to wait). Pure."""
    if status == "Draft":
        return False, "The workflow is a draft that was never started."
    if status == "Paused":
        return False, "The workflow is stopped."
    if status == "PausedAndQueueing" and not queues(paused_at, now):
        return False, "The workflow has been paused for more than 24 hours."
    if entered and not every_time:
        return False, "The contact has entered this workflow before, and its frequency is one time."
    if not on_list:
        return False, "The contact is not on the workflow's mailing list."
    return True, "Queued until the workflow is resumed." if status == "PausedAndQueueing" else ""


def queues(paused_at: int | None, now: int) -> bool:
    return paused_at is not None and now - paused_at <= QUEUES_FOR


def heard(desk: Desk, happening: Happening) -> bool:
    """Whether anything was written. A workflow that fails holds up no other, and the Event Log shows it."""
    if happening.kind == "contact.deleted":
        end_runs(desk, "contact", happening.contact, "The contact was deleted.")
        desk.c.execute("update run set event=null where contact=?", (happening.contact,))  # what is known of them goes too
        desk.c.execute("delete from been where contact=(select n from contact where id=?)", (happening.contact,))
    if happening.kind not in TRIGGERS or happening.data.get("by") == "transactional":
        return False  # a contact made by a transactional send enters nowhere
    before = desk.c.total_changes()
    for row in _awaiting(desk.c, happening):
        failure = desk.surely(partial(_consider, desk, happening, *row), "a workflow", workflow=row[0])
        if failure is not None and happening.kind == "event":
            _note(desk, happening, row[0], False, f"The workflow failed: {failure!r}")
    return desk.c.total_changes() > before


def _awaiting(c: apsw.Connection, happening: Happening) -> list[Any]:
    """Workflows whose trigger this may be."""
    trigger, data = TRIGGERS[happening.kind], happening.data
    fields = "select id, status, paused_at, every_time, list, revision, graph from workflow where trigger=?"
    if trigger == "SignupTrigger":
        return rows(c, fields, (trigger,))
    keys = [data["name"]] if trigger == "EventTrigger" else [*data["changed"]] if "changed" in data else [data["list"]]
    return rows(c, f"{fields} and trigger_key in (select value from json_each(?))", (trigger, json.dumps(keys)))  # noqa: S608


def _root(graph: str) -> dict[str, Any]:
    whole = graph_of(graph)
    return whole.nodes[whole.root].config


def _consider(
    desk: Desk, happening: Happening, workflow: str, status: str, paused_at: int | None, every_time: int,
    mailing_list: str | None, revision: str, graph: str,
) -> None:  # fmt: skip
    contact, data = happening.contact, happening.data
    if "changed" in data and not fires(_root(graph)["contactPropertyQuery"], data["changed"]):
        return
    sure = TRIGGERS[happening.kind] in SURE_OF_LISTS
    enters, why = verdict(
        status, paused_at, desk.now, bool(every_time), entered(desk.c, workflow, contact),
        not sure or on_list(desk.c, mailing_list, contact),
    )  # fmt: skip
    log = _note(desk, happening, workflow, enters, why)
    if enters:
        event = json.dumps(data["properties"], ensure_ascii=False) if happening.kind == "event" else None
        desk.c.execute(
            "insert into run(id, workflow, revision, contact, log, event, node, state, due, entered_at)"
            " values(?,?,?,?,?,?,?,'ready',?,?)",
            (desk.new_id(), workflow, revision, contact, log, event, graph_of(graph).root, desk.now, desk.now),
        )


def _note(desk: Desk, happening: Happening, workflow: str, enters: bool, why: str) -> int | None:
    """What an event started or not, beside its row of the Event Log; that row."""
    log: int | None = happening.data.get("log") if happening.kind == "event" else None
    if log is not None:
        desk.c.execute("insert or replace into workflow_start values(?,?,?,?)", (log, workflow, int(enters), why))
    return log


def entered(c: apsw.Connection, workflow: str, contact: str) -> bool:
    run = "select 1 from run where contact=?1 and workflow=?2 and state!='refused'"
    been = "select 1 from been where contact=(select n from contact where id=?1) and workflow=?2"
    return bool(rows(c, f"{run} union all {been} limit 1", (contact, workflow)))


def on_list(c: apsw.Connection, mailing_list: str | None, contact: str) -> bool:
    if mailing_list is None:
        return True
    return bool(rows(c, "select 1 from member where contact=? and list=? and subscribed=1", (contact, mailing_list)))


def end_runs(desk: Desk, column: str, value: str, why: str) -> int:
    """Out of the workflow: all that are inside by contact, workflow or run; how many they were."""
    desk.c.execute(
        f"update run set state='ended', ended_at=?, why=? where {column}=? and {INSIDE}",  # noqa: S608
        (desk.now, why, value),
    )
    return desk.c.changes()


def would_enter(c: apsw.Connection, workflow: Workflow, contact: str, now: int) -> tuple[bool, str]:
    """For a rehearsal: as if the workflow were sending and the trigger came now."""
    trigger = workflow.graph.nodes[workflow.graph.root]
    before = entered(c, workflow.id, contact)
    return verdict("Sending", None, now, bool(trigger.config.get("reEligible")), before, on_list(c, workflow.list, contact))
