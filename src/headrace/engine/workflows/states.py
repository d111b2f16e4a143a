"""Start, pause, stop and delete; who is queued, and what happens to them when the ground below them goes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import apsw
import msgspec

from headrace.engine.desk import Desk
from headrace.engine.store import rows
from headrace.engine.workflows.entering import INSIDE, end_runs
from headrace.engine.workflows.graph import Refused
from headrace.engine.workflows.nodes.port import Situation
from headrace.engine.workflows.port import Emails
from headrace.engine.workflows.shelf import Status, Workflow, expected, load
from headrace.engine.workflows.types import problems


def check(c: apsw.Connection, workflow: Workflow, emails: Emails) -> dict[str, list[str]]:
    """What stops a start, by node."""
    written = {
        identifier: emails.problems(c, node.config["emailMessageId"])
        for identifier, node in workflow.graph.nodes.items()
        if node.type == "SendEmailAction" and node.config.get("emailMessageId")
    }
    return problems(workflow.graph, Situation(workflow.list, written))


def start(desk: Desk, identifier: str, emails: Emails) -> Workflow:
    """Also from a pause: whoever waits goes on, timers that ended meanwhile at once."""
    found = load(desk.c, identifier)
    if found.status == "Sending":
        return found
    if wrong := check(desk.c, found, emails):
        first = next(iter(wrong.values()))[0]
        raise Refused(f"The workflow cannot be started: {len(wrong)} of its nodes need attention. {first}", 409)
    return _set(desk, found, "Sending", None)


def pause(desk: Desk, identifier: str) -> Workflow:
    """Contacts inside wait; new ones are queued for a day."""
    found = load(desk.c, identifier)
    if found.status != "Sending":
        raise Refused("Only a workflow that is sending can be paused.", 409)
    return _set(desk, found, "PausedAndQueueing", desk.now)


def stop(desk: Desk, identifier: str, discard: bool = False) -> Workflow:
    """No new contacts from now on; those inside wait for a start, or leave when `discard`."""
    found = load(desk.c, identifier)
    if found.status == "Draft":
        raise Refused("A draft is not running.", 409)
    if discard:
        end_runs(desk, "workflow", identifier, "The workflow was stopped.")
    return _set(desk, found, "Paused", found.paused_at or desk.now)


def _set(desk: Desk, found: Workflow, status: Status, paused_at: int | None) -> Workflow:
    """A state is no change of content: the revision stays."""
    desk.c.execute(
        "update workflow set status=?, paused_at=?, updated_at=? where id=?", (status, paused_at, desk.now, found.id)
    )
    return msgspec.structs.replace(found, status=status, paused_at=paused_at, updated_at=desk.now)


def queued(c: apsw.Connection, workflow: str, nodes: Iterable[str] | None = None) -> list[str]:
    """Runs inside, at some nodes or at all."""
    found = rows(c, f"select id, node from run where workflow=? and {INSIDE} order by seq", (workflow,))  # noqa: S608
    wanted = None if nodes is None else set(nodes)
    return [run for run, node in found if wanted is None or node in wanted]


def excluded(c: apsw.Connection, workflow: str, mailing_list: str | None) -> list[str]:
    """Runs inside whose contact is not on this list."""
    if mailing_list is None:
        return []
    return [
        run
        for (run,) in rows(
            c,
            f"select id from run where workflow=? and {INSIDE} and not exists(select 1 from member"  # noqa: S608
            " where member.contact=run.contact and list=? and subscribed=1)",
            (workflow, mailing_list),
        )
    ]


def discard(desk: Desk, runs: Iterable[str], why: str) -> None:
    for run in runs:
        end_runs(desk, "id", run, why)


def delete(desk: Desk, identifier: str, revision: Any, confirmed: bool) -> None:
    found = expected(desk.c, identifier, revision, edits_graph=False)
    many = len(queued(desk.c, identifier))
    sending = found.status == "Sending"
    if (sending or many) and not confirmed:
        raise Refused(_confirm(sending, many), 409)
    for table, column in (
        ("workflow", "id"), ("workflow_revision", "workflow"), ("run", "workflow"),
        ("workflow_start", "workflow"), ("been", "workflow"), ("run_tally", "workflow"), ("send_tally", "source"),
    ):  # fmt: skip
        desk.c.execute(f"delete from {table} where {column}=?", (identifier,))  # noqa: S608 - names of ours


def _confirm(sending: bool, many: int) -> str:
    """In Loops' words."""
    contacts = f"{many} queued contact{'s' if many != 1 else ''}"
    states = (["is currently sending"] if sending else []) + ([f"has {contacts}"] if many else [])
    those = "those queued contacts" if many != 1 else "that queued contact"
    results = (["stop sending it"] if sending else []) + ([f"cancel {those}"] if many else [])
    return (
        f"This workflow {' and '.join(states)}. Deleting it will {' and '.join(results)}."
        " Confirm deletion by sending a second request with confirmDelete: true."
    )
