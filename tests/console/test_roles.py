"""Who may do what: one table of every route, tried with every role and with nobody."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.routing import APIRoute

from tests.console.house import House

VIEW, EDIT, OWN, OPEN = "viewer", "editor", "owner", "public"
RANK = {"viewer": 0, "editor": 1, "owner": 2}
TABLE = {
    ("GET", "/health"): OPEN, ("POST", "/session"): OPEN, ("POST", "/session/setup"): OPEN,
    ("POST", "/session/invitation"): OPEN, ("POST", "/session/invitation/look"): OPEN, ("GET", "/session"): VIEW,
    ("PATCH", "/session"): VIEW, ("DELETE", "/session"): VIEW, ("POST", "/session/password"): VIEW,
    ("GET", "/sessions"): VIEW, ("DELETE", "/sessions/{identifier}"): VIEW, ("GET", "/users"): OWN,
    ("PATCH", "/users/{identifier}"): OWN, ("DELETE", "/users/{identifier}"): OWN, ("GET", "/invitations"): OWN,
    ("POST", "/invitations"): OWN, ("DELETE", "/invitations/{identifier}"): OWN, ("GET", "/tokens"): OWN,
    ("POST", "/tokens"): OWN, ("DELETE", "/tokens/{identifier}"): OWN, ("POST", "/login-links"): OWN,
    ("GET", "/status"): VIEW, ("GET", "/audit"): VIEW, ("GET", "/about"): VIEW,
    ("GET", "/workspace/retention"): VIEW, ("GET", "/stats/events"): VIEW, ("GET", "/stats/deliveries"): VIEW,
    ("GET", "/overview"): VIEW, ("GET", "/sources"): VIEW, ("POST", "/sources"): EDIT,
    ("GET", "/sources/{identifier}"): VIEW, ("PATCH", "/sources/{identifier}"): EDIT,
    ("DELETE", "/sources/{identifier}"): EDIT, ("GET", "/sources/{identifier}/events"): VIEW,
    ("POST", "/sources/{identifier}/send"): EDIT, ("POST", "/connections"): EDIT, ("DELETE", "/connections"): EDIT,
    ("GET", "/catalog"): VIEW, ("GET", "/destinations"): VIEW, ("POST", "/destinations"): EDIT,
    ("POST", "/destinations/test"): EDIT, ("GET", "/destinations/{identifier}"): VIEW,
    ("PATCH", "/destinations/{identifier}"): EDIT, ("DELETE", "/destinations/{identifier}"): EDIT,
    ("POST", "/destinations/{identifier}/test"): EDIT, ("POST", "/destinations/{identifier}/pause"): EDIT,
    ("POST", "/destinations/{identifier}/resume"): EDIT, ("GET", "/destinations/{identifier}/events"): VIEW,
    ("POST", "/replays/preview"): VIEW, ("POST", "/replays"): EDIT, ("GET", "/replays"): VIEW,
    ("POST", "/forgotten/preview"): OWN, ("POST", "/forgotten"): OWN, ("GET", "/forgotten"): VIEW,
    ("GET", "/forgotten/{number}"): VIEW, ("POST", "/forgotten/lift"): OWN, ("POST", "/forgotten/{number}/lift"): OWN,
    ("GET", "/replays/{job_id}"): VIEW, ("POST", "/replays/{job_id}/cancel"): EDIT, ("GET", "/earlier-calls"): VIEW,
    ("POST", "/earlier-calls"): EDIT,
    ("GET", "/destinations/{identifier}/check"): VIEW, ("POST", "/destinations/{identifier}/check"): EDIT,
    ("POST", "/destinations/{identifier}/check/properties"): EDIT,
    ("GET", "/destinations/{identifier}/reasons"): VIEW, ("GET", "/destinations/{identifier}/deliveries"): VIEW,
    ("GET", "/destinations/{identifier}/errors"): VIEW, ("GET", "/destinations/{identifier}/names"): VIEW,
    ("POST", "/destinations/{identifier}/preview"): EDIT, ("GET", "/deliveries"): VIEW, ("GET", "/events"): VIEW,
    ("GET", "/events/{position}"): VIEW, ("GET", "/trail"): VIEW, ("GET", "/rejected"): VIEW, ("GET", "/live"): VIEW,
    ("GET", "/failed"): VIEW, ("GET", "/failed/export"): VIEW,
    ("GET", "/events/{position}/deliveries/{destination_id}"): VIEW,
    ("POST", "/events/{position}/deliveries/{destination_id}/retry"): EDIT,
    ("GET", "/events/{position}/deliveries/{destination_id}/lookup"): EDIT, ("GET", "/people"): VIEW,
    ("GET", "/people/timeline"): VIEW, ("GET", "/workspace/export"): VIEW, ("POST", "/workspace/apply"): EDIT,
    ("GET", "/workspace/changes"): VIEW, ("GET", "/engine/contacts"): VIEW,
    ("GET", "/engine/contacts/{identifier}"): VIEW, ("GET", "/engine/lists"): VIEW, ("POST", "/engine/lists"): EDIT,
    ("GET", "/engine/event-definitions"): VIEW, ("GET", "/engine/properties"): VIEW, ("GET", "/engine/keys"): VIEW,
    ("POST", "/engine/contacts"): EDIT, ("POST", "/engine/contacts/query"): VIEW, ("POST", "/engine/contacts/count"): VIEW,
    ("POST", "/engine/contacts/bulk"): EDIT, ("PATCH", "/engine/contacts/{identifier}"): EDIT,
    ("DELETE", "/engine/contacts/{identifier}"): EDIT, ("DELETE", "/engine/contacts/{identifier}/suppression"): EDIT,
    ("GET", "/engine/segments"): VIEW, ("POST", "/engine/segments"): EDIT, ("PUT", "/engine/segments/{identifier}"): EDIT,
    ("DELETE", "/engine/segments/{identifier}"): EDIT, ("PATCH", "/engine/lists/{identifier}"): EDIT,
    ("DELETE", "/engine/lists/{identifier}"): EDIT, ("POST", "/engine/keys"): EDIT,
    ("DELETE", "/engine/keys/{identifier}"): EDIT, ("POST", "/engine/properties"): EDIT,
    ("DELETE", "/engine/properties/{key}"): EDIT, ("POST", "/engine/event-definitions"): EDIT,
    ("PUT", "/engine/event-definitions/{identifier}"): EDIT, ("POST", "/engine/define"): EDIT,
    ("GET", "/engine/imports"): VIEW, ("POST", "/engine/imports"): EDIT, ("PUT", "/engine/imports/{identifier}/part"): EDIT,
    ("GET", "/engine/imports/{identifier}"): VIEW, ("GET", "/engine/imports/{identifier}/rows"): VIEW,
    ("GET", "/engine/imports/{identifier}/rows.csv"): VIEW, ("POST", "/engine/imports/{identifier}/stop"): EDIT,
    ("GET", "/engine/export/contacts.csv"): VIEW, ("GET", "/engine/export/contacts.jsonl"): VIEW,
    ("GET", "/engine/export/event-log.jsonl"): VIEW, ("POST", "/engine/mirror"): EDIT,
    ("POST", "/destinations/{identifier}/copy"): EDIT,
    ("GET", "/engine/event-log"): VIEW, ("GET", "/engine/event-log/{identifier}"): VIEW,
    ("GET", "/engine/emails/{identifier}"): VIEW, ("PATCH", "/engine/emails/{identifier}"): EDIT,
    ("POST", "/engine/emails/{identifier}/preview"): VIEW, ("GET", "/engine/previews/{identifier}"): VIEW,
    ("POST", "/engine/emails/{identifier}/test"): EDIT, ("GET", "/engine/transactional"): VIEW,
    ("POST", "/engine/transactional"): EDIT, ("GET", "/engine/transactional/{identifier}"): VIEW,
    ("PATCH", "/engine/transactional/{identifier}"): EDIT, ("POST", "/engine/transactional/{identifier}/draft"): EDIT,
    ("POST", "/engine/transactional/{identifier}/publish"): EDIT,
    ("GET", "/engine/transactional/{identifier}/sends"): VIEW,
    ("GET", "/engine/workflows"): VIEW, ("POST", "/engine/workflows"): EDIT,
    ("GET", "/engine/workflows/{identifier}"): VIEW, ("DELETE", "/engine/workflows/{identifier}"): EDIT,
    ("POST", "/engine/workflows/{identifier}/edit"): EDIT, ("POST", "/engine/workflows/{identifier}/state"): EDIT,
    ("GET", "/engine/workflows/{identifier}/revisions"): VIEW, ("GET", "/engine/workflows/{identifier}/runs"): VIEW,
    ("GET", "/engine/workflows/{identifier}/rehearsal"): VIEW, ("GET", "/engine/workflow-emails"): VIEW,
    ("GET", "/engine/sending"): VIEW, ("PATCH", "/engine/sending"): EDIT, ("POST", "/engine/sending/dkim"): EDIT,
    ("DELETE", "/engine/sending/dkim"): EDIT, ("POST", "/engine/sending/dns-check"): EDIT,
    ("POST", "/engine/sending/test"): EDIT, ("GET", "/engine/sends"): VIEW, ("GET", "/engine/sends/{identifier}"): VIEW,
    ("POST", "/engine/sends/{identifier}/again"): EDIT, ("POST", "/engine/sends/{identifier}/settle"): EDIT,
    ("GET", "/engine/inbox"): VIEW, ("DELETE", "/engine/inbox"): EDIT, ("GET", "/engine/inbox/{identifier}"): VIEW,
    ("DELETE", "/engine/inbox/{identifier}"): EDIT, ("GET", "/engine/inbox/{identifier}/html"): VIEW,
    ("GET", "/engine/inbox/{identifier}/source"): VIEW,
    ("GET", "/engine/inbox/{identifier}/attachments/{place}"): VIEW, ("GET", "/engine/webhooks"): VIEW,
    ("POST", "/engine/webhooks"): EDIT, ("PUT", "/engine/webhooks/{identifier}"): EDIT,
    ("DELETE", "/engine/webhooks/{identifier}"): EDIT, ("GET", "/engine/webhooks/{identifier}/secret"): EDIT,
    ("POST", "/engine/webhooks/{identifier}/test"): EDIT, ("GET", "/engine/webhooks/{identifier}/messages"): VIEW,
    ("POST", "/engine/webhooks/{identifier}/replay-failed"): EDIT,
    ("POST", "/engine/webhooks/messages/{identifier}/replay"): EDIT,
}  # fmt: skip


def routes(house: House) -> set[tuple[str, str]]:
    found = set()
    for path, operations in house.api.openapi()["paths"].items():
        found |= {(method.upper(), path.removeprefix("/api/v1")) for method in operations}
    return found


def test_the_table_names_every_route(house: House) -> None:
    assert routes(house) == set(TABLE)
    shown = {r.path for r in house.api.routes if isinstance(r, APIRoute) and not r.include_in_schema}
    assert shown == {"/metrics", "/sdk/rudder.js", "/assets/{name:path}", "/{path:path}"}


@pytest.mark.parametrize("role", [None, "viewer", "editor", "owner"])
def test_each_role_may_do_what_the_table_says_and_no_more(house: House, role: str | None) -> None:
    client = house.client(role)
    for (method, path), needed in TABLE.items():
        if path == "/live" and role is not None:
            continue  # it never ends; test_live looks at it
        asked = path.format(
            identifier="nobody", key="nothing", position=9, destination_id="nowhere", job_id=9, place=0, number=9
        )
        answer = client.request(method, f"/api/v1{asked}")
        told = f"{role} {method} {path}: {answer.status_code} {answer.text[:200]}"
        if needed == OPEN:
            assert answer.status_code != 403, told
        elif role is None:
            assert answer.status_code == 401, told
            assert answer.headers["content-type"] == "application/problem+json"
        elif RANK[role] < RANK[needed]:
            assert answer.status_code == 403, told
            assert answer.json()["needed"] == needed
        else:
            assert answer.status_code not in (401, 403) or path in ("/session", "/session/password"), told


def test_a_persons_role_counts_and_not_what_their_browser_says(house: House) -> None:
    vera = house.person("vera@example.com", "viewer")
    assert vera.get("/api/v1/overview").status_code == 200
    assert vera.post("/api/v1/sources", json={"name": "mine"}, headers={"X-Role": "owner"}).status_code == 403
    assert vera.cookies.get("headrace_session")
    body: dict[str, Any] = {"name": "Vera", "role": "owner"}
    assert vera.patch("/api/v1/session", json=body).json()["role"] == "viewer"
