"""A person is forgotten: here, in every file, at every destination; and is not collected again until that is lifted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness.instance import Running
from tests.harness.standin import KEY, Answer, Seen, StandIn, usual
from tests.harness.waiting import until

ADA = "ada.lovelace@example.com"
USER = "user-of-ada-lovelace"


@pytest.fixture
def loops() -> Iterator[StandIn]:
    with StandIn() as standin:
        yield standin


@pytest.fixture
def running(tmp_path: Path, loops: StandIn) -> Iterator[Running]:
    """Loops (built-in) and a stand-in beside it."""
    with Running(tmp_path / "data") as instance:
        instance.apply(
            "version: 1\n"
            "destinations:\n"
            f"  - {{name: other, type: loops, settings: {{api_key: '{KEY}', base_url: '{loops.url}', fold: never,"
            " retry: {first: 0.1, most: 0.5}}}\n"
            "connections:\n  - {source: website, destination: other}\n"
        )
        yield instance


def say(running: Running, path: str, **call: Any) -> None:
    assert running.send(path, call) == (200, "ok")


def lives(running: Running) -> None:
    """Ada and Bob do what people do."""
    say(running, "/v1/identify", userId=USER, anonymousId="browser-1", traits={"email": ADA, "plan": "pro"})
    say(running, "/v1/track", userId=USER, event="bought", properties={"amount": 3})
    say(running, "/v1/track", anonymousId="browser-1", event="opened", properties={"email": ADA})
    say(running, "/v1/identify", userId="bob", traits={"email": "bob@example.com"})
    say(running, "/v1/track", userId="bob", event="bought", properties={})
    assert (
        running.send("/v1/identify", b'{"userId":"' + USER.encode() + b'","traits":{"email":"' + ADA.encode() + b'"')[0]
        == 400
    )


def files_with(data: Path, text: str) -> list[str]:
    found = []
    for path in data.rglob("*"):
        if path.is_file() and text.encode() in path.read_bytes():
            found.append(str(path.relative_to(data)))
    return found


def restart(running: Running) -> None:
    worker = running.pids()["worker"]
    running.kill("worker")
    until(lambda: running.pids()["worker"] != worker, "a new worker")


def done(running: Running) -> Any:
    records = running.api("GET", "/forgotten")["data"]
    return records if records and all(r["state"] == "done" for r in records) else None


def deleted(loops: StandIn) -> list[Any]:
    return [s.body for s in loops.seen if s.path.endswith("/contacts/delete")]


def test_ada_is_forgotten_everywhere_and_bob_is_not(running: Running, loops: StandIn) -> None:
    lives(running)
    running.settle(5)
    assert running.contact(email=ADA) is not None
    assert files_with(running.data, ADA)

    seen = running.cli("forget", "--email", ADA, "--dry-run").stdout
    assert f"3 events name {ADA}, {USER}." in seen
    assert f"other will be asked to delete {ADA}, {USER}." in seen
    assert deleted(loops) == []
    running.cli("forget", "--email", ADA, "--yes")
    (record,) = until(lambda: done(running), f"Ada to be forgotten; {running.api('GET', '/forgotten')}", 60)

    assert {tuple(body.items()) for body in deleted(loops)} == {(("email", ADA),), (("userId", USER),)}
    assert len(deleted(loops)) == 2
    assert running.contact(email=ADA) is None
    assert running.contact(email="bob@example.com") is not None
    assert record["events"] == 3
    assert {row["state"] for row in record["asked"]} == {"delivered"}
    assert [row["userId"] for row in running.events("--person", "bob")] == ["bob", "bob"]
    assert running.events("--person", USER) == []
    assert running.audit()["differences"] == []

    # not collected again, whichever way she is named
    say(running, "/v1/identify", userId=USER, traits={"plan": "free"})
    say(running, "/v1/identify", anonymousId="other-browser", context={"traits": {"email": ADA.upper()}})
    before = len(loops.seen)
    status = running.settle(7)
    assert status["log"]["accepted"] == 7
    assert [row["fates"][0]["state"] for row in running.events()[:2]] == ["forgotten", "forgotten"]
    assert len(loops.seen) == before
    assert running.audit()["differences"] == []
    assert files_with(running.data, ADA) == []
    assert files_with(running.data, USER) == []
    running.stop()
    assert files_with(running.data, ADA) == []
    assert files_with(running.data, USER) == []
    running.start()
    assert "All files are well" in running.cli("doctor").stdout

    running.cli("forget", "--lift", "--email", ADA)
    running.cli("forget", "--lift", "--user-id", USER, check=False)
    say(running, "/v1/identify", userId=USER, traits={"email": ADA})
    running.settle(8)
    assert running.contact(email=ADA) is not None


def test_what_waits_of_her_ends_and_a_killed_worker_goes_on_forgetting(running: Running, loops: StandIn) -> None:
    refused: list[str] = []

    def decide(seen: Seen) -> Answer:
        if seen.path.endswith("/contacts/delete") and len(refused) < 3:
            refused.append(seen.path)
            return 500, {}
        changes = seen.path.endswith(("/contacts/update", "/events/send"))
        return (422, {"success": False}) if changes and seen.body.get("userId") == USER else usual(seen)

    loops.decide = decide
    lives(running)
    running.settle(5)
    dead = running.status()["deliveries"]["dead"]
    assert dead >= 2
    running.api("POST", "/forgotten", {"user_id": USER})
    for _ in range(3):
        restart(running)
    until(lambda: done(running), "Ada to be forgotten", 90)
    assert running.status()["deliveries"]["dead"] == 0
    assert running.audit()["differences"] == []
    assert files_with(running.data, ADA) == []
    assert files_with(running.data, USER) == []
