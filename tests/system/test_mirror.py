"""`headrace engine mirror`: what one engine defines is defined in another, over the command line."""

from __future__ import annotations

from pathlib import Path

from tests.harness.instance import Running


def test_an_accounts_lists_properties_and_events_are_here_after_one_command(tmp_path: Path) -> None:
    with Running(tmp_path / "there") as there, Running(tmp_path / "here") as here:
        there.api("POST", "/engine/properties", {"name": "plan", "type": "string"})
        there.api("POST", "/engine/event-definitions", {"name": "paid", "properties": [{"name": "at", "type": "date"}]})
        words = ("engine", "mirror", "--api-key", there.engine_key, "--base-url", f"{there.engine}/api")
        assert "Contact property plan (string) made." in here.cli(*words).stdout
        assert "nothing to change" in here.cli(*words).stdout
        assert {entry["id"] for entry in there.lists()} <= {entry["id"] for entry in here.lists()}
        assert here.api("GET", "/engine/event-definitions")["data"][0]["properties"] == [{"name": "at", "type": "date"}]
        wrong = here.cli("engine", "mirror", "--api-key", "0" * 32, "--base-url", f"{there.engine}/api", check=False)
        assert (wrong.returncode != 0, "Invalid API key" in wrong.stdout + wrong.stderr) == (True, True)
