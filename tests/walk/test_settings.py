"""Settings that shape what is sent: what waits is asked about, and what Loops does not define is created, on the pages."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.harness.browser import needs_chromium
from tests.harness.instance import Running
from tests.harness.standin import KEY, StandIn
from tests.harness.waiting import until
from tests.system.calls import identify, track

pytestmark = [pytest.mark.browser, needs_chromium]


def test_ada_moves_a_destination_and_says_what_becomes_of_what_waits(page: Page, running: Running) -> None:
    destination = running.api("GET", "/destinations")["data"][0]["id"]
    running.api("POST", f"/destinations/{destination}/pause")
    identify(running, "ada")
    identify(running, "bob")
    until(lambda: running.status()["deliveries"]["waiting"] == 2, "both to wait")
    with StandIn() as other:
        page.goto(f"{running.console}/destinations/{destination}/configuration")
        page.get_by_label("Another address").check()
        page.get_by_label("Address", exact=True).fill(other.url)
        page.get_by_label("API Key").fill(KEY)
        page.get_by_role("button", name="Save", exact=True).click()
        dialog = page.get_by_role("dialog", name="2 events wait for loops")
        expect(dialog.get_by_text("loops gets another address")).to_be_visible()

        # who goes away has changed nothing
        page.keyboard.press("Escape")
        expect(page.get_by_text("Nothing was changed.")).to_be_visible()
        assert running.api("GET", f"/destinations/{destination}")["settings"]["base_url"] == "builtin"

        page.get_by_role("button", name="Save", exact=True).click()
        expect(dialog.get_by_role("button", name="Save")).to_be_disabled()
        dialog.get_by_label("Send only what comes from now on").check()
        dialog.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved. Connected to team Stand-in")).to_be_visible()
        page.get_by_role("button", name="Try again now").click()
        identify(running, "eve")
        running.settle(3)
        assert [s.body["userId"] for s in other.deliveries()] == ["eve"]
    page.goto(f"{running.console}/failed")
    expect(page.get_by_role("table", name="Deliveries").get_by_role("row")).to_have_count(3)


def test_ada_creates_in_loops_what_her_calls_send(page: Page, running: Running) -> None:
    running.apply("version: 1\ndestinations:\n  - {name: loops, settings: {base_url: builtin, rate: 0}}\n")
    identify(running, "ada", colour="red")
    track(running, "ada", "newUser", plan="Pro")
    running.settle(2)
    destination = running.api("GET", "/destinations")["data"][0]["id"]
    page.goto(f"{running.console}/destinations/{destination}")
    page.get_by_role("navigation", name="Tabs").get_by_role("link", name="Loops check").click()
    page.get_by_role("button", name="Check now").click()
    colour = page.get_by_role("row", name=re.compile("^colour"))
    expect(colour).to_be_visible()
    # the delivery says it too
    identify(running, "bob", colour="blue")
    running.settle(3)
    other = page.context.new_page()
    other.goto(f"{running.console}/events/{running.events()[0]['id']}")
    other.get_by_role("link", name="Its story").click()
    expect(other.get_by_text("Loops has no such contact property")).to_be_visible()

    colour.get_by_role("button", name="Create in Loops").click()
    expect(page.get_by_text("colour was created in Loops.")).to_be_visible()
    expect(colour.get_by_text("Defined", exact=True)).to_be_visible()
    identify(running, "eve", colour="green")
    running.settle(4)
    assert running.events()[0]["fates"][0]["warnings"] == []
