"""Ada is found by a filter that is built by hand, edited on her page, and others come from a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.harness.browser import chromium, needs_chromium
from tests.harness.instance import Running
from tests.walk.test_walk import log_in

pytestmark = [pytest.mark.browser, needs_chromium]


def test_a_person_filters_saves_edits_and_imports(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("E-Mail,Plan\neva@example.com,pro\nnonsense,pro\n")
    with Running(tmp_path / "data") as running, chromium() as browser:
        running.api("POST", "/engine/properties", {"name": "plan", "type": "string"})
        for name, plan in (("ada", "pro"), ("bob", "free")):
            properties = {"properties": {"plan": plan}}
            running.api("POST", "/engine/contacts", {"email": f"{name}@example.com", **properties})
        page = browser.new_page()
        log_in(page, running)
        page.get_by_role("link", name="Audience", exact=True).click()
        page.get_by_role("button", name="Filter").click()
        page.get_by_role("button", name="+ Property").click()
        page.get_by_label("Property", exact=True).select_option(label="Plan")
        page.get_by_label("Operator").select_option(label="is")
        page.get_by_label("Value").fill("pro")
        table = page.get_by_role("table", name="Contacts")
        expect(table.get_by_text("bob@example.com")).to_have_count(0)
        expect(table.get_by_text("ada@example.com")).to_be_visible()
        page.get_by_label("Name of the segment").fill("Paying")
        page.get_by_role("button", name="Save as new segment").click()
        expect(page.get_by_label("Segment", exact=True)).to_contain_text("Paying")
        table.get_by_role("link", name="ada@example.com").click()
        page.get_by_label("First Name").fill("Ada")
        page.get_by_role("button", name="Save changes").click()
        expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
        page.get_by_role("link", name="Audience", exact=True).first.click()
        page.get_by_role("link", name="Import").click()
        page.get_by_label("File").set_input_files(file)
        expect(page.get_by_label("Property for E-Mail")).to_have_value("email")
        page.get_by_role("button", name="Import", exact=True).click()
        expect(page.get_by_text("done")).to_be_visible()
        page.get_by_role("button", name="Rows").click()
        expect(page.get_by_text("Invalid email address.")).to_be_visible()
        found = {c["email"]: c for c in running.api("GET", "/engine/contacts")["data"]}
    assert found["ada@example.com"]["firstName"] == "Ada"
    assert found["eva@example.com"]["properties"] == {"plan": "pro"}
