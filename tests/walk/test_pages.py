"""Every page, opened with real traffic in a real browser: no console error, no dead link, nothing that axe finds serious."""

from __future__ import annotations

import gzip
import re
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.harness.browser import chromium, needs_chromium
from tests.harness.instance import ROOT, Running
from tests.walk.dialogs import DIALOGS, Way, archive
from tests.walk.test_walk import log_in
from tests.walk.traffic import fill, pages

pytestmark = [pytest.mark.browser, needs_chromium, pytest.mark.slow]
AXE = ROOT / "frontend/node_modules/axe-core/axe.min.js"
FIRST_LOAD = 150 * 1000  # bytes
AUDIT = """async where => (await axe.run(where, {resultTypes: ['violations']})).violations
  .filter(v => ['serious', 'critical'].includes(v.impact))
  .map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 140)).join(' | '))"""
# where the focus is: inside the dialog, with the browser's own bars (nowhere on the page), or behind the dialog
HELD = "() => !document.hasFocus() || document.activeElement === document.body || !!document.activeElement.closest('dialog')"
WEIGHT = """() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
  .filter(e => !/\\/api\\//.test(e.name)).reduce((sum, e) => sum + e.encodedBodySize, 0)"""
# what Tab should reach: of radio buttons with one name only one
CONTROLS = """() => {
  const kinds = ['a[href]', 'button', 'input', 'select', 'textarea', 'summary', 'tr.row'].map(kind => `main ${kind}`);
  const open = [...document.querySelectorAll(kinds.join(','))]
    .filter(e => !e.matches(':disabled') && e.checkVisibility() && (e.type !== 'radio' || e.checked));
  open.forEach(e => e.setAttribute('data-control', ''));
  return open.length;
}"""
SHOWN = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  if (at.matches('[data-control]')) at.setAttribute('data-reached', '');
  if (at.shadowRoot || at.matches('iframe')) return 'inside';
  const look = getComputedStyle(at.matches('tr') ? at.firstElementChild : at);
  const seen = look.outlineStyle !== 'none' || look.boxShadow !== 'none';
  return (seen ? '' : 'unseen ') + at.outerHTML.slice(0, 120);
}"""
MISSED = "() => [...document.querySelectorAll('[data-control]:not([data-reached])')].map(e => e.outerHTML.slice(0, 120))"
LINKS = "() => [...document.querySelectorAll('main a[href^=\"/\"]')].map(a => a.getAttribute('href'))"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("pages") / "data") as instance:
        fill(instance)
        yield instance


@pytest.fixture(scope="module")
def context(running: Running) -> Iterator[BrowserContext]:
    """Logged in as the owner."""
    with chromium() as browser:
        logged_in = browser.new_context(viewport={"width": 1280, "height": 860})
        first = logged_in.new_page()
        log_in(first, running)
        first.close()
        yield logged_in


def visit(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("main h1").first.wait_for()
    expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=20_000)


def audited(page: Page, name: str, found: dict[str, Any], where: str = "body") -> None:
    """Light and dark, as it stands."""
    page.evaluate(AXE.read_text())
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        if serious := page.evaluate(AUDIT, where):
            found[f"{name} {theme}"] = serious


def test_every_page_opens_without_an_error_and_axe_finds_nothing_serious(context: BrowserContext, running: Running) -> None:
    complaints: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda m: complaints.append(f"{page.url}: {m.text}") if m.type == "error" else None)
    page.on("response", lambda r: complaints.append(f"{r.status} {r.url}") if r.status >= 400 else None)
    found: dict[str, Any] = {}
    for name, path in pages(running).items():
        visit(page, running.console + path)
        audited(page, name, found)
    page.close()
    assert complaints == []
    assert found == {}


def test_every_dialog_holds_the_focus_gives_it_back_and_axe_finds_nothing_serious(
    context: BrowserContext, running: Running
) -> None:
    """Ada has no mouse: Enter opens each, Tab goes round in it, Escape leaves everything as it was."""
    page = context.new_page()
    addresses = pages(running) | {"archive": archive(running)}
    found: dict[str, Any] = {}
    for way in DIALOGS:
        visit(page, running.console + addresses[way.page])
        tried(page, way, found)
    page.close()
    assert found == {}


def tried(page: Page, way: Way, found: dict[str, Any]) -> None:
    way.before(page)
    opener = way.opener(page)
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name=way.title, exact=True) if way.title else page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=20_000)
    audited(page, f"{way.page}: {way.title}", found, "dialog[open]")
    assert page.evaluate("() => !!document.activeElement.closest('dialog')"), f"{way.title} does not take the focus"
    for _ in range(dialog.locator("button, input, select, textarea, a, [tabindex='0']").count() + 2):
        page.keyboard.press("Tab")
        assert page.evaluate(HELD), f"Tab leaves {way.title}"
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(opener, f"{way.title} gives the focus back").to_be_focused()


def test_no_link_leads_nowhere(context: BrowserContext, running: Running) -> None:
    """Ada follows every link that a page of ours shows, and theirs."""
    page = context.new_page()
    queue, seen = list(pages(running).values()), set()
    while queue:
        path = queue.pop(0)
        if path in seen:
            continue
        seen.add(path)
        visit(page, running.console + path)
        assert page.get_by_text("There is no such page").count() == 0, path
        assert page.get_by_role("alert").count() == 0, f"{path}: {page.get_by_role('alert').first.inner_text()}"
        if len(seen) > 60:
            break
        hrefs: list[str] = page.evaluate(LINKS)
        queue += [h for h in hrefs if not h.startswith("/api/") and shape(h) not in {shape(s) for s in seen | set(queue)}]
    page.close()
    assert len(seen) >= len(pages(running))


def shape(path: str) -> str:
    """The address without its ids: one delivery stands for all."""
    return re.sub(r"/[a-z0-9_%.@-]*\d[a-z0-9_%.@-]*", "/*", urlsplit(path).path, flags=re.IGNORECASE)


def test_a_phone_gets_a_drawer_and_no_page_is_wider_than_the_screen(context: BrowserContext, running: Running) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    for name, path in pages(running).items():
        visit(page, running.console + path)
        wide = page.evaluate("() => document.documentElement.scrollWidth")
        assert wide <= 390, f"{name} is {wide} wide"
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("dialog", name="Menu").get_by_role("link", name="Failed events").click()
    expect(page.get_by_role("heading", name="Failed events")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.close()


def test_the_keyboard_alone_finds_a_failed_event_and_opens_its_story(context: BrowserContext, running: Running) -> None:
    page = context.new_page()
    visit(page, f"{running.console}/failed")
    page.keyboard.press("/")
    expect(page.get_by_label("Search failed events")).to_be_focused()
    page.keyboard.type("purchase")
    expect(page.get_by_role("table", name="Deliveries").get_by_role("row")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=re.compile("^purchase"))).to_be_visible()
    visit(page, f"{running.console}/sources")
    page.get_by_role("button", name="New source").click()
    expect(page.get_by_role("dialog", name="New source")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="New source")).to_have_count(0)
    page.close()


def test_arrows_walk_every_kind_of_list(context: BrowserContext, running: Running) -> None:
    page = context.new_page()
    visit(page, f"{running.console}/destinations/new")  # its search has the focus already
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("main a.card").nth(1)).to_be_focused()
    visit(page, f"{running.console}/loops/audience")
    for key in ("/", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp"):
        page.keyboard.press(key)
    expect(page.locator("main tr.row").nth(1)).to_be_focused()
    visit(page, f"{running.console}/loops/inbox")
    page.keyboard.press("/")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="A test from Headrace")).to_be_visible()
    page.close()


def test_tab_reaches_every_control_and_shows_where_it_is(context: BrowserContext, running: Running) -> None:
    """From the top of each page to its end and out again; nothing holds the focus, nothing is passed over."""
    page = context.new_page()
    lost: dict[str, Any] = {}
    for name, path in pages(running).items():
        visit(page, running.console + path)
        page.evaluate("() => { document.activeElement?.blur(); scrollTo(0, 0); }")
        wanted, shown = page.evaluate(CONTROLS), []
        for _ in range(wanted + 40):  # the side bar comes first
            page.keyboard.press("Tab")
            shown.append(page.evaluate(SHOWN))
            if shown[-1] is None and len(shown) > wanted:
                break
        blind = [s for s in shown if s and s.startswith("unseen")]
        reached = page.evaluate("() => document.querySelectorAll('[data-reached]').length")
        if blind or reached < wanted:
            lost[name] = (reached, wanted, blind[:3], page.evaluate(MISSED))
    page.close()
    assert lost == {}


def test_a_page_left_open_over_a_restart_goes_on_by_itself(context: BrowserContext, running: Running) -> None:
    page = context.new_page()
    source = running.api("GET", "/sources")["data"][0]["id"]
    visit(page, f"{running.console}/sources/{source}/live")
    expect(page.get_by_text("Listening …")).to_be_visible()
    other = context.new_page()
    visit(other, f"{running.console}/destinations")
    running.stop()
    expect(other.get_by_text("Headrace does not answer")).to_be_visible(timeout=20_000)
    running.start()
    expect(other.get_by_text("Headrace does not answer")).to_have_count(0, timeout=30_000)
    expect(page.get_by_text("Listening …")).to_be_visible(timeout=20_000)
    running.send("/v1/track", {"userId": "ada", "event": "afterRestart"})
    expect(page.get_by_role("table", name="Live events").get_by_text("afterRestart")).to_be_visible(timeout=20_000)
    page.close()
    other.close()


def weight(page: Page, address: str) -> int:
    """Bytes over the wire until the page stands, charts and all; without the API's answers."""
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.get_by_role("heading").first.wait_for()
    found: int = page.evaluate(WEIGHT)
    return found


def test_the_first_load_stays_small(context: BrowserContext, running: Running) -> None:
    """What a browser fetches with nothing in its cache: script, styles, font."""
    browser = context.browser
    assert browser is not None
    newcomer = browser.new_context()
    sizes = {"log in": weight(newcomer.new_page(), f"{running.console}/login")}
    newcomer.close()
    known = browser.new_context(storage_state=context.storage_state())
    page = known.new_page()
    sizes["overview"] = weight(page, running.console)
    known.close()
    assert max(sizes.values()) <= FIRST_LOAD, sizes


def test_what_a_shop_loads_is_packed(running: Running) -> None:
    def get(encoding: str) -> tuple[bytes, str | None]:
        request = urllib.request.Request(f"{running.gateway}/sdk/rudder.js", headers={"Accept-Encoding": encoding})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.read(), answer.headers["Content-Encoding"]

    (plain, none), (packed, how) = get("identity"), get("gzip, br")
    assert (none, how) == (None, "gzip")
    assert gzip.decompress(packed) == plain
    assert len(packed) < len(plain) / 2
