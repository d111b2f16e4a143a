"""Traffic for the pages: people and what they do, some of it wrong; and the addresses of every page that shows it."""

from __future__ import annotations

from tests.harness.instance import Running

PEOPLE = ("Ada", "Grace", "Edsger", "Barbara", "Alan", "Katherine")
TABS = ("people", "tokens", "retention", "file", "audit", "sessions", "about")


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


def pages(running: Running) -> dict[str, str]:
    """A name and an address for each."""
    source = running.api("GET", "/sources")["data"][0]["id"]
    destination = running.api("GET", "/destinations")["data"][0]["id"]
    dead = running.api("GET", "/deliveries?state=dead")["data"][0]
    contact = running.api("GET", "/engine/contacts")["data"][0]["id"]
    row = running.api("GET", "/engine/event-log")["data"][0]["id"]
    return {
        "overview": "/",
        "sources": "/sources",
        "source-setup": f"/sources/{source}",
        "source-events": f"/sources/{source}/events",
        "source-settings": f"/sources/{source}/settings",
        "live": f"/sources/{source}/live",
        "destinations": "/destinations",
        "new-destination": "/destinations/new",
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
        "lists": "/loops/settings/lists",
        "api": "/loops/settings/api",
        **{f"settings-{tab}": f"/settings/{tab}" for tab in TABS},
    }
