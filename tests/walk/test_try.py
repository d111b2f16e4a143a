"""A newcomer makes the three calls in Try it, or with `headrace demo`, and sees the contact they become, without leaving."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.harness.browser import chromium, needs_chromium
from tests.harness.instance import Running
from tests.walk.test_walk import log_in


@pytest.mark.browser
@needs_chromium
def test_a_newcomer_sees_the_first_delivery_and_the_contact_on_the_page(running: Running) -> None:
    with chromium() as browser:
        page = browser.new_context().new_page()
        asked: set[str] = set()
        page.on("request", lambda request: asked.add("/".join(request.url.split("/")[:3])))
        log_in(page, running)
        page.get_by_role("link", name="Try it").first.click()
        page.get_by_role("button", name="Run").click()
        trail = page.get_by_role("list", name="Trail")
        expect(trail.get_by_role("listitem")).to_have_count(3)
        expect(trail.get_by_text("Delivered", exact=True)).to_have_count(3)
        loops = page.get_by_role("region", name="In Loops (built-in)")
        expect(loops.get_by_role("link", name="test-1@example.com")).to_be_visible()
        expect(loops.get_by_text("Adrian Brown")).to_be_visible()
        expect(loops.get_by_text("Product updates")).to_be_visible()
        expect(loops.get_by_role("link", name="newUser")).to_be_visible()

        # what cannot be understood is said with its line, and nothing is sent
        editor = page.get_by_role("textbox", name="The calls")
        editor.press("Control+a")
        editor.press_sequentially("alert(1)")
        page.get_by_role("button", name="Run").click()
        expect(page.get_by_text("Line 1: only the calls identify, track")).to_be_visible()
    assert running.status()["log"]["accepted"] == 3
    assert asked == {running.console, running.gateway}, "nothing is asked of a third party"


def test_the_demo_shows_in_a_terminal_what_becomes_of_the_three_calls(running: Running) -> None:
    told = running.cli("demo").stdout
    assert told.count("delivered") == 3
    assert "Adrian Brown, on Product updates" in told
    assert "newUser (plan: Pro Annual, accountType: Facebook)" in told
    running.stop()
    refused = running.cli("demo", check=False)
    assert refused.returncode == 1
    assert "Start it with `headrace up`" in refused.stderr
