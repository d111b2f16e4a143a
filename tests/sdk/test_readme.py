"""The README's first event, pasted as it stands: only the key and the address are filled in."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.harness.browser import chromium, needs_chromium, website
from tests.harness.instance import ROOT, Running, clean_environment
from tests.harness.waiting import until
from tests.sdk.conftest import NODE_MODULES

pytestmark = pytest.mark.sdk


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """Everybody is `user-1` there, so everybody has an instance of their own."""
    with Running(tmp_path / "data") as instance:
        yield instance


def pasted(language: str, running: Running) -> str:
    """The first block of that language after the heading."""
    text = (ROOT / "README.md").read_text().partition("## The first event")[2].partition("\n## ")[0]
    found = re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)
    assert found is not None, f"the README has no {language} example"
    assert "WRITE_KEY" in found[1]
    return found[1].replace("WRITE_KEY", running.write_key).replace("http://127.0.0.1:8080", running.gateway)


def run(command: list[str], **environment: str) -> None:
    done = subprocess.run(command, env=clean_environment(**environment), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def arrived(running: Running, event: bool = True) -> None:
    contact = until(lambda: running.contact(userId="user-1"), "the contact")
    assert (contact["email"], contact["firstName"]) == ("test@test.com", "Adrian")
    if event:
        (row,) = until(lambda: running.event_log(userId="user-1"), "the event")
        assert (row["eventName"], row["processed"]["eventProperties"]) == ("newUser", {"plan": "Pro Annual"})


def with_curl(text: str, folder: Path) -> None:
    run(["bash", "-ec", text])


def with_python(text: str, folder: Path) -> None:
    run([sys.executable, "-c", text])


def with_node(text: str, folder: Path) -> None:
    (folder / "first.js").write_text(text)
    run(["node", str(folder / "first.js")], NODE_PATH=str(NODE_MODULES), PATH=os.environ["PATH"])


@pytest.mark.parametrize(("language", "way"), [("sh", with_curl), ("python", with_python), ("js", with_node)])
def test_ada_pastes_the_first_event_into_a_terminal(
    language: str, way: Callable[[str, Path], None], running: Running, tmp_path: Path
) -> None:
    way(pasted(language, running), tmp_path)
    arrived(running, event=language != "sh")


@pytest.mark.browser
@needs_chromium
def test_ada_pastes_the_first_event_into_a_page(running: Running, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "index.html").write_text("<!doctype html><title>A shop</title>" + pasted("html", running))
    with website(shop) as address, chromium() as browser:
        page = browser.new_page()
        page.goto(f"{address}/index.html")
        arrived(running)
