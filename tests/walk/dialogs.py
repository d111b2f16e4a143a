"""Every dialog that a page can open, each with the button or row that opens it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from playwright.sync_api import Locator, Page

from tests.harness.instance import Running
from tests.harness.waiting import until


class Way(NamedTuple):
    """`opener` stands on the page after `before`; pressed by Enter it opens the dialog."""

    page: str  # its name in `traffic.pages`
    title: str  # empty where it is a name that chance gave
    opener: Callable[[Page], Locator]
    before: Callable[[Page], object] = lambda page: None


def button(name: str, place: int = 0) -> Callable[[Page], Locator]:
    return lambda page: page.locator("main").get_by_role("button", name=name, exact=True).nth(place)


def row(table: str, name: str = "") -> Callable[[Page], Locator]:
    return lambda page: page.get_by_role("table", name=table).locator("tr.row", has_text=name).first


def within(table: str, name: str, label: str) -> Callable[[Page], Locator]:
    return lambda page: row_of(page, table, name).get_by_role("button", name=label)


def row_of(page: Page, table: str, name: str) -> Locator:
    return page.get_by_role("table", name=table).get_by_role("row", name=re.compile(name))


def choose_segment(page: Page) -> None:
    page.get_by_label("Segment", exact=True).select_option("On pro")


def choose_ada(page: Page) -> None:
    page.get_by_label("Choose ada@example.com").check()


def connect_twice(page: Page) -> None:
    page.get_by_label("Name").fill("twice")
    page.get_by_label("website").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Loops (built-in)").check()


def elsewhere(page: Page) -> None:
    page.get_by_label("URL", exact=True).fill("https://elsewhere.example.org/in")


def archive(running: Running) -> str:
    """A destination with an event that waits: where it shall go now is a question."""
    source = running.api("GET", "/sources")["data"][0]["id"]
    given = {
        "name": "archive",
        "type": "webhook",
        "settings": {"url": "https://archive.example.org/in"},
        "source_ids": [source],
    }
    made = running.api("POST", "/destinations", given)["id"]
    running.api("POST", f"/destinations/{made}/pause")
    running.send("/v1/track", {"userId": "ada", "event": "kept"})
    until(lambda: running.status()["deliveries"]["waiting"], "the event to wait")
    return f"/destinations/{made}/configuration"


DIALOGS = (
    Way("sources", "New source", button("New source")),
    Way("source-settings", "Make a new write key?", button("Rotate write key")),
    Way("source-settings", "Delete the source website?", button("Delete")),
    Way("configuration", "Delete loops?", button("Delete")),
    Way("archive", "1 event waits for archive", button("Save"), elsewhere),
    Way("new-loops", "Every event would arrive twice", button("Continue"), connect_twice),
    Way("delivery", "Look up in Loops", button("Look up in Loops")),
    Way("delivery", "Send 1 event again?", button("Replay")),
    Way("failed", "Send 1 event again?", button("Replay all")),
    Way("person", "Forget this person?", button("Forget this person")),
    Way("audience", "New contact", button("New contact")),
    Way("audience", "Delete the segment On pro?", button("Delete segment"), choose_segment),
    Way("audience", "Delete 1 contact?", button("Delete"), choose_ada),
    Way("contact", "", button("Delete")),
    Way("workflows", "New workflow", button("New workflow")),
    Way("workflow-build", "Delete Welcome?", button("Delete")),
    Way("transactional", "New transactional email", button("New email")),
    Way("transactional-email", "Publish “Receipt”?", button("Publish")),
    Way("inbox", "Empty the Inbox?", button("Empty")),
    Way("events", "New event", button("New event")),
    Way("events", "newUser", row("Event definitions", "newUser")),
    Way("lists", "New list", button("New list")),
    Way("lists", "Beta testers", row("Mailing lists", "Beta testers")),
    Way("api", "", button("Revoke")),
    Way("api", "Delete the property shoeSize?", within("Contact properties", "shoeSize", "Delete")),
    Way("sending", "Make a new DKIM key?", button("New DKIM key")),
    Way("sending", "Forget the DKIM key?", button("Forget it")),
    Way("sending", "", row("Mails", "ada@example.com")),
    Way("webhooks", "New endpoint", button("New endpoint")),
    Way("webhooks", "Edit endpoint", button("Edit")),
    Way("webhooks", "Remove this endpoint?", button("Remove")),
    Way("webhooks", "", row("Messages")),
    Way("settings-people", "Remove owner@example.com?", within("People", "owner@example.com", "Remove")),
    Way("settings-tokens", "Revoke ci?", within("API tokens", "^ci", "Revoke")),
    Way("settings-forgotten", "Collect the person of record 1 again?", button("Lift")),
)
