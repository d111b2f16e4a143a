"""A workflow is drawn, tried out and started in a real browser, and Ada walks through it."""

from __future__ import annotations

import os
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.harness.browser import chromium, needs_chromium
from tests.harness.instance import Running
from tests.walk.test_walk import log_in

pytestmark = [pytest.mark.browser, needs_chromium]
PICTURES = os.environ.get("WORKFLOW_PICTURES")  # a folder, for whoever wants to look


DAYS = {"from": "2026-01-01", "to": "2026-02-01"}


def loops(running: Running, method: str, path: str, body: Any = None) -> Any:
    return running._json(method, f"{running.engine}/api/v1{path}", running.engine_key, body)


def picture(page: Page, name: str) -> None:
    if not PICTURES:
        return
    for width, height in ((1280, 860), (390, 844)):
        for theme in ("light", "dark"):
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
            page.screenshot(path=f"{PICTURES}/{name}-{width}-{theme}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 860})
    page.evaluate("document.documentElement.dataset.theme = 'light'")


def add(page: Page, after: str, kind: str) -> None:
    page.get_by_role("button", name=f"Add a step after {after}").first.click()
    page.get_by_role("menuitem", name=kind).click()


def test_a_workflow_is_drawn_rehearsed_and_started(running: Running) -> None:
    loops(running, "POST", "/events/send", {"email": "ada@example.com", "eventName": "signup"})
    with chromium() as browser:
        page = browser.new_context(viewport={"width": 1280, "height": 860}).new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        log_in(page, running)
        page.get_by_role("link", name="Workflows").click()
        expect(page.get_by_text("No workflow yet")).to_be_visible()
        page.get_by_role("button", name="New workflow").first.click()
        page.get_by_label("Name").fill("Welcome")
        page.get_by_role("button", name="Create workflow").click()

        # the trigger
        page.get_by_role("button", name="Choose what starts this workflow").first.click()
        page.get_by_label("Starts when").select_option("EventTrigger")
        page.get_by_label("Event", exact=True).select_option("signup")
        expect(page.get_by_role("button", name="Event received signup")).to_be_visible()

        # steps on the arrows
        add(page, "Event received", "Timer")
        page.get_by_label("Amount").fill("2")
        page.get_by_role("button", name="Save").first.click()
        expect(page.get_by_role("button", name="Timer Wait 2 days")).to_be_visible()
        add(page, "Timer", "Branch")
        expect(page.get_by_role("button", name="Branch First match")).to_be_visible()
        picture(page, "branch")
        page.get_by_role("button", name="Audience filter Everybody").first.click()
        page.get_by_role("button", name="+ Property").click()
        page.get_by_label("Operator").select_option("contains")
        page.get_by_label("Value").fill("@example.com")
        page.get_by_role("button", name="Save").first.click()
        expect(page.get_by_role("button", name="Audience filter email contains @example.com")).to_be_visible()
        add(page, "Audience filter", "Send email")
        expect(page.get_by_role("link", name="Open the email")).to_be_visible()
        picture(page, "email")

        # what would happen, and what keeps it from being started
        page.get_by_role("link", name="What would happen").click()
        page.get_by_label("Email or contact id").fill("ada@example.com")
        page.get_by_role("button", name="Look ahead").click()
        expect(page.get_by_text("the email is sent")).to_be_visible()
        picture(page, "rehearsal")
        page.get_by_role("link", name="Build").click()
        page.get_by_role("button", name="Start", exact=True).click()
        expect(page.get_by_text("cannot be started")).to_be_visible()

        # the other path and the email go, then it starts
        page.get_by_role("button", name="Branch First match").click()
        page.get_by_role("button", name="Delete with what only it leads to").click()
        expect(page.get_by_role("button", name="Branch First match")).to_be_hidden()
        page.get_by_role("button", name="Start", exact=True).click()
        expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
        loops(running, "POST", "/events/send", {"email": "grace@example.com", "eventName": "signup"})
        page.get_by_role("link", name="Contacts", exact=True).click()
        expect(page.get_by_role("link", name="grace@example.com")).to_be_visible()
        picture(page, "contacts")
        page.get_by_role("link", name="Revisions").click()
        expect(page.get_by_text("created")).to_be_visible()
        expect(page.get_by_text("Timer: settings changed")).to_be_visible()
        picture(page, "revisions")
        page.get_by_role("link", name="Workflows").first.click()
        expect(page.locator("#content").get_by_text("Sending")).to_be_visible()
        picture(page, "list")
        assert complaints == []


def test_a_filter_of_a_workflow_asks_for_activity_like_that_of_the_audience(running: Running, page: Page) -> None:
    loops(running, "POST", "/events/send", {"email": "ada@example.com", "eventName": "signup"})
    running.api("POST", "/engine/properties", {"name": "trialEndsAt", "type": "date"})
    draft = loops(running, "POST", "/workflows", {"name": "Welcome"})
    made = {"expectedRevisionId": draft["workflowRevisionId"], "insertMode": "after", "fromNodeId": draft["rootNodeId"]}
    latest = loops(running, "POST", f"/workflows/{draft['id']}/nodes", made | {"nodeTypeName": "SendEmailAction"})
    made["expectedRevisionId"] = latest["workflow"]["workflowRevisionId"]
    loops(running, "POST", f"/workflows/{draft['id']}/nodes", made | {"nodeTypeName": "AudienceFilter"})
    mail = running.api("GET", "/engine/workflow-emails")["data"][0]["id"]

    page.goto(f"{running.console}/loops/workflows/{draft['id']}")
    page.get_by_role("button", name="Audience filter Everybody").click()
    form = page.get_by_role("group", name="Filter")
    form.get_by_role("button", name="+ Activity").click()
    expect(page.get_by_role("button", name="Save").first).to_be_disabled()
    form.get_by_label("Which").select_option("signup")
    form.get_by_label("Times").fill("3")
    form.get_by_role("button", name="+ Activity").click()
    form.get_by_label("Whether").nth(1).select_option("Has not")
    form.get_by_label("Activity", exact=True).nth(1).select_option("clicked in")
    form.get_by_label("What").select_option("the email")
    form.get_by_label("Which").nth(1).select_option("Welcome: no subject yet")
    form.get_by_role("button", name="+ Property").click()
    form.get_by_label("Property", exact=True).select_option("trialEndsAt")
    form.get_by_label("Operator").select_option("is between")
    form.get_by_label("From", exact=True).fill("2026-01-01")
    form.get_by_label("To", exact=True).fill("2026-02-01")
    form.get_by_role("button", name="+ Opt-in").click()
    form.get_by_role("group", name="Match").get_by_role("button", name="any").click()
    page.get_by_role("button", name="Save").first.click()
    expect(
        page.get_by_role(
            "button", name="Audience filter sent signup 3 times or more or not: clicked in an email or trialEndsAt"
        )
    ).to_be_visible()
    picture(page, "filter")

    nodes = running.api("GET", f"/engine/workflows/{draft['id']}")["nodes"]
    (stored,) = [node["audienceFilter"] for node in nodes if node["typeName"] == "AudienceFilter"]
    activity = {"type": "activity", "action": "received", "target": "event", "id": "signup", "negate": False}
    assert stored == {
        "match": "any",
        "conditions": [
            activity | {"times": 3},
            activity | {"action": "clicked", "target": "workflowEmail", "id": mail, "negate": True},
            {"type": "property", "key": "trialEndsAt", "operator": "between", "value": DAYS},
            {"type": "optIn", "status": "accepted"},
        ],
    }  # fmt: skip
    counted = running.api("POST", "/engine/contacts/count", {"search": "", "filter": stored})
    assert counted["count"] == 1, "who never clicked"


def test_what_is_sending_is_paused_edited_by_keyboard_and_resumed_in_place(running: Running, page: Page) -> None:
    loops(running, "POST", "/events/send", {"email": "ada@example.com", "eventName": "signup"})
    draft = loops(running, "POST", "/workflows", {"name": "Welcome"})
    edits = f"/engine/workflows/{draft['id']}/edit"
    given: dict[str, Any] = {"op": "set", "node": draft["rootNodeId"], "revision": draft["workflowRevisionId"]}
    for payload in ({"typeName": "EventTrigger"}, {"eventName": "signup"}):
        given["revision"] = running.api("POST", edits, given | {"payload": payload})["revision"]
    running.api("POST", f"/engine/workflows/{draft['id']}/state", {"to": "start"})

    page.goto(f"{running.console}/loops/workflows/{draft['id']}")
    expect(page.get_by_text("It is sending, so it cannot be changed.")).to_be_visible()
    expect(page.get_by_role("button", name="Add a step")).to_have_count(0)
    page.get_by_role("button", name="Pause and edit").click()
    expect(page.get_by_text("new contacts are queued until")).to_be_visible()
    plus = page.get_by_role("button", name="Add a step after Event received, signup")
    plus.focus()
    for key in ("Enter", "ArrowUp", "Escape"):
        page.keyboard.press(key)
    expect(plus).to_be_focused()
    for key in ("Enter", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    timer = page.get_by_role("button", name="Timer Wait 1 day")
    expect(timer).to_be_focused()
    expect(page.get_by_label("Amount")).to_be_visible()
    page.get_by_role("button", name="Resume sending").click()
    expect(page.get_by_text("It is sending, so it cannot be changed.")).to_be_visible()
    assert running.api("GET", f"/engine/workflows/{draft['id']}")["status"] == "Sending"
