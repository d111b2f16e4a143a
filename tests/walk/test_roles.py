"""Invited people may do what their role says, and are offered no more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.harness.browser import chromium, needs_chromium
from tests.harness.instance import Running
from tests.walk.test_walk import log_in

pytestmark = [pytest.mark.browser, needs_chromium]


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def invited(owner: Page, browser: Browser, running: Running, role: str) -> Page:
    """A page of somebody who took up an invitation in a browser of their own."""
    owner.goto(f"{running.console}/settings/people")
    owner.get_by_label("Email").fill(f"{role}@example.com")
    owner.get_by_label("Role of the invited").select_option(role)
    owner.get_by_role("button", name="Make invitation link").click()
    link = owner.locator("code", has_text="/join?token=").inner_text()
    page = browser.new_context().new_page()
    page.goto(link)
    expect(page.get_by_text(f"invited {role}@example.com as {role}")).to_be_visible()
    page.get_by_label("Name").fill(role.title())
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    return page


def test_roles_can_do_what_they_may_and_no_more(browser: Browser, running: Running) -> None:
    owner = browser.new_context().new_page()
    log_in(owner, running)
    viewer, editor = (invited(owner, browser, running, role) for role in ("viewer", "editor"))
    destination = running.api("GET", "/destinations")["data"][0]["id"]
    here = f"{running.console}/destinations/{destination}"

    viewer.goto(f"{here}/filtering")
    expect(viewer.get_by_text("Changing this needs the role editor.")).to_be_visible()
    expect(viewer.get_by_role("button", name="Save")).to_have_count(0)
    expect(viewer.get_by_role("button", name="Pause")).to_have_count(0)
    viewer.goto(f"{running.console}/sources")
    expect(viewer.get_by_role("button", name="New source")).to_have_count(0)
    # what the page does not offer, the API does not do
    asked = "(to) => fetch(to, {method: 'POST'}).then((answer) => answer.status)"
    assert viewer.evaluate(asked, f"/api/v1/destinations/{destination}/pause") == 403

    editor.goto(here)
    editor.get_by_role("button", name="Pause").click()
    expect(editor.get_by_role("button", name="Try again now")).to_be_visible()
    editor.goto(f"{running.console}/settings")
    expect(editor.get_by_role("link", name="Audit log")).to_be_visible()
    expect(editor.get_by_role("link", name="People and roles")).to_have_count(0)
    ask = "(to) => fetch(to).then((answer) => answer.status)"
    assert editor.evaluate(ask, "/api/v1/users") == 403

    # demoted by the owner, the editor may only look on
    owner.goto(f"{running.console}/settings/people")
    owner.get_by_label("Role of editor@example.com").select_option("viewer")
    expect(owner.get_by_text("Changed.")).to_be_visible()
    editor.goto(here)
    expect(editor.get_by_role("heading", name="loops")).to_be_visible()
    expect(editor.get_by_role("button", name="Try again now")).to_have_count(0)
