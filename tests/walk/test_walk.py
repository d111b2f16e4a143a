"""The walk: everything a person does with the original integration, in a real browser, against a real instance."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.harness.browser import chromium, needs_chromium, website
from tests.harness.instance import Running
from tests.harness.waiting import until

pytestmark = [pytest.mark.browser, needs_chromium]
expect.set_options(timeout=20_000)  # two cores may be busy with other tests

ASKED = re.compile("401|409")  # not logged in yet; a question that the page asks: chromium notes both itself
SHOP = """<!doctype html><title>A shop</title>
<script>
  (function () {
    var q = (window.rudderanalytics = window.rudderanalytics || []);
    ["load", "page", "track", "identify"].forEach(function (m) {
      q[m] = function () { q.push([m].concat([].slice.call(arguments))); };
    });
  })();
  rudderanalytics.load("__KEY__", "__GATEWAY__");
  rudderanalytics.identify("user-1", { email: "test@test.com", firstName: "Adrian", lastName: "Brown" });
  rudderanalytics.identify("user-1", { email: "test@test.com", mailingLists: { "__LIST__": true } });
  rudderanalytics.track("newUser", { plan: "Pro Annual", accountType: "Facebook" });
</script>
<script async src="__GATEWAY__/sdk/rudder.js"></script>
"""


def log_in(page: Page, running: Running) -> None:
    page.goto(running.cli("login").stdout.strip())
    page.get_by_label("Email").fill("owner@example.com")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()


def connect_loops(page: Page) -> None:
    """Destinations → New destination → search Loops → name → choose the source → API Key → Continue."""
    page.get_by_role("link", name="Destinations", exact=True).click()
    page.get_by_role("link", name="New destination").click()
    page.get_by_label("Search destinations").fill("Loops")
    page.get_by_role("link", name=re.compile("^Loops")).last.click()
    page.get_by_label("Name").fill("my loops")
    page.get_by_label("website").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Another address").check()


def test_a_new_user_walks_through_every_screen_of_the_integration(running: Running, tmp_path: Path) -> None:
    with chromium() as browser:
        page = browser.new_context().new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" and not ASKED.search(m.text) else None)
        log_in(page, running)

        # a destination with a wrong key is told so, then with the right one connects
        connect_loops(page)
        page.get_by_label("Address", exact=True).fill(f"{running.engine}/api")
        page.get_by_label("API Key").fill("0" * 32)
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_text("does not accept this key")).to_be_visible()
        page.get_by_label("API Key").fill(running.engine_key)
        page.get_by_role("button", name="Continue").click()
        dialog = page.get_by_role("dialog", name="Every event would arrive twice")
        expect(dialog.get_by_text("reaches this account already, over loops")).to_be_visible()
        dialog.get_by_role("button", name="Save all the same").click()
        expect(page.get_by_role("heading", name="my loops is connected")).to_be_visible()
        page.get_by_role("link", name="Open the destination").click()
        expect(page.get_by_role("heading", name=re.compile("my loops"))).to_be_visible()

        # live events are open while a visitor opens the shop
        side_bar = page.get_by_role("navigation", name="Pages")  # a destination's own tab is called Sources too
        side_bar.get_by_role("link", name="Sources", exact=True).click()
        page.get_by_role("link", name="website").click()
        expect(page.get_by_text(running.write_key).first).to_be_visible()
        page.get_by_role("link", name="Live events").click()
        expect(page.get_by_text("Listening …")).to_be_visible()
        shop_text = SHOP.replace("__KEY__", running.write_key).replace("__GATEWAY__", running.gateway)
        (tmp_path / "shop.html").write_text(shop_text.replace("__LIST__", running.lists()[0]["id"]))
        with website(tmp_path) as address:
            shop = browser.new_context().new_page()
            shop.goto(f"{address}/shop.html")
            live = page.get_by_role("table", name="Live events")
            expect(live.get_by_text("newUser")).to_be_visible(timeout=10_000)
        # a refused call is seen there too
        assert running.send("/v1/identify", b"{not json")[0] == 400
        expect(live.get_by_text("400 invalid json")).to_be_visible(timeout=10_000)

        page.goto(f"{running.console}/sources")
        page.get_by_role("link", name="website").click()
        page.get_by_role("navigation", name="Tabs").get_by_role("link", name="Events").click()
        expect(page.get_by_role("cell", name="newUser")).to_be_visible()

        # a call that Loops refuses: its story says why
        running.send("/v1/identify", {"userId": "nobody", "traits": {"firstName": "No"}})
        until(lambda: running.status()["deliveries"]["dead"] == 2, "a failed delivery at each destination")
        side_bar.get_by_role("link", name="Destinations", exact=True).click()
        page.get_by_role("link", name="my loops").click()
        page.get_by_role("button", name="identify").click()
        page.get_by_role("table", name="Deliveries").get_by_role("row").nth(1).click()
        expect(page.get_by_text('Loops has no contact with user ID "nobody"').first).to_be_visible()
        expect(page.get_by_text("Request (secrets masked)").first).to_be_visible()
        assert running.engine_key not in page.content()

        # the other end: Audience, then Settings → Events → Event Log → the payload
        side_bar.get_by_role("link", name="Audience").click()
        page.get_by_role("link", name="test@test.com").click()
        expect(page.get_by_label("First Name")).to_have_value("Adrian")
        expect(page.get_by_label("Product updates")).to_be_checked()
        side_bar.get_by_role("link", name="Events", exact=True).click()
        for expected in ("plan: string", "accountType: string"):
            expect(page.get_by_role("row", name="newUser").first.get_by_text(expected)).to_be_visible()
        page.get_by_role("table", name="Event Log").get_by_role("link", name="newUser").first.click()
        expect(page.get_by_text("Payload as received")).to_be_visible()
        expect(page.get_by_text('"accountType": "Facebook"').first).to_be_visible()
        assert complaints == []
