"""`headrace check` and the page's API for it, against Loops (built-in) in a whole instance."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.instance import Running
from tests.harness.waiting import until
from tests.system.calls import identify, track


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with Running(tmp_path / "data") as instance:
        instance.apply("version: 1\ndestinations:\n  - {name: loops, settings: {base_url: builtin, rate: 0}}\n")
        yield instance


def test_ada_sees_the_misspelt_event_and_the_property_that_loops_would_drop(running: Running) -> None:
    identify(running, "ada", colour="red")
    track(running, "ada", "newUser", plan="Pro")
    running.settle(2)
    identifier = running.api("GET", "/destinations")["data"][0]["id"]
    report = json.loads(running.cli("check", "--destination", "loops", "--json").stdout)
    assert report["ok"], report
    events = {row["name"]: row for row in report["events"]}
    assert events["newUser"]["defined"]
    assert events["newUser"]["properties"] == [{"name": "plan", "type_seen": "string", "type_defined": "string"}]
    contact = {row["name"]: row for row in report["contactProperties"]}
    assert (contact["colour"]["defined"], contact["colour"]["type"]) == (False, "string")
    assert report["lists"][0]["name"] == "Product updates"
    assert running.api("GET", f"/destinations/{identifier}/check") == report

    track(running, "ada", "NewUser")
    identify(running, "bob", colour="blue")
    running.settle(4)
    warnings = [w for row in running.events() for f in row["fates"] for w in f["warnings"]]
    assert "`NewUser` is not defined in Loops; did you mean `newUser`?" in warnings
    assert any(w.startswith("`colour`: Loops has no such contact property") for w in warnings)

    made = running.api("POST", f"/destinations/{identifier}/check/properties", {"name": "colour", "type": "string"})
    assert made["ok"], made
    contact = {r["name"]: r for r in running.api("GET", f"/destinations/{identifier}/check")["contactProperties"]}
    assert contact["colour"]["defined"]
    identify(running, "eve", colour="green")
    running.settle(5)
    assert running.events()[0]["fates"][0]["warnings"] == []


def test_it_is_checked_by_itself_once_events_flow_and_a_webhook_has_nothing_to_check(running: Running) -> None:
    identifier = running.api("GET", "/destinations")["data"][0]["id"]
    identify(running, "ada")
    running.settle(1)
    until(lambda: running.api("GET", f"/destinations/{identifier}/check")["ok"], "the first check")
    running.apply("version: 1\ndestinations:\n  - {name: hook, type: webhook, settings: {url: 'http://127.0.0.1:9/'}}\n")
    hook = next(d["id"] for d in running.api("GET", "/destinations")["data"] if d["name"] == "hook")
    found = running.api("POST", f"/destinations/{hook}/check")
    assert (found["ok"], found["at"]) == (True, None)
    assert "nothing to check" in found["problem"]
