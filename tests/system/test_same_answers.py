"""What Ada asks in a terminal she is told alike, whether Headrace runs or has stopped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.harness.instance import Running

COMMANDS = ("status", "audit", "events", "events --rejected")
ADA = {"userId": "ada", "messageId": "m1", "traits": {"email": "ada@example.com"}}


def shape(value: Any) -> Any:
    """The names in it, at every depth."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    return [shape(inner) for inner in value] if isinstance(value, list) else None


def asked(running: Running) -> dict[str, Any]:
    told = {}
    for command in COMMANDS:
        text = running.cli(*command.split(), "--json").stdout
        told[command] = [json.loads(line) for line in text.splitlines()] if "events" in command else json.loads(text)
    return told


def test_ada_is_told_as_much_of_a_running_instance_as_of_a_stopped_one(tmp_path: Path) -> None:
    with Running(tmp_path / "data") as running:
        assert running.send("/v1/identify", ADA) == (200, "ok")
        assert running.send("/v1/identify", {"traits": {}})[0] == 400
        running.settle(1)
        for command in COMMANDS:
            running.cli(*command.split())  # as a table, too
        while_it_ran = asked(running)
        running.stop()
        afterwards = asked(running)
    assert {c: shape(told) for c, told in while_it_ran.items()} == {c: shape(told) for c, told in afterwards.items()}
    assert while_it_ran["events"] == afterwards["events"]
    assert [row["status"] for row in afterwards["events --rejected"]] == [400]
