"""A person is forgotten: here, in every file, at every destination; and is not collected again until that is lifted."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.app.forgetting import traces
from tests.harness.instance import Running
from tests.harness.standin import KEY, Answer, Seen, StandIn, usual
from tests.harness.waiting import until

ADA = "ada.lovelace@example.com"
USER = "user-of-ada-lovelace"
TRACES = (ADA, USER, "Analytical", "browser-1")


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
    """Ada and Bob do what people do; one call is repeated, one is broken, one is an alias, and a visitor is nobody yet."""
    traits = {"email": ADA, "plan": "pro", "company": "Analytical"}
    say(running, "/v1/identify", userId=USER, anonymousId="browser-1", traits=traits, messageId="once")
    say(running, "/v1/identify", userId=USER, anonymousId="browser-1", traits=traits, messageId="once")
    say(running, "/v1/track", userId=USER, event="bought", properties={"amount": 3})
    say(running, "/v1/track", anonymousId="browser-1", event=f"opened by {ADA}", properties={"email": ADA})
    say(running, "/v1/alias", userId="somebody", previousId=USER)
    say(running, "/v1/page", anonymousId="a-visitor", properties={"path": "/"})
    say(running, "/v1/identify", userId="bob", traits={"email": "bob@example.com"})
    say(running, "/v1/track", userId="bob", event="bought", properties={})
    broken = b'{"userId":"' + USER.encode() + b'","traits":{"email":"' + ADA.encode() + b'"'
    assert running.send("/v1/identify", broken)[0] == 400


CALLS = 8


def done(running: Running) -> Any:
    records = running.api("GET", "/forgotten")["data"]
    return records if records and all(r["state"] == "done" for r in records) else None


def deleted(loops: StandIn) -> list[Any]:
    return sorted((s.body for s in loops.seen if s.path.endswith("/contacts/delete")), key=str)


def test_ada_is_forgotten_everywhere_and_bob_is_not(running: Running, loops: StandIn) -> None:
    lives(running)
    running.settle(CALLS)
    assert running.contact(email=ADA) is not None
    until(lambda: running.api("GET", "/rejected")["data"], "the refused call to be kept")
    assert len(traces(running.data, *TRACES)) > 5

    seen = running.cli("forget", "--email", ADA, "--dry-run").stdout
    assert f"4 events name {ADA}, {USER}." in seen
    assert f"other will be asked to delete {ADA}, {USER}." in seen
    assert deleted(loops) == []
    assert "add --yes" in running.cli("forget", "--email", ADA, check=False).stderr
    told = running.cli("forget", "--email", ADA, "--yes").stdout
    assert "done; 4 events removed, 2 destinations asked" in told
    (record,) = running.api("GET", "/forgotten")["data"]

    assert deleted(loops) == [{"email": ADA}, {"userId": USER}]
    assert running.contact(email=ADA) is None
    assert running.contact(email="bob@example.com") is not None
    assert running.event_log(userId=USER) == []
    assert (record["events"], record["by"]) == (4, "headrace command")
    assert {row["state"] for row in record["asked"]} == {"delivered"}
    assert [row["userId"] for row in running.events("--person", "bob")] == ["bob", "bob"]
    assert running.events("--person", USER) == []
    assert running.audit()["differences"] == []
    changes = [c["what"] for c in running.api("GET", "/workspace/changes")["data"]]
    assert {f"person {record['id']} is to be forgotten", f"person {record['id']} was forgotten"} <= set(changes)

    # not collected again, whichever way she is named; nor is what is refused of her kept
    say(running, "/v1/identify", userId=USER, traits={"plan": "free"})
    say(running, "/v1/identify", anonymousId="other-browser", context={"traits": {"email": ADA.upper()}})
    assert running.send("/v1/identify", b'{"userId":"' + USER.encode() + b'", "x')[0] == 400
    before = len(loops.deliveries())
    status = running.settle(CALLS + 2)
    assert status["log"]["accepted"] == CALLS + 2
    assert [row["fates"][0]["state"] for row in running.events()[:2]] == ["forgotten", "forgotten"]
    assert len(loops.deliveries()) == before
    assert running.audit()["differences"] == []
    until(lambda: len(running.api("GET", "/rejected")["data"]) == 1, "the refused call to be kept, without her")
    assert traces(running.data, *TRACES) == []
    running.stop()
    assert traces(running.data, *TRACES) == []
    running.start()
    assert "All files are well" in running.cli("doctor").stdout

    assert "done" in running.cli("forget", "--email", ADA, "--yes").stdout, "twice is once"
    assert "lifted" in running.cli("forget", "--lift", "--email", ADA).stdout
    assert running.cli("forget", "--lift", "--user-id", USER, check=False).returncode == 1, "it is lifted already"
    say(running, "/v1/identify", userId=USER, traits={"email": ADA})
    running.settle(CALLS + 3)
    assert running.contact(email=ADA) is not None


def test_what_failed_of_her_ends_and_killed_processes_go_on_forgetting(running: Running, loops: StandIn) -> None:
    refused: list[str] = []

    def decide(seen: Seen) -> Answer:
        if seen.path.endswith("/contacts/delete") and len(refused) < 3:
            refused.append(seen.path)
            return 500, {}
        changes = seen.path.endswith(("/contacts/update", "/events/send"))
        return (422, {"success": False}) if changes and seen.body.get("userId") == USER else usual(seen)

    loops.decide = decide
    lives(running)
    running.settle(CALLS)
    assert running.status()["deliveries"]["dead"] >= 2
    running.api("POST", "/forgotten", {"user_id": USER})
    for name in ("worker", "gateway", "worker", "worker"):
        pid = running.pids()[name]
        running.kill(name)
        until(lambda name=name, pid=pid: running.pids()[name] != pid, f"a new {name}")  # type: ignore[misc]
    until(lambda: done(running), f"Ada to be forgotten; {running.api('GET', '/forgotten')}", 90)
    assert len(refused) == 3
    assert running.status()["deliveries"]["dead"] == 0
    assert running.audit()["differences"] == []
    assert traces(running.data, *TRACES) == []


def test_while_loops_is_down_she_is_gone_here_and_deleted_there_once_it_is_back(running: Running, loops: StandIn) -> None:
    lives(running)
    running.settle(CALLS)
    back = threading.Event()
    loops.decide = lambda seen: usual(seen) if back.is_set() else (503, {})
    running.api("POST", "/forgotten", {"email": ADA})
    waits = until(lambda: next((r for r in running.api("GET", "/forgotten")["data"] if r["waits_for"]), None), "waiting")
    assert waits["waits_for"].startswith("other: ")
    assert traces(running.data / "events", *TRACES) == []
    assert running.events("--person", USER) == []
    say(running, "/v1/track", userId=USER, event="bought")
    back.set()
    until(lambda: done(running), f"Ada to be forgotten; {running.api('GET', '/forgotten')}", 90)
    assert {str(body) for body in deleted(loops)} == {str({"email": ADA}), str({"userId": USER})}
    assert running.audit()["differences"] == []
    assert traces(running.data, *TRACES) == []

    # a new destination that is filled from the log gets nothing of her
    running.apply(
        "version: 1\n"
        "destinations:\n"
        f"  - {{name: late, type: loops, settings: {{api_key: '{KEY}', base_url: '{loops.url}', skip_unchanged: 0}}}}\n"
        "connections:\n  - {source: website, destination: late}\n",
        "--twice",
    )
    before = len(loops.deliveries())
    running.cli("backfill", "--destination", "late", "--events", "--yes")
    until(lambda: len(loops.deliveries()) >= before + 2, "Bob's calls to be filled in")
    running.settle(CALLS + 1)
    assert [s.body["userId"] for s in loops.deliveries()[before:]] == ["bob", "bob"]
    assert running.audit()["differences"] == []


def test_commands_say_what_is_missing(running: Running) -> None:
    def refused(*words: str) -> str:
        done = running.cli("forget", *words, check=False)
        assert done.returncode == 1
        return done.stderr

    assert "Say who: --user-id or --email" in refused()
    assert "Say who: --user-id or --email" in refused("--user-id", "x", "--email", "y@example.com")
    assert "check the spelling" in refused("--user-id", "nobody", "--yes")
    assert "Nobody with this identifier was forgotten" in refused("--lift", "--user-id", "nobody")
    assert "There is no record 7" in refused("--lift", "--record", "7")
    assert "Nobody was forgotten" in running.cli("forget", "--list").stdout
    assert json.loads(running.cli("forget", "--user-id", "nobody", "--dry-run", "--json").stdout)["known"] is False
    running.cli("forget", "--user-id", "nobody", "--unknown", "--yes")
    (record,) = json.loads(running.cli("forget", "--list", "--json").stdout)
    assert "lifted" in running.cli("forget", "--lift", "--record", str(record["id"])).stdout
    running.stop()
    assert "Headrace is not running" in refused("--user-id", "nobody", "--yes")
    assert "lifted" in running.cli("forget", "--list").stdout
