"""Failed events go again, in order and once, and a new destination is filled from the log: over a whole instance."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.harness.instance import Running
from tests.harness.standin import Answer, Seen, StandIn, usual
from tests.harness.waiting import until
from tests.system.calls import connect, identify, names, track

# one request per call, as fast as it goes: what is counted here is calls
PLAIN = {"fold": "never", "skip_unchanged": "0", "rate": "0"}


@pytest.fixture
def settings() -> dict[str, str]:
    return PLAIN


def refusing(seen: Seen) -> Answer:
    changes = seen.path.endswith(("/contacts/update", "/events/send"))
    return (422, {"success": False, "message": "No."}) if changes else usual(seen)


def done(running: Running) -> list[dict[str, Any]]:
    jobs: list[dict[str, Any]] = running.api("GET", "/replays")["data"]
    return jobs if all(job["state"] == "done" for job in jobs) else []


def test_what_was_refused_is_mended_replayed_in_order_and_once(running: Running, loops: StandIn) -> None:
    loops.decide = refusing
    identify(running, "ada")
    track(running, "ada", "signed up")
    track(running, "ada", "bought")
    identify(running, "bob")
    running.settle(4)
    assert running.status()["deliveries"]["dead"] == 4
    loops.decide = usual
    before = len(loops.deliveries())

    seen = running.cli("replay", "--person", "ada", "--dry-run").stdout
    assert "3  loops: dead, refused" in seen
    assert "2 events may send emails to 1 person." in seen
    assert len(loops.deliveries()) == before
    running.cli("replay", "--person", "ada")
    running.settle(4)
    assert names(loops, "ada", before) == ["update", "signed up", "bought"]
    keys = [s.headers.get("idempotency-key") for s in loops.deliveries() if s.body.get("eventName") == "bought"]
    assert len(set(keys)) == 2, "a refused event leaves under a new key"

    running.cli("replay", "--person", "ada")  # once more: nothing is left of it
    running.settle(4)
    assert names(loops, "ada", before) == ["update", "signed up", "bought"]
    assert names(loops, "bob", before) == []
    (job,) = running.api("GET", "/replays")["data"]
    assert (job["kind"], job["state"]) == ("replay", "done")
    assert running.audit()["differences"] == []


def test_what_was_delivered_is_sent_again_only_when_asked_for_twice(running: Running, loops: StandIn) -> None:
    identify(running, "ada")
    track(running, "ada", "signed up")
    running.settle(2)
    assert "Nothing to send." in running.cli("replay").stdout
    refused = running.cli("replay", "--again", check=False)
    assert refused.returncode == 1
    assert "delivered already" in refused.stdout
    assert names(loops, "ada") == ["update", "signed up"]
    running.cli("replay", "--again", "--yes")
    running.settle(2)
    assert names(loops, "ada") == ["update", "signed up", "update", "signed up"]
    assert running.audit()["differences"] == []


def test_an_older_profile_does_not_undo_a_newer_one(running: Running, loops: StandIn) -> None:
    loops.decide = refusing
    identify(running, "ada", plan="free")
    running.settle(1)
    loops.decide = usual
    identify(running, "ada", plan="pro")
    running.settle(2)
    assert json.loads(running.cli("replay", "--dry-run", "--json").stdout)["superseded"] == 1
    running.cli("replay")
    running.settle(2)
    assert [s.body["plan"] for s in loops.deliveries()] == ["free", "pro"]
    assert {f["code"] for r in running.events() for f in r["fates"]} == {"superseded", "delivered"}


def test_a_killed_worker_goes_on_with_its_replay_and_sends_nothing_twice(running: Running, loops: StandIn) -> None:
    loops.decide = refusing
    people = [f"person{number % 12}" for number in range(600)]
    for number, person in enumerate(people):
        track(running, person, f"{number:04d}")
    running.settle(600)
    loops.decide = usual
    before = len(loops.deliveries())
    running.api("POST", "/replays", {"kind": "replay"})
    until(lambda: len(loops.deliveries()) > before + 50, "the replay to be under way")
    worker = running.pids()["worker"]
    running.kill("worker")
    until(lambda: running.pids()["worker"] != worker, "a new worker")
    until(lambda: done(running), "the replay to end")
    running.settle(600)
    left = [s.body["eventName"] for s in loops.deliveries()[before:]]
    assert sorted(set(left)) == [f"{n:04d}" for n in range(600)]
    for person in set(people):
        own = names(loops, person, before)
        assert own == sorted(own), f"{person}: out of order"
    # what was on its way when the worker died is repeated under the same key, and nothing else is
    keys = [s.headers["idempotency-key"] for s in loops.deliveries()[before:]]
    assert len(set(keys)) == 600
    assert running.audit()["differences"] == []


def test_a_new_destination_gets_the_contacts_that_were_there_before_it(running: Running, loops: StandIn) -> None:
    identify(running, "ada")
    track(running, "ada", "signed up")
    identify(running, "bob")
    running.settle(3)
    with StandIn() as second:
        connect(running, second, "second", **PLAIN)
        identify(running, "cleo")
        running.settle(4)
        seen = running.cli("backfill", "--destination", "second", "--dry-run").stdout
        assert "2 contacts, 0 events" in seen
        assert "1 events are left out" in seen
        running.cli("backfill", "--destination", "second")
        until(lambda: done(running), "the backfill to end")
        running.settle(4)
        assert [s.body["userId"] for s in second.deliveries()] == ["cleo", "ada", "bob"]
        assert running.audit()["differences"] == []

        asked = running.cli("backfill", "--destination", "second", "--events", check=False)
        assert "1 event may send emails to 1 person." in asked.stdout
        assert asked.returncode == 1
        running.cli("backfill", "--destination", "second", "--events", "--yes")
        until(lambda: done(running), "the second backfill to end")
        running.settle(4)
        assert [s.body.get("eventName", s.body["userId"]) for s in second.deliveries()] == [
            "cleo",
            "ada",
            "bob",
            "signed up",
        ]
        assert running.audit()["differences"] == []
    assert len(loops.deliveries()) == 4, "the first destination gets nothing twice"


def test_what_failed_for_want_of_an_email_is_offered_once_there_is_one(running: Running, loops: StandIn) -> None:
    known = set[str]()

    def strict(seen: Seen) -> Answer:
        changes = seen.path.endswith(("/contacts/update", "/events/send"))
        if changes and "email" not in seen.body and seen.body["userId"] not in known:
            return 400, {"success": False, "message": "No contact."}
        if changes:
            known.add(seen.body["userId"])
        return usual(seen)

    loops.decide = strict
    track(running, "ada", "opened")
    track(running, "ada", "tried")
    running.settle(2)
    identify(running, "ada")
    running.settle(3)
    offer = running.api("GET", "/earlier-calls?person=user:ada")
    assert offer == {"count": 2, "sentence": "Replay 2 earlier calls of this person"}
    before = len(loops.deliveries())
    running.api("POST", "/earlier-calls?person=user:ada")
    until(lambda: done(running), "the replay to end")
    running.settle(3)
    assert names(loops, "ada", before) == ["opened", "tried"]
    assert running.api("GET", "/earlier-calls?person=user:ada")["count"] == 0


def test_a_stopped_instance_is_replayed_on_its_files_and_sends_when_it_starts(running: Running, loops: StandIn) -> None:
    loops.decide = refusing
    track(running, "ada", "bought")
    running.settle(1)
    running.stop()
    loops.decide = usual
    assert "1 put back of 1" in running.cli("replay").stdout
    running.start()
    running.settle(1)
    assert names(loops, "ada") == ["bought", "bought"]
