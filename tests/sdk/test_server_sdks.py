"""The SDKs that people use on servers, unmodified: what they send arrives as a contact, its lists and an event."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.harness.instance import Running, clean_environment
from tests.harness.standin import KEY, StandIn
from tests.harness.waiting import until

HERE = Path(__file__).parent
SDKS = {
    "rudder-python": [sys.executable, "rudder_python.py"],
    "rudder-node": ["node", "rudder-node.js"],
    "segment-python": [sys.executable, "segment_python.py"],
    "segment-node": ["node", "segment-node.js"],
}


def run(command: list[str], running: Running, list_id: str) -> None:
    environment = clean_environment(GATEWAY=running.gateway, WRITE_KEY=running.write_key, LIST=list_id)
    done = subprocess.run(command, cwd=HERE, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.sdk
@pytest.mark.parametrize("name", SDKS)
def test_ada_signs_up_and_is_a_contact_on_her_list_with_her_event(name: str, running: Running) -> None:
    list_id = running.lists()[0]["id"]
    run(SDKS[name], running, list_id)
    user = f"ada-{name}"

    rows = until(lambda: running.event_log(userId=user), f"the event of {user} in the Event Log")
    contact = running.contact(userId=user)

    assert contact is not None
    assert contact["email"] == f"{user}@example.com"
    assert contact["firstName"] == "Ada"
    assert contact["mailingLists"] == {list_id: True}
    assert [row["eventName"] for row in rows] == ["newUser"]
    assert rows[0]["processed"]["eventProperties"] == {"plan": "Pro Annual", "accountType": "Facebook", "seats": 3}


@pytest.mark.sdk
@pytest.mark.parametrize("name", SDKS)
def test_what_leaves_for_loops_is_one_update_and_one_event(name: str, tmp_path: Path) -> None:
    with Running(tmp_path / "data", "--no-engine") as running, StandIn() as loops:
        running.apply(
            f"version: 1\n"
            f"destinations:\n"
            f"  - {{name: loops, type: loops, settings: {{api_key: '{KEY}', base_url: '{loops.url}',"
            f" fold: never}}}}\n"  # both may wait at once, and would leave together
            f"connections:\n  - {{source: website, destination: loops}}\n"
        )
        run(SDKS[name], running, "cly2xnjqn002z0mmn68uog1wk")
        until(lambda: len(loops.deliveries()) >= 2, "two requests at the stand-in")

    user = f"ada-{name}"
    update, event = loops.deliveries()
    assert (update.method, update.path) == ("PUT", "/api/v1/contacts/update")
    assert update.headers["authorization"] == f"Bearer {KEY}"
    assert update.body == {
        "userId": user,
        "email": f"{user}@example.com",
        "firstName": "Ada",
        "mailingLists": {"cly2xnjqn002z0mmn68uog1wk": True},
    }
    assert (event.method, event.path) == ("POST", "/api/v1/events/send")
    assert len(event.headers["idempotency-key"]) <= 100
    assert event.body["userId"] == user
    assert event.body["eventName"] == "newUser"
    assert event.body["eventProperties"] == {"plan": "Pro Annual", "accountType": "Facebook", "seats": 3}
    assert "mailingLists" not in event.body


@pytest.mark.sdk
def test_the_official_loops_client_works_against_the_engine(running: Running) -> None:
    environment = clean_environment(
        ENGINE=running.engine, ENGINE_KEY=running.engine_key, LIST=running.lists()[0]["id"], PATH=os.environ["PATH"]
    )
    done = subprocess.run(["node", "loops-client.js"], cwd=HERE, env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "well", done.stdout + done.stderr


@pytest.mark.sdk
def test_loops_sdk_from_pypi_works_against_the_engine(running: Running) -> None:
    from loops_sdk import APIError, LoopsClient

    loops = LoopsClient(running.engine_key, api_root=f"{running.engine}/api")
    list_id = running.lists()[0]["id"]
    assert loops.test_api_key()["success"]
    loops.create_contact("edsger@example.com", properties={"firstName": "Edsger"}, mailing_lists={list_id: True})
    with pytest.raises(APIError) as refused:
        loops.create_contact("edsger@example.com")
    assert refused.value.status_code == 409
    loops.update_contact("edsger@example.com", properties={"userId": "e1", "firstName": "Edsger W."})
    assert loops.find_contact(user_id="e1")[0]["firstName"] == "Edsger W."
    event: dict[str, Any] = {
        "email": "edsger@example.com",
        "event_name": "proved",
        "headers": {"Idempotency-Key": "qed"},
    }
    assert loops.send_event(**event)["success"]
    with pytest.raises(APIError) as used:
        loops.send_event(**event)
    assert used.value.status_code == 409
    assert loops.delete_contact(email="edsger@example.com")["success"]
    assert loops.find_contact(email="edsger@example.com") == []


@pytest.mark.sdk
def test_loops_python_unofficial_works_against_the_engine(running: Running) -> None:
    from loops_unofficial.client import APIError, LoopsClient

    loops = LoopsClient(running.engine_key)
    loops.api_root = f"{running.engine}/api/"
    list_id = running.lists()[0]["id"]
    assert loops.test_api_key()["success"]
    assert loops.create_contact("barbara@example.com", {"firstName": "Barbara"}, {list_id: True})["success"]
    with pytest.raises(APIError) as refused:
        loops.create_contact("barbara@example.com")
    assert refused.value.status_code == 409
    loops.create_contact_property("abstraction", "string")
    loops.update_contact("barbara@example.com", {"userId": "b1", "abstraction": "CLU"})
    assert loops.find_contact(user_id="b1")["data"][0]["abstraction"] == "CLU", "it wraps a list that comes bare"
    assert loops.send_event(event_name="substituted", email="barbara@example.com")["success"]
    assert any(entry["id"] == list_id for entry in loops.get_mailing_lists()["data"])
    assert loops.delete_contact(email="barbara@example.com")["success"]
    loops.close()
