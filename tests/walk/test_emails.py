"""A person writes a transactional email in the browser, publishes it, and reads what Ada got."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.harness.browser import chromium, needs_chromium
from tests.harness.instance import Running
from tests.walk.test_walk import log_in

pytestmark = [pytest.mark.browser, needs_chromium]


def write(page: Page, lmx: str) -> None:
    page.get_by_label("The email in LMX").click()
    page.keyboard.press("Control+a")
    page.keyboard.press(
        "Delete"
    )  # typed over a marked text, Chromium would try to keep its style inline, which the policy blocks
    page.keyboard.insert_text(lmx)


def send(running: Running, body: dict[str, Any]) -> None:
    status = running.status()
    headers = {"Authorization": f"Bearer {status['engine_api_key']}", "Content-Type": "application/json"}
    url = f"{status['engine']}/api/v1/transactional"
    urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers)).read()


def test_an_email_is_written_checked_published_and_sent(running: Running) -> None:
    with chromium() as browser:
        page = browser.new_context().new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" and "401" not in m.text else None)
        log_in(page, running)
        page.get_by_role("link", name="Transactional").click()
        page.get_by_role("button", name="New email").first.click()
        page.get_by_label("Name").fill("Log in")
        page.get_by_role("button", name="Create").click()
        expect(page.get_by_text("The subject is missing.")).to_be_visible()
        page.get_by_label("Subject", exact=True).first.fill("Hi {data.name}")
        write(page, "<p>Hello</p>")
        expect(page.get_by_text("Line 1: There is no tag <p>.").first).to_be_visible()
        expect(page.get_by_role("button", name="Save")).to_be_disabled()
        write(page, "<H1>Hi {data.name}</H1><Button href='https://x.dev/in'>Log in</Button>")
        frame = page.frame_locator("iframe[title='The email as HTML']")
        expect(frame.get_by_role("heading", name="Hi [name]")).to_be_visible()
        page.get_by_role("button", name="Save").click()
        page.get_by_role("button", name="Publish").click()
        page.get_by_role("dialog").get_by_role("button", name="Publish").click()
        expect(page.get_by_text("Published", exact=True).first).to_be_visible()
        identifier = page.url.rstrip("/").split("/")[-1]
        send(running, {"email": "ada@example.org", "transactionalId": identifier, "dataVariables": {"name": "Ada"}})
        page.get_by_role("link", name="Sends").click()
        row = page.get_by_role("row", name="ada@example.org")
        expect(row).to_contain_text("Hi Ada")
        expect(row).to_contain_text("delivered")
        assert not complaints
