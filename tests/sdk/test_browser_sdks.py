"""The SDKs that people use in browsers, in a real chromium, unmodified."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.harness.browser import chromium, needs_chromium, website
from tests.harness.instance import Running
from tests.harness.waiting import until
from tests.sdk.conftest import NODE_MODULES

pytestmark = [pytest.mark.browser, pytest.mark.sdk, needs_chromium]
PAGES = Path(__file__).parent / "pages"
BUNDLED = NODE_MODULES / "@rudderstack/analytics-js/dist/npm/modern/bundled/umd/index.js"
SEGMENT = NODE_MODULES / "@segment/analytics-next/dist/umd"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def shop(tmp_path: Path, running: Running) -> Iterator[str]:
    """The pages of a shop, filled in as its owner would."""
    for page in PAGES.glob("*.html"):
        text = page.read_text()
        for name, value in {
            "__GATEWAY__": running.gateway,
            "__HOST__": running.gateway.removeprefix("http://"),
            "__WRITE_KEY__": running.write_key,
            "__LIST__": running.lists()[0]["id"],
        }.items():
            text = text.replace(name, value)
        (tmp_path / page.name).write_text(text)
    shutil.copy(BUNDLED, tmp_path / "rudder-bundled.js")
    shutil.copytree(SEGMENT, tmp_path / "segment")
    with website(tmp_path) as address:
        yield address


def visit(browser: Browser, address: str) -> tuple[Page, list[str]]:
    """Open a page as a new visitor; gives the page and what its console complained about."""
    page = browser.new_context().new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    return page, complaints


@pytest.mark.parametrize("name", ["snippet", "rudder-bundled", "segment"])
def test_ada_signs_up_in_the_browser(name: str, browser: Browser, shop: str, running: Running) -> None:
    user = f"ada-{name}"
    page, complaints = visit(browser, f"{shop}/{name}.html")
    rows = until(lambda: running.event_log(userId=user), f"the event of {user}; the page said {complaints}")
    contact = running.contact(userId=user)

    assert contact is not None
    assert contact["email"] == f"{user}@example.com"
    assert contact["mailingLists"] == {running.lists()[0]["id"]: True}
    assert [row["eventName"] for row in rows] == ["newUser"]
    assert rows[0]["processed"]["eventProperties"] == {"plan": "Pro Annual", "accountType": "Facebook"}
    assert not complaints
    page.context.close()


def test_ada_leaves_a_list_on_the_preference_page_and_her_next_page_load_does_not_put_her_back(
    browser: Browser, shop: str, running: Running
) -> None:
    list_id = running.lists()[0]["id"]
    page, _ = visit(browser, f"{shop}/returning.html")
    until(lambda: running.event_log(userId="ada-returning"), "her first visit")
    assert (running.contact(userId="ada-returning") or {})["mailingLists"] == {list_id: True}

    # she leaves the list at Loops itself: no call of the SDK tells anybody
    running._json(
        "PUT",
        f"{running.engine}/api/v1/contacts/update",
        running.engine_key,
        {"userId": "ada-returning", "mailingLists": {list_id: False}},
    )
    page.reload()  # the SDK repeats the traits it remembers, the old choice among them
    until(lambda: len(running.event_log(userId="ada-returning")) == 2, "her second visit")
    running.settle(running.status()["log"]["accepted"])

    assert (running.contact(userId="ada-returning") or {})["mailingLists"] == {}
    page.context.close()
