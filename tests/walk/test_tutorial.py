"""A newcomer does what docs/tutorial.md says, step by step, with its page, its email and its words."""

from __future__ import annotations

import os
import re
import textwrap
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.harness.browser import chromium, needs_chromium, website
from tests.harness.instance import ROOT, Running
from tests.walk.test_walk import log_in

pytestmark = [pytest.mark.browser, needs_chromium]
DOCUMENT = (ROOT / "docs/tutorial.md").read_text()
STORY = [
    "Unsubscribed by themselves",
    "Mail delivered Welcome, Grace",
    "Finished workflow Welcome",
    "Entered workflow Welcome",
    "Event newUser",
    "Contact added source API",
]
PICTURES = os.environ.get("TUTORIAL_PICTURES")  # a folder, for whoever renews those of the docs


def told(language: str) -> str:
    """The document's block in that language; there is one."""
    (block,) = re.findall(rf"^ *```{language}\n(.*?)```", DOCUMENT, re.DOTALL | re.MULTILINE)
    return textwrap.dedent(block)


class Reader:
    """Reads the document from heading to heading; what is clicked in a step must stand in it."""

    def __init__(self) -> None:
        headings = re.findall(r"^## \d+\. (.*)$", DOCUMENT, re.MULTILINE)
        parts = re.split(r"^## .*$", DOCUMENT, flags=re.MULTILINE)[1:]
        self.steps = iter(zip(headings, parts, strict=False))
        self.text = ""

    def step(self, heading: str) -> None:
        found, self.text = next(self.steps)
        assert found == heading

    def word(self, name: str) -> str:
        assert f"*{name}*" in self.text, f"the document does not say {name} here"
        return name

    def finished(self) -> bool:
        return next(self.steps, None) is None


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.wait_for_timeout(5000)  # until what was said in the corner is gone
        page.screenshot(path=f"{PICTURES}/{name}.png")


def sign_up(shop: Page, name: str) -> None:
    email = f"{name.lower()}@shop.test"
    assert f"`{name}` with `{email}`" in DOCUMENT
    shop.get_by_placeholder("First name").fill(name)
    shop.get_by_placeholder("Email").fill(email)
    shop.get_by_role("button", name="Sign up").click()


def write(page: Page, text: str) -> None:
    page.get_by_label("The email in LMX").click()
    page.keyboard.insert_text(text)


@pytest.fixture
def folder(running: Running, tmp_path: Path) -> Path:
    """The page of the document, with what `headrace up` printed; its addresses are those of the default ports."""
    place = tmp_path / "shop"
    place.mkdir()
    filled = told("html").replace("WRITE_KEY", running.write_key).replace("http://127.0.0.1:8080", running.gateway)
    (place / "shop.html").write_text(filled)
    return place


def test_the_tutorial_leads_from_the_snippet_to_an_unsubscribe_click_and_says_what_is_on_the_pages(
    running: Running, folder: Path
) -> None:
    reader = Reader()
    with chromium() as browser, website(folder) as address:
        context = browser.new_context(viewport={"width": 1280, "height": 860})
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        side_bar = page.get_by_role("navigation", name="Pages")

        def go(name: str) -> None:
            side_bar.get_by_role("link", name=reader.word(name), exact=True).click()

        reader.step("Start")
        log_in(page, running)

        reader.step("Put the snippet into a page")
        shop = browser.new_context().new_page()
        shop.on("pageerror", lambda error: complaints.append(str(error)))
        shop.goto(f"{address}/shop.html")

        reader.step("Sign up, and watch")
        go("Sources")
        page.get_by_role("link", name=reader.word("website")).click()
        page.get_by_role("link", name=reader.word("Live events")).click()
        expect(page.get_by_text("Listening …")).to_be_visible()
        sign_up(shop, "Ada")
        live = page.get_by_role("table", name="Live events")
        expect(live.get_by_text("identify")).to_be_visible()
        expect(live.get_by_text("newUser")).to_be_visible()

        reader.step("See the contact")
        go("Audience")
        expect(page.get_by_role("link", name="ada@shop.test")).to_be_visible()
        go("Events")
        expect(page.get_by_text("plan: string")).to_be_visible()
        expect(page.get_by_role("table", name="Event Log").get_by_text("ada@shop.test")).to_be_visible()

        reader.step("Make a welcome workflow")
        go("Workflows")
        page.get_by_role("button", name=reader.word("New workflow")).first.click()
        page.get_by_label("Name").fill("Welcome")
        page.get_by_role("button", name=reader.word("Create workflow")).click()
        page.get_by_role("button", name="Trigger What starts it?").click()
        page.get_by_label(reader.word("Starts when")).select_option(label=reader.word("Event received"))
        page.get_by_label(reader.word("Event"), exact=True).select_option("newUser")
        page.get_by_role("button", name="Add a step after Event received").click()
        page.get_by_role("menuitem", name=reader.word("Send email")).click()
        page.get_by_role("link", name=reader.word("Open the email")).click()
        page.get_by_label("Subject", exact=True).first.fill(told("text").strip())
        write(page, told("xml"))
        preview = page.frame_locator("iframe[title='The email as HTML']")
        expect(preview.get_by_role("heading", name="Hi Ada")).to_be_visible()
        expect(preview.get_by_text("Your plan is Pro Annual.")).to_be_visible()
        page.get_by_role("button", name=reader.word("Save")).click()
        expect(page.get_by_role("heading", level=1, name="Welcome, {contact.firstName}")).to_be_visible()
        picture(page, "tutorial-email")
        page.get_by_role("link", name=reader.word("Back to the workflow")).click()
        page.get_by_role("button", name=reader.word("Start"), exact=True).click()
        expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()

        reader.step("Read the mail")
        go("Inbox")
        expect(page.get_by_text("No mail yet")).to_be_visible()  # Ada was before the start
        sign_up(shop, "Grace")
        page.get_by_role("list", name="Mails").get_by_role("link", name="grace@shop.test").click()
        mail = page.frame_locator("iframe[title='The mail']")
        expect(mail.get_by_role("heading", name="Hi Grace")).to_be_visible()
        picture(page, "tutorial-inbox")

        reader.step("Unsubscribe")
        with context.expect_page() as opened:
            mail.get_by_role("link", name=reader.word("Unsubscribe")).click()
        preferences = opened.value
        preferences.get_by_role("button", name=reader.word("Unsubscribe from all emails")).click()
        expect(preferences.get_by_text("You are unsubscribed from all emails.")).to_be_visible()

        reader.step("See the whole story")
        page.bring_to_front()
        go("Audience")
        page.get_by_role("link", name="grace@shop.test").click()
        line = page.get_by_role("list", name="Time line").get_by_role("listitem")
        assert read(line, len(STORY)) == STORY
        expect(page.get_by_text("Gets transactional mail only")).to_be_visible()
        picture(page, "tutorial-contact")

        # she comes back, and nothing more is sent
        sign_up(shop, "Grace")
        assert read(line, len(STORY) + 1) == ["Event newUser", *STORY]
        assert len(running.api("GET", "/engine/inbox")["data"]) == 1
        assert reader.finished()
        assert complaints == []


def read(line: Locator, count: int) -> list[str]:
    """What each moment says, without its time, which stands at the start of its second line."""
    expect(line).to_have_count(count)
    told = (text.partition("\n") for text in line.all_inner_texts())
    return [f"{first} {second.partition(' · ')[2]}".strip() for first, _, second in told]
