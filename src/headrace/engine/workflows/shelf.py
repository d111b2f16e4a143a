"""Workflows as they are stored: read, listed, written with a new revision."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal

import apsw
import msgspec

from headrace.engine.desk import Desk
from headrace.engine.store import rows
from headrace.engine.workflows.graph import Graph, Node, Refused, blank, from_json, to_json

Status = Literal["Draft", "Sending", "Paused", "PausedAndQueueing"]
FIELDS = "id, name, description, status, list, revision, graph, paused_at, created_at, updated_at"
STALE = "workflowRevisionId mismatch. Latest workflowRevisionId is {}. Refetch and retry."
SENDING = (
    "The workflow cannot be edited while it is sending. Pause it first, make the change, then resume it: contacts inside"
    " wait, and new ones are queued for 24 hours."
)


class Workflow(msgspec.Struct, frozen=True):
    id: str
    name: str
    description: str
    status: Status
    list: str | None
    revision: str
    graph: Graph
    paused_at: int | None
    created_at: int
    updated_at: int


graph_of = lru_cache(maxsize=256)(from_json)  # a stored text never changes its meaning


def load(c: apsw.Connection, identifier: str) -> Workflow:
    """Raises Refused(404)."""
    found = rows(c, f"select {FIELDS} from workflow where id=?", (identifier,))  # noqa: S608
    if not found:
        raise Refused("Workflow not found.", 404)
    return as_workflow(found[0])


def as_workflow(row: tuple[Any, ...]) -> Workflow:
    identifier, name, description, status, mailing_list, revision, graph, paused_at, created_at, updated_at = row
    whole = graph_of(graph)
    return Workflow(identifier, name, description, status, mailing_list, revision, whole, paused_at, created_at, updated_at)


def page(c: apsw.Connection, cursor: str, size: int) -> tuple[list[Workflow], int, str | None]:
    """(workflows behind the cursor, how many there are at all, the next cursor)."""
    ((total,),) = rows(c, "select count(*) from workflow")
    found = rows(c, f"select {FIELDS} from workflow where id>? order by id limit ?", (cursor, size + 1))  # noqa: S608
    shown = [as_workflow(row) for row in found[:size]]
    return shown, total, shown[-1].id if len(found) > size else None


def create(desk: Desk, name: Any, description: Any, mailing_list: Any) -> Workflow:
    identifier = desk.new_id()
    made = Workflow(
        identifier, _named(name), _described(description), "Draft", checked_list(desk.c, mailing_list), "",
        blank(desk.new_id(), desk.new_id()), None, desk.now, desk.now,
    )  # fmt: skip
    return save(desk, made, "created")


def save(desk: Desk, changed: Workflow, what: str) -> Workflow:
    """With a new revision, which is kept."""
    graph = to_json(changed.graph)
    changed = msgspec.structs.replace(changed, revision=desk.new_id(), updated_at=desk.now)
    trigger = changed.graph.nodes[changed.graph.root]
    desk.c.execute(
        "insert or replace into workflow values(?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            changed.id, changed.name, changed.description, changed.status, changed.list, changed.revision, graph,
            trigger.type, _key(trigger, changed.list), int(bool(trigger.config.get("reEligible"))), changed.paused_at,
            changed.created_at, desk.now,
        ),
    )  # fmt: skip
    desk.c.execute(
        "insert into workflow_revision(id, workflow, at, what, graph) values(?,?,?,?,?)",
        (changed.revision, changed.id, desk.now, what, graph),
    )
    return changed


def _key(trigger: Node, mailing_list: str | None) -> str | None:
    """What a trigger waits for: by it, what happens finds the workflows that it may start."""
    waits: str | None = None
    if trigger.type == "AddToListTrigger":
        waits = mailing_list
    elif trigger.type == "EventTrigger":
        waits = trigger.config.get("eventName")
    elif trigger.type == "ContactPropertyTrigger":
        waits = (trigger.config.get("contactPropertyQuery") or {}).get("key")
    return waits


def expected(c: apsw.Connection, identifier: str, revision: Any, edits_graph: bool = True) -> Workflow:
    """The workflow, if nobody changed it since. Raises Refused."""
    found = load(c, identifier)
    if revision != found.revision:
        raise Refused(STALE.format(found.revision), 409)
    if edits_graph and found.status == "Sending":
        raise Refused(SENDING)
    return found


def rename(desk: Desk, identifier: str, revision: Any, given: dict[str, Any]) -> Workflow:
    found = expected(desk.c, identifier, revision, edits_graph=False)
    name = _named(given["name"]) if "name" in given else found.name
    description = _described(given["description"]) if "description" in given else found.description
    return save(desk, msgspec.structs.replace(found, name=name, description=description), "renamed")


def checked_list(c: apsw.Connection, mailing_list: Any) -> str | None:
    if mailing_list is None:
        return None
    if not isinstance(mailing_list, str) or not rows(c, "select 1 from list where id=?", (mailing_list,)):
        raise Refused("Mailing list not found.")
    return mailing_list


def group(c: apsw.Connection) -> str:
    """The one group there is, Unsorted; made by `open_group` when the engine starts."""
    ((identifier,),) = rows(c, "select value from meta where name='workflow_group'")
    return str(identifier)


def open_group(desk: Desk) -> None:
    desk.c.execute("insert or ignore into meta values('workflow_group', ?)", (desk.new_id(),))


def _named(name: Any) -> str:
    if not isinstance(name, str) or not name.strip():
        raise Refused("`name` is required.")
    return name.strip()


def _described(description: Any) -> str:
    if description is not None and not isinstance(description, str):
        raise Refused("`description` must be a string.")
    return description or ""


def graph_at(c: apsw.Connection, identifier: str, revision: str) -> Graph:
    """Raises Refused(404)."""
    found = rows(c, "select graph from workflow_revision where id=? and workflow=?", (revision, identifier))
    if not found:
        raise Refused("Revision not found.", 404)
    return graph_of(found[0][0])


def event_of(c: apsw.Connection, identifier: str) -> str | None:
    """The event that starts a workflow, if it is one."""
    found = rows(c, "select trigger_key from workflow where id=? and trigger='EventTrigger'", (identifier,))
    return found[0][0] if found else None
