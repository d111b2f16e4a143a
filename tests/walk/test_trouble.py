"""Loops answers 400, 401, 429 and 500: the pages tell it truthfully; mended there, what failed is delivered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.harness.browser import needs_chromium
from tests.harness.instance import Running
from tests.harness.standin import KEY, Answer, Seen, StandIn, usual
from tests.harness.waiting import until
from tests.system.calls import connect, identify, track

pytestmark = [pytest.mark.browser, needs_chromium]


@pytest.fixture
def loops() -> Iterator[StandIn]:
    with StandIn() as standin:
        yield standin


@pytest.fixture
def running(tmp_path: Path, loops: StandIn) -> Iterator[Running]:
    with Running(tmp_path / "data", "--no-engine") as instance:
        connect(instance, loops, retry="{first: 1, most: 2}")
        yield instance


def refusing(status: int, message: str) -> object:
    """Answers what changes something so, and all else as usual."""

    def decide(seen: Seen) -> Answer:
        if seen.path.endswith(("/contacts/update", "/events/send")):
            return status, {"success": False, "message": message}
        return usual(seen)

    return decide


def story(page: Page, running: Running, position: int = 1) -> None:
    destination = running.api("GET", "/destinations")["data"][0]["id"]
    page.goto(f"{running.console}/deliveries/{position}/{destination}")


def test_a_refused_call_is_told_with_loops_own_words_and_replayed(page: Page, running: Running, loops: StandIn) -> None:
    loops.decide = refusing(400, "plan must be one of free, pro")  # type: ignore[assignment]
    identify(running, "ada", plan="gold")
    until(lambda: running.status()["deliveries"]["dead"] == 1, "it to fail")
    page.goto(running.console)
    page.get_by_role("link", name="Failed events").click()
    page.get_by_role("table", name="Deliveries").get_by_role("link", name="identify").click()
    expect(page.get_by_text("plan must be one of free, pro").first).to_be_visible()
    expect(page.get_by_text("answered 400", exact=False)).to_be_visible()
    expect(page.get_by_role("link", name="Open Mapping")).to_be_visible()
    loops.decide = usual
    page.get_by_role("button", name="Replay", exact=True).click()
    page.get_by_role("dialog", name="Send 1 event again?").get_by_role("button", name="Send again").click()
    running.settle(1)
    expect(page.get_by_role("main").get_by_text("Delivered", exact=True).first).to_be_visible()


def test_a_key_that_is_refused_pauses_and_is_mended_where_the_page_leads(
    page: Page, running: Running, loops: StandIn
) -> None:
    loops.decide = lambda seen: (401, {"success": False, "message": "Invalid API key", "error": "Invalid API key"})
    identify(running, "ada")
    until(lambda: running.status()["destinations"][0]["state"] == "paused", "the destination to pause")
    page.goto(running.console)
    expect(page.get_by_text("loops is paused")).to_be_visible()
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Destinations", exact=True).click()
    page.get_by_role("link", name="loops", exact=True).click()
    expect(page.get_by_text("Loops does not accept this key", exact=False).first).to_be_visible()
    page.get_by_role("link", name="Open the API Key setting").click()
    loops.decide = usual
    page.get_by_label("API Key").fill(KEY)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved. Connected to team Stand-in")).to_be_visible()
    running.settle(1)
    story(page, running)
    expect(page.get_by_role("main").get_by_text("Delivered", exact=True).first).to_be_visible()
    assert KEY not in page.content()


@pytest.mark.parametrize(
    ("status", "told"), [(429, re.compile("answered 429")), (500, re.compile("answered 500: it has trouble of its own"))]
)
def test_what_passes_by_itself_is_told_and_needs_nobody(
    page: Page, running: Running, loops: StandIn, status: int, told: re.Pattern[str]
) -> None:
    loops.decide = refusing(status, "not now")  # type: ignore[assignment]
    track(running, "ada", "newUser")
    until(lambda: len(loops.deliveries()) >= 1, "the first attempt")
    story(page, running)
    expect(page.get_by_text(told).first).to_be_visible()
    loops.decide = usual
    running.settle(1)
    expect(page.get_by_role("main").get_by_text("Delivered", exact=True).first).to_be_visible()
    assert running.status()["deliveries"]["delivered"] == 1
