"""An instance for one test, and a page on which its owner is logged in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.harness.browser import chromium
from tests.harness.instance import Running
from tests.walk.test_walk import log_in


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with Running(tmp_path / "data") as instance:
        yield instance


@pytest.fixture
def page(running: Running) -> Iterator[Page]:
    with chromium() as browser:
        opened = browser.new_context().new_page()
        log_in(opened, running)
        yield opened
