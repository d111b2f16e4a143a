"""`make screenshots`: every page and mail, light and dark, wide and phone, into screenshots/. `--docs` renews the docs'."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.harness.browser import chromium
from tests.harness.instance import ROOT, Running
from tests.walk import letters
from tests.walk.test_walk import log_in
from tests.walk.traffic import fill, pages

OUT = ROOT / "screenshots"
PICTURES = ROOT / "docs/pictures"
# of a page → its name in the docs
DOCS = {name: name for name in ("delivery", "live", "overview", "try", "check")} | {"source-setup": "setup"}
SIZES = {"wide": (1280, 860), "phone": (390, 844)}


def enliven(name: str, page: Page, running: Running) -> None:
    """What a page shows only while something happens."""
    if name in ("live", "destination-live"):
        expect(page.get_by_text("Listening …")).to_be_visible()
        before = running.status()["log"]["accepted"]
        for user in ("grace", "alan"):
            running.send("/v1/identify", {"userId": user, "traits": {"email": f"{user}@example.com", "plan": "pro"}})
            running.send("/v1/track", {"userId": user, "event": "newUser", "properties": {"plan": "Pro Annual"}})
        running.send("/v1/track", {"userId": "stranger", "event": "purchase", "properties": {"amount": 30}})
        running.send("/v1/track", {"userId": "ada", "event": "newUser"}, key="wrong")
        running.settle(before + 5)
        expect(page.get_by_role("table", name="Live events").get_by_text("purchase").first).to_be_visible(timeout=20_000)
    if name == "try":
        page.get_by_role("button", name="Run").click()
        expect(page.get_by_role("region", name="In Loops (built-in)")).to_be_visible(timeout=20_000)


def take(browser: Browser, running: Running, docs: dict[str, str]) -> None:
    OUT.mkdir(exist_ok=True)
    first = browser.new_context()
    log_in(first.new_page(), running)
    state = first.storage_state()
    addresses = pages(running)
    for theme in ("light", "dark"):
        for size, (width, height) in SIZES.items():
            look = {"width": width, "height": height}
            context = browser.new_context(color_scheme=theme, viewport=look, storage_state=state)  # type: ignore[arg-type]
            page = context.new_page()
            for name, path in addresses.items():
                page.goto(running.console + path)
                page.locator("main h1").first.wait_for()
                expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=20_000)
                enliven(name, page, running)
                page.screenshot(path=OUT / f"{name}-{theme}-{size}.png", full_page=True)
                if (theme, size) == ("light", "wide") and name in docs:
                    page.screenshot(path=PICTURES / f"{docs[name]}.png")
            context.close()
    print(f"{len(list(OUT.glob('*.png')))} pictures in {OUT}")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Running(Path(folder) / "data") as running, chromium() as browser:
        fill(running)
        take(browser, running, DOCS if "--docs" in sys.argv else {})
        letters.take(browser)


if __name__ == "__main__":
    main()
