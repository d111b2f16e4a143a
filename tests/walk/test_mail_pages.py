"""A person sends a test mail, reads it in the Inbox, makes the Inbox bounce, and is told of it by webhook."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.engine.test_webhooks import Receiver
from tests.harness.browser import chromium, needs_chromium
from tests.harness.instance import Running
from tests.harness.waiting import until
from tests.walk.test_walk import log_in

pytestmark = [pytest.mark.browser, needs_chromium]


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def test_mail_is_sent_read_bounced_and_told(tmp_path: Path) -> None:
    with Running(tmp_path / "data") as running, chromium() as browser, Receiver() as receiver:
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.set_default_timeout(15_000)
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        log_in(page, running)

        page.goto(f"{running.console}/loops/settings/sending")
        page.get_by_label("To", exact=True).fill("ada@x.dev")
        page.get_by_role("button", name="Send test").click()
        expect(page.get_by_role("status").filter(has_text="It is in the Inbox")).to_be_visible()
        page.get_by_role("status").get_by_role("link", name="Inbox").click()

        page.get_by_role("link", name="ada@x.dev").click()
        expect(page.get_by_role("heading", name="A test from Headrace")).to_be_visible()
        frame = page.frame_locator("iframe[title='The mail']")
        expect(frame.get_by_text("If you read it in your mailbox, mail leaves.")).to_be_visible()
        page.get_by_role("button", name="Source", exact=True).click()
        expect(page.get_by_label("Source", exact=True)).to_contain_text("Message-ID: <c")
        page.get_by_role("button", name="Headers").click()
        expect(page.get_by_text("List-Unsubscribe=One-Click")).to_be_visible()
        page.get_by_role("button", name="Checks").click()
        expect(page.get_by_text("One-click unsubscribe")).to_be_visible()

        page.get_by_label("What the Inbox does with new mail").select_option("bounce")
        expect(page.get_by_text("as a mail server might")).to_be_visible()
        running.api("POST", "/engine/sending/test", {"to": "bob@x.dev"})
        expect(page.get_by_text("Bounced by the Inbox's switch.")).to_be_visible()

        page.goto(f"{running.console}/loops/settings/webhooks")
        page.get_by_role("button", name="New endpoint").first.click()
        page.get_by_label("URL").fill(receiver.url)
        page.get_by_role("button", name="Save").click()
        page.get_by_role("button", name="Send test").click()
        until(lambda: receiver.events == ["testing.testEvent"] or None, "the test event")
        page.get_by_role("row").filter(has_text="testing.testEvent").click()
        expect(page.get_by_role("dialog").get_by_text("answered 200")).to_be_visible()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Show signing secret").click()
        expect(page.get_by_text("whsec_")).to_be_visible()

        page.set_viewport_size({"width": 390, "height": 844})
        for path in ("/loops/inbox", "/loops/settings/sending", "/loops/settings/webhooks"):
            page.goto(running.console + path)
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            assert overflow(page) <= 0, path
        assert problems == []


def test_a_mails_page_can_run_no_script_and_load_nothing(tmp_path: Path) -> None:
    with Running(tmp_path / "data") as running:
        made = running.api("POST", "/engine/sending/test", {"to": "ada@x.dev"})
        mail = until(lambda: running.api("GET", "/engine/inbox")["data"] or None, "the mail")[0]
        assert mail["send"] == made["id"]
        asked = urllib.request.Request(
            f"{running.console}/api/v1/engine/inbox/{mail['id']}/html", headers={"Authorization": f"Bearer {running.token}"}
        )
        with urllib.request.urlopen(asked, timeout=20) as answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
        policy = headers["content-security-policy"]
        assert policy.startswith("sandbox allow-popups")
        assert "default-src 'none'" in policy
        assert "script" not in policy
        assert headers["x-frame-options"] == "SAMEORIGIN"
