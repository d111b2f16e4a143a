"""Emails where they are read: nothing is wider than a small phone, every word is told from its ground, light and dark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.harness.browser import chromium, needs_chromium
from tests.walk import letters

pytestmark = [pytest.mark.browser, needs_chromium]
# of every word that is shown: [contrast with the first ground below it, the words]
CONTRASTS = """
() => {
  const parts = (text) => text.match(/[\\d.]+/g).map(Number);
  const linear = (v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => [r, g, b].map((v) => linear(v / 255))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const [r, g, b, alpha = 1] = parts(getComputedStyle(at).backgroundColor);
      if (alpha > 0.5) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const found = [];
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const text = words.currentNode.data.trim(), holder = words.currentNode.parentElement;
    if (!text || text === "\\u00a0" || getComputedStyle(holder).opacity === "0" || !holder.getClientRects().length) continue;
    const [a, b] = [light(parts(getComputedStyle(holder).color)), light(ground(holder))];
    found.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), text.slice(0, 40)]);
  }
  return found;
}
"""
LEAST = 4.5  # WCAG's AA
OF_ITS_AUTHOR = ("now", "a link of one", "Words of a colour of their own")  # colours that the letter chose itself
LEAST_OF_THOSE = 3.9


@pytest.fixture(scope="module")
def browser() -> Any:
    with chromium() as browser:
        yield browser


def test_no_letter_is_wider_than_its_screen(browser: Browser, tmp_path: Path) -> None:
    assert letters.take(browser, tmp_path) == []


@pytest.mark.parametrize("scheme", letters.SCHEMES)
def test_every_word_can_be_read(browser: Browser, scheme: Any) -> None:
    page = browser.new_context(color_scheme=scheme).new_page()
    page.context.route("**/*", letters.picture)
    faint = []
    for name, html in letters.letters().items():
        page.set_content(html)
        found = page.evaluate(CONTRASTS)
        assert len(found) > 5, name
        for contrast, text in found:
            if contrast < (LEAST_OF_THOSE if text in OF_ITS_AUTHOR else LEAST):
                faint.append(f"{name}, {text}: {contrast:.1f}")
    assert not faint, "\n".join(faint)
