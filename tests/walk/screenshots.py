"""`make screenshots`: every page, light and dark, wide and phone, into screenshots/."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.harness.browser import chromium
from tests.harness.instance import ROOT, Running
from tests.walk.test_walk import log_in

OUT = ROOT / "screenshots"
SIZES = {"wide": (1280, 860), "phone": (390, 844)}


def fill(running: Running) -> None:
    """People and what they do, some of it wrong."""
    for number, name in enumerate(["Ada", "Grace", "Edsger", "Barbara", "Alan", "Katherine"]):
        user = name.lower()
        lists = {running.lists()[0]["id"]: number % 2 == 0}
        traits = {
            "email": f"{user}@example.com",
            "firstName": name,
            "plan": "pro" if number % 3 else "free",
            "mailingLists": lists,
        }
        running.send("/v1/identify", {"userId": user, "traits": traits})
        running.send(
            "/v1/track", {"userId": user, "event": "newUser", "properties": {"plan": "Pro Annual", "seats": number}}
        )
        running.send("/v1/page", {"userId": user, "name": "Pricing"})
    running.send("/v1/identify", {"userId": "nobody", "traits": {"firstName": "No"}})
    running.send("/v1/track", {"userId": "stranger", "event": "purchase", "properties": {"amount": 30}})
    running.send("/v1/identify", b"{broken")
    running.send("/v1/identify", {"userId": "x"}, key="wrong")
    running.settle(20)


def pages(running: Running) -> dict[str, str]:
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
        **{
            f"settings-{tab}": f"/settings/{tab}"
            for tab in ("people", "tokens", "retention", "file", "audit", "sessions", "about")
        },
    }


def take(browser: Browser, running: Running) -> None:
    OUT.mkdir(exist_ok=True)
    first = browser.new_context()
    log_in(first.new_page(), running)
    state = first.storage_state()
    for theme in ("light", "dark"):
        for size, (width, height) in SIZES.items():
            context = browser.new_context(
                color_scheme=theme, viewport={"width": width, "height": height}, storage_state=state
            )  # fmt: skip
            page = context.new_page()
            for name, path in pages(running).items():
                page.goto(running.console + path)
                page.wait_for_load_state("load")
                page.locator("main h1").first.wait_for()
                expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=20_000)
                page.evaluate("document.fonts.ready")
                page.screenshot(path=OUT / f"{name}-{theme}-{size}.png", full_page=True)
            context.close()
    print(f"{len(list(OUT.glob('*.png')))} pictures in {OUT}")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Running(Path(folder) / "data") as running, chromium() as browser:
        fill(running)
        take(browser, running)


if __name__ == "__main__":
    main()
