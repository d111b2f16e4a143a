"""What would happen to a contact: the same steps on a clock that only the rehearsal sees, and nothing is written or sent."""

from __future__ import annotations

from typing import Any

import apsw

from headrace.clock import rfc3339
from headrace.engine.store import rows
from headrace.engine.workflows import entering
from headrace.engine.workflows.graph import Refused
from headrace.engine.workflows.port import Emails
from headrace.engine.workflows.running import Looking
from headrace.engine.workflows.shelf import Workflow
from headrace.engine.workflows.types import of
from headrace.engine.workflows.walk import Standing, advance

DAY = 86_400_000  # ms


def rehearse(c: apsw.Connection, workflow: Workflow, who: str, now: int, days: int, emails: Emails) -> dict[str, Any]:
    """From now on, as the contact is now. `who`: an id or an address. Raises Refused(404)."""
    found = rows(c, "select id, email from contact where id=? or email_key=?", (who, who.strip().lower()))
    if not found:
        raise Refused("There is no such contact.", 404)
    contact, email = found[0]
    enters, why = entering.would_enter(c, workflow, contact, now)
    told = {"contact": contact, "email": email, "enters": enters, "why": why, "path": [], "until": rfc3339(now + days * DAY)}
    if not enters:
        return told | {"ends": "never entered"}
    look, end = Looking(c, workflow, contact), now + days * DAY
    standing: Standing | None = Standing(f"rehearsal of {contact}", workflow.graph.root, now)
    path: list[dict[str, Any]] = []
    ended = ""
    while standing is not None and standing.due <= end:
        went = advance(workflow.graph, standing, look, standing.due)
        path += [_told(c, workflow, step.node, step.at, step.did, emails) for step in went.steps]
        standing, ended = went.waits, went.why
    if standing is not None:
        path.append(_told(c, workflow, standing.node, standing.due, "waits", emails))
        ended = f"Still inside after {days} days."
    return told | {"path": path, "ends": ended}


def _told(c: apsw.Connection, workflow: Workflow, node: str, at: int, did: str, emails: Emails) -> dict[str, Any]:
    found = workflow.graph.nodes[node]
    message = found.config.get("emailMessageId") if found.type == "SendEmailAction" else None
    return {
        "node": node, "type": found.type, "title": of(found).title, "at": rfc3339(at), "did": did,
        "subject": emails.subject(c, message) if message else None,
    }  # fmt: skip
