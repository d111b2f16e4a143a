"""What is asked before a destination is saved, over the API and at the terminal."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.harness.instance import Running
from tests.harness.standin import KEY, Answer, Seen, StandIn, usual
from tests.harness.waiting import until
from tests.system.calls import identify


def ask(running: Running, method: str, path: str, body: Any) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {running.token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{running.console}/api/v1{path}", json.dumps(body).encode(), headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def wait_with(running: Running, loops: StandIn, *users: str) -> str:
    """The destination's id, once so many wait for it and it is paused."""
    loops.decide = lambda seen: (500, {})
    identifier = str(running.api("GET", "/destinations")["data"][0]["id"])
    running.api("POST", f"/destinations/{identifier}/pause")
    for user in users:
        identify(running, user)
    until(lambda: running.status()["deliveries"]["waiting"] == len(users), "them to wait")
    return identifier


def test_moving_a_destination_with_a_queue_asks_and_send_sends_it_all(running: Running, loops: StandIn) -> None:
    identifier = wait_with(running, loops, "ada", "bob")
    with StandIn() as other:
        move = {"settings": {"base_url": other.url}}
        status, problem = ask(running, "PATCH", f"/destinations/{identifier}", move)
        assert status == 409
        assert (problem["question"], problem["waiting"]) == ("waiting", 2)
        assert running.api("GET", f"/destinations/{identifier}")["settings"]["base_url"] == loops.url, "nothing was saved"
        assert ask(running, "PATCH", f"/destinations/{identifier}", move | {"waiting": "perhaps"})[0] == 422
        assert ask(running, "PATCH", f"/destinations/{identifier}", move | {"waiting": "send"})[0] == 200
        running.cli("resume", "--destination", "loops")
        running.settle(2)
        assert {s.body["userId"] for s in other.deliveries()} == {"ada", "bob"}


def test_what_is_not_to_be_sent_is_a_failed_event_with_a_code_of_its_own_and_what_comes_later_is_sent(
    running: Running, loops: StandIn
) -> None:
    wait_with(running, loops, "ada", "bob")
    with StandIn() as other:
        text = (
            "version: 1\ndestinations:\n"
            f"  - {{name: loops, type: loops, settings: {{api_key: '{KEY}', base_url: '{other.url}'}}}}\n"
        )
        refused = running.cli("apply", "-", text=text, check=False)
        assert refused.returncode == 1
        assert "2 events wait for it" in refused.stderr
        assert "--waiting" in refused.stderr
        running.apply(text, "--waiting", "drop")
        running.cli("resume", "--destination", "loops")
        identify(running, "eve")
        running.settle(3)
        assert [s.body["userId"] for s in other.deliveries()] == ["eve"]
        codes = {row["userId"]: row["fates"][0]["code"] for row in running.events()}
        assert codes == {"ada": "left_out", "bob": "left_out", "eve": "delivered"}
        assert running.audit()["differences"] == []
        assert running.apply(text).strip() == "Nothing to change."


def test_those_since_a_time_are_sent(running: Running, loops: StandIn) -> None:
    identifier = wait_with(running, loops, "ada")
    since = running.events()[0]["receivedAt"]
    with StandIn() as other:
        move = {"settings": {"base_url": other.url}, "waiting": f"since:{since}"}
        assert ask(running, "PATCH", f"/destinations/{identifier}", move)[0] == 200
        running.cli("resume", "--destination", "loops")
        running.settle(1)
        assert [s.body["userId"] for s in other.deliveries()] == ["ada"]


def test_the_file_is_asked_the_same_while_nothing_runs(running: Running, loops: StandIn) -> None:
    wait_with(running, loops, "ada")
    running.stop()
    text = (
        "version: 1\ndestinations:\n"
        f"  - {{name: loops, type: loops, settings: {{api_key: '{KEY}', base_url: 'http://127.0.0.1:9/api'}}}}\n"
    )
    assert running.cli("apply", "-", text=text, check=False).returncode == 1
    running.apply(text, "--waiting", "drop")
    assert json.loads(running.cli("status", "--json").stdout)["deliveries"]["dead"] == 1


def test_a_second_destination_to_the_same_team_from_the_same_source_wants_to_be_meant(
    running: Running, loops: StandIn
) -> None:
    loops.decide = usual
    identify(running, "ada")
    running.settle(1)
    source = running.status()["sources"][0]["id"]
    second = {"name": "again", "type": "loops", "settings": {"api_key": KEY, "base_url": loops.url}, "source_ids": [source]}
    status, problem = ask(running, "POST", "/destinations", second)
    assert (status, problem["question"], problem["others"]) == (409, "twice", {"loops": ["website"]})
    assert len(running.status()["destinations"]) == 1
    assert ask(running, "POST", "/destinations", second | {"source_ids": []})[0] == 200, "nothing arrives over it"
    identifier = running.api("GET", "/destinations")["data"][1]["id"]
    pair = {"source_id": source, "destination_id": identifier}
    assert ask(running, "POST", "/connections", pair)[0] == 409
    assert ask(running, "POST", "/connections", pair | {"twice": True})[0] == 200
    identify(running, "bob")
    running.settle(2)
    assert len([s for s in loops.deliveries() if s.body["userId"] == "bob"]) == 2


def test_another_key_of_the_same_team_is_found_out_by_one_request(running: Running, loops: StandIn) -> None:
    other_key = "f" * 32

    def of_one_team(seen: Seen) -> Answer:
        return usual(seen._replace(headers={**seen.headers, "authorization": f"Bearer {KEY}"}))

    loops.decide = of_one_team
    identify(running, "ada")
    running.settle(1)
    second = {"name": "again", "type": "loops", "settings": {"api_key": other_key, "base_url": loops.url}}
    source = running.status()["sources"][0]["id"]
    assert ask(running, "POST", "/destinations", second | {"source_ids": [source]})[1]["question"] == "twice"
    assert [s.path for s in loops.seen if other_key in s.headers["authorization"]] == ["/api/v1/api-key"]


def test_the_built_in_engine_is_known_by_its_address_too(tmp_path: Path) -> None:
    with Running(tmp_path / "data") as running:
        source = running.status()["sources"][0]["id"]
        for address in (f"{running.engine}/api", f"{running.engine}/api/".replace("127.0.0.1", "localhost")):
            settings = {"api_key": running.engine_key, "base_url": address}
            second = {"name": "again", "type": "loops", "settings": settings, "source_ids": [source]}
            status, problem = ask(running, "POST", "/destinations", second)
            assert (status, problem["question"]) == (409, "twice"), address
        moved = {"settings": settings}  # to where it is already: nobody has to be asked
        identify(running, "ada")
        running.settle(1)
        first = running.api("GET", "/destinations")["data"][0]["id"]
        assert ask(running, "PATCH", f"/destinations/{first}", moved)[0] == 200
