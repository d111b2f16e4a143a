"""A client that a tool made from the OpenAPI, and nothing else, does what the pages do."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness.instance import Running

ENDLESS = {"live_stream", "failed_export"}  # a stream, and lines of JSON: read as they come, by any HTTP client


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("client") / "data") as instance:
        yield instance


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, running: Running) -> Iterator[Any]:
    """The package `headrace_client`, as openapi-python-client writes it."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "openapi.json").write_text(json.dumps(running.api("GET", "/openapi.json")))
    tool = Path(sys.executable).with_name("openapi-python-client")
    subprocess.run(
        [tool, "generate", "--path", "openapi.json", "--meta", "none", "--output-path", "headrace_client"],
        cwd=folder, check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    sys.path.insert(0, str(folder))
    yield importlib.import_module("headrace_client")
    sys.path.remove(str(folder))


def test_there_is_a_function_for_whatever_a_page_asks(client: Any, running: Running) -> None:
    """Every operation of the description has one; that pages ask for no other is held by tests/console/test_contract.py."""
    made = {path.stem for path in Path(client.__file__).parent.glob("api/*/*.py")}
    described = running.api("GET", "/openapi.json")["paths"]
    missing = {o["operationId"] for operations in described.values() for o in operations.values()} - made - ENDLESS
    assert missing == set()


@pytest.fixture
def api(client: Any, running: Running) -> Iterator[Any]:
    with client.AuthenticatedClient(base_url=running.console, token=running.token) as connected:
        yield connected


def test_the_pipeline_is_configured_and_looked_at_by_the_generated_client(api: Any, running: Running) -> None:
    def do(room: str, name: str, *where: Any, **how: Any) -> Any:
        function = importlib.import_module(f"headrace_client.api.{room}.{name}")
        return function.sync(*where, client=api, **how)

    models = importlib.import_module("headrace_client.models")
    source = do("sources", "sources_new_source", body=models.NewSource(name="app", type_="node"))
    made = models.NewDestination.from_dict(
        {"name": "again", "type": "loops", "settings": {"base_url": "builtin"}, "source_ids": [source.id]}
    )
    destination = do("destinations", "destinations_new_destination", body=made)
    assert destination.health.state == "running"
    assert running.send("/v1/track", {"userId": "ada", "event": "newUser"}, key=source.write_key) == (200, "ok")
    identified = {"userId": "ada", "traits": {"email": "ada@example.com"}}
    assert running.send("/v1/identify", identified, key=source.write_key) == (200, "ok")
    running.settle(2)

    (failed,) = do("deliveries", "deliveries_deliveries", state=[models.State.DEAD]).data
    story = do("deliveries", "deliveries_story", failed.position, destination.id)
    assert "Call identify with an email before track" in story.delivery.reason
    job = do("replays", "replays_start", body=models.Start.from_dict({"destination_id": destination.id, "yes": True}))
    assert job.total == 1
    running.settle(2)
    assert do("people", "people_timeline", person="ada").identifiers[1].value == "ada@example.com"
    preview = models.Candidate.from_dict({"settings": {"base_url": "builtin", "identify": False}})
    assert [row.changed for row in do("destinations", "shaping_preview", destination.id, body=preview).data] == [True, False]
    off = models.ChangedDestination(enabled=False)
    assert do("destinations", "destinations_change", destination.id, body=off).health.state == "disabled"
    assert do("workspace", "workspace_file_changes").data[0].what.startswith("destination again")
