"""An owner forgets Ada on her page, sees how far it is, and lifts it in the settings; nobody else is offered the button."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.harness.browser import chromium, needs_chromium
from tests.harness.instance import Running
from tests.walk.test_walk import log_in

pytestmark = [pytest.mark.browser, needs_chromium]
ADA = "ada@example.com"


def test_ada_is_forgotten_on_her_page_and_lifted_in_the_settings(running: Running, tmp_path: Path) -> None:
    assert running.send("/v1/identify", {"userId": "ada", "traits": {"email": ADA}}) == (200, "ok")
    running.settle(1)
    with chromium() as browser:
        page = browser.new_page()
        log_in(page, running)
        page.goto(f"{running.console}/people/user%3Aada")
        page.get_by_role("button", name="Forget this person").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_text("1 event will be removed here")).to_be_visible()
        expect(dialog.get_by_text(f"will be asked to delete ada, {ADA}")).to_be_visible()
        page.screenshot(path=str(tmp_path / "asked.png"))
        dialog.get_by_role("button", name="Cancel").click()
        assert running.contact(email=ADA) is not None

        page.get_by_role("button", name="Forget this person").click()
        page.get_by_role("button", name="Forget for good").click()
        expect(page.get_by_role("dialog").get_by_text("Done", exact=True)).to_be_visible(timeout=60_000)
        page.screenshot(path=str(tmp_path / "done.png"))
        assert running.contact(email=ADA) is None
        page.get_by_role("dialog").get_by_role("link", name="All records").click()

        table = page.get_by_role("table", name="Forgotten people")
        expect(table.get_by_text("Done", exact=True)).to_be_visible()
        page.screenshot(path=str(tmp_path / "records.png"))
        table.get_by_role("button", name="Lift").click()
        page.get_by_role("dialog").get_by_role("button", name="Lift").click()
        expect(table.get_by_text("Lifted")).to_be_visible()
        page.goto(f"{running.console}/people/user%3Aada")
        expect(page.get_by_text(re.compile("Nobody is known by this"))).to_be_visible()
