"""The console behind a reverse proxy, under a path: every page finds its parts there, those that come later too."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from headrace.console.app import STATIC
from tests.console.house import House

built = pytest.mark.skipif(not (STATIC / "index.html").is_file(), reason="the pages are not built: make frontend")


@built
@pytest.mark.parametrize("path", ["", "/destinations/x/mapping"])
def test_a_page_deep_inside_asks_for_its_script_under_the_path(tmp_path: Path, path: str) -> None:
    house = House(tmp_path, url="https://tools.example.com/headrace")
    try:
        text = house.client().get(f"/headrace{path}").text
        found = re.findall(r'(?:src|href)="([^"]+)"', text)
        assert found
        assert all(address.startswith("/headrace/assets/") for address in found)
        assert 'content="/headrace/"' in text
        assert house.client().get(found[0]).status_code == 200
    finally:
        house.close()


@built
def test_nothing_that_is_built_names_an_address_at_the_root() -> None:
    """What is loaded later is looked for beside what asks for it."""
    for part in (STATIC / "assets").iterdir():
        if part.suffix in (".js", ".css"):
            assert not re.search(r"""["'(]/assets/""", part.read_text()), part.name
