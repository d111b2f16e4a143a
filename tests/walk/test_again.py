"""What failed is explained, previewed under other settings and sent again, by the pages alone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.harness.browser import chromium, needs_chromium
from tests.harness.instance import Running
from tests.harness.waiting import until
from tests.walk.test_walk import log_in

pytestmark = [pytest.mark.browser, needs_chromium]
CALLS = 230  # of one person: more than the API gives at once


def jobs_done(running: Running) -> int:
    return len([job for job in running.api("GET", "/replays")["data"] if job["state"] == "done"])


def say_yes(page: Page, count: str) -> None:
    dialog = page.get_by_role("dialog", name=f"Send {count} again?")
    dialog.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("It waits for its turn again.").last).to_be_visible()


def test_what_failed_is_explained_and_sent_again(running: Running) -> None:
    running.send("/v1/identify", {"userId": "nobody", "traits": {"firstName": "No"}})
    running.send("/v1/track", {"userId": "stranger", "event": "purchase", "properties": {"amount": 30}})
    calls = [{"type": "page", "userId": "ada", "name": f"p{n}"} for n in range(CALLS)]
    for first in range(0, CALLS, 50):
        running.send("/v1/batch", {"batch": calls[first : first + 50]})
    running.send("/v1/identify", {"userId": "ada", "traits": {"email": "ada@example.com"}})
    running.settle(CALLS + 3)
    destination = running.api("GET", "/destinations")["data"][0]["id"]
    dead = running.api("GET", "/deliveries?state=dead")["data"]
    with chromium() as browser:
        page = browser.new_context().new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        log_in(page, running)

        # a row of the table opens its own errors, not those of other events
        page.goto(f"{running.console}/destinations/{destination}/events")
        page.get_by_role("button", name="purchase").click()
        expect(page.get_by_role("list", name="Reasons").get_by_role("listitem")).to_have_count(1)

        # all of one reason, then a single one from its story
        page.goto(f"{running.console}/failed")
        page.get_by_role("button", name="Replay all").first.click()
        say_yes(page, "1 event")
        until(lambda: jobs_done(running) == 1, "the replay of a reason to be done")
        running.settle(CALLS + 3)
        page.goto(f"{running.console}/deliveries/{dead[0]['position']}/{destination}")
        page.get_by_role("button", name="Replay", exact=True).click()
        say_yes(page, "1 event")
        until(lambda: jobs_done(running) == 2, "the replay of one delivery to be done")

        # the exact request of a recent event, before anything is saved
        page.goto(f"{running.console}/destinations/{destination}/mapping")
        page.get_by_role("button", name="Preview on recent events").click()
        expect(page.get_by_text(re.compile(r"PUT .*/v1/contacts/update")).first).to_be_visible()

        # a time line goes on to its first call
        page.goto(f"{running.console}/people/user:ada")
        line = page.get_by_role("list", name="Time line").locator("> li")
        expect(line.first).to_be_visible()
        while page.get_by_role("button", name="Show older").is_visible():
            shown = line.count()
            page.get_by_role("button", name="Show older").click()
            expect(line).not_to_have_count(shown)
        expect(line).to_have_count(CALLS + 1)
        assert complaints == []
