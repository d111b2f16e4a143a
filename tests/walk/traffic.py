"""An instance that is lived in: people and what they do, some of it wrong; one of everything; and every page's address."""

from __future__ import annotations

from typing import Any

from tests.harness.instance import Running
from tests.harness.waiting import until

PEOPLE = ("Ada", "Grace", "Edsger", "Barbara", "Alan", "Katherine")
WORKFLOW = ("build", "contacts", "rehearsal", "revisions")
TABS = ("people", "tokens", "retention", "forgotten", "file", "audit", "sessions", "about")


def fill(running: Running) -> None:
    """Six people sign up; two calls cannot be delivered, two are refused."""
    listed = running.lists()[0]["id"]
    for number, name in enumerate(PEOPLE):
        user = name.lower()
        plan = "pro" if number % 3 else "free"
        traits = {"email": f"{user}@example.com", "firstName": name, "plan": plan, "mailingLists": {listed: number % 2 == 0}}
        bought = {"userId": user, "event": "newUser", "properties": {"plan": "Pro Annual", "seats": number}}
        running.send("/v1/identify", {"userId": user, "traits": traits})
        running.send("/v1/track", bought)
        running.send("/v1/page", {"userId": user, "name": "Pricing"})
    running.send("/v1/identify", {"userId": "nobody", "traits": {"firstName": "No"}})
    running.send("/v1/track", {"userId": "stranger", "event": "purchase", "properties": {"amount": 30}})
    running.send("/v1/identify", b"{broken")
    running.send("/v1/identify", {"userId": "x"}, key="wrong")
    running.settle(20)
    furnish(running)


def furnish(running: Running) -> None:
    """One of everything that is not made by a call: in Loops (built-in), then in the workspace."""

    def make(path: str, **body: Any) -> Any:
        return running.api("POST", path, body)

    make("/engine/workflows", name="Welcome")
    make("/engine/lists", name="Beta testers", isPublic=True, color="teal")
    make("/engine/properties", name="shoeSize", type="number")
    pro = {"type": "property", "key": "plan", "operator": "equals", "value": "pro"}
    make("/engine/segments", name="On pro", filter={"match": "all", "conditions": [pro]})
    draft = make("/engine/transactional", name="Receipt")["draft"]
    revision = running.api("GET", f"/engine/emails/{draft}")["contentRevisionId"]
    receipt = {"expectedRevisionId": revision, "subject": "Your receipt", "lmx": "<Paragraph>Thank you.</Paragraph>"}
    running.api("PATCH", f"/engine/emails/{draft}", receipt)
    running.api("PATCH", "/engine/sending", {"domain": "mail.example.com"})
    make("/engine/sending/dkim")
    make("/engine/sending/test", to="ada@example.com")
    until(lambda: running.api("GET", "/engine/inbox")["data"], "the test mail to be in the Inbox")
    hook = make("/engine/webhooks", url="http://127.0.0.1:9/hook", events=["contact.created"])["id"]
    make(f"/engine/webhooks/{hook}/test")
    make("/tokens", name="ci", role="viewer")
    make("/invitations", email="grace@example.com", role="editor")
    record = make("/forgotten", user_id="edsger")["id"]
    until(lambda: running.api("GET", f"/forgotten/{record}")["state"] == "done", "Edsger to be forgotten", 60)


def pages(running: Running) -> dict[str, str]:
    """A name and an address for each."""
    source = running.api("GET", "/sources")["data"][0]["id"]
    destination = running.api("GET", "/destinations")["data"][0]["id"]
    dead = running.api("GET", "/deliveries?state=dead")["data"][0]
    contact = running.api("GET", "/engine/contacts")["data"][0]["id"]
    row = running.api("GET", "/engine/event-log")["data"][0]["id"]
    workflow = running.api("GET", "/engine/workflows")["data"][0]["id"]
    email = running.api("GET", "/engine/transactional")["data"][0]["id"]
    mail = running.api("GET", "/engine/inbox")["data"][0]["id"]
    return {
        "overview": "/",
        "sources": "/sources",
        "source-setup": f"/sources/{source}",
        "source-events": f"/sources/{source}/events",
        "source-settings": f"/sources/{source}/settings",
        "live": f"/sources/{source}/live",
        "destinations": "/destinations",
        "new-destination": "/destinations/new",
        "new-loops": "/destinations/new/loops",
        "destination": f"/destinations/{destination}",
        "configuration": f"/destinations/{destination}/configuration",
        "filtering": f"/destinations/{destination}/filtering",
        "mapping": f"/destinations/{destination}/mapping",
        "check": f"/destinations/{destination}/check",
        "consent": f"/destinations/{destination}/consent",
        "destination-sources": f"/destinations/{destination}/sources",
        "destination-live": f"/destinations/{destination}/live",
        "delivery": f"/deliveries/{dead['position']}/{dead['destination']['id']}",
        "event": f"/events/{dead['position']}",
        "failed": "/failed",
        "people": "/people",
        "person": "/people/ada",
        "try": "/try",
        "audience": "/loops/audience",
        "contact": f"/loops/audience/{contact}",
        "events": "/loops/settings/events",
        "event-log-row": f"/loops/settings/events/{row}",
        "import": "/loops/import",
        "workflows": "/loops/workflows",
        **{
            f"workflow-{tab}": f"/loops/workflows/{workflow}/{tab}"
            for tab in ("build", "contacts", "rehearsal", "revisions")
        },
        "transactional": "/loops/transactional",
        **{f"transactional-{tab}": f"/loops/transactional/{email}/{tab}" for tab in ("email", "api", "sends")},
        "inbox": "/loops/inbox",
        "mail": f"/loops/inbox/{mail}",
        "sending": "/loops/settings/sending",
        "webhooks": "/loops/settings/webhooks",
        "lists": "/loops/settings/lists",
        "api": "/loops/settings/api",
        **{f"settings-{tab}": f"/settings/{tab}" for tab in TABS},
    }
