"""Calls that wait share requests, contacts that changed nothing are skipped, and a user Loops does not know is mended."""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import unquote

import pytest

from tests.harness.instance import Running
from tests.harness.standin import Answer, Seen, StandIn, usual
from tests.harness.waiting import until
from tests.system.calls import connect, fate, first_then_usual, identify, track


@pytest.fixture
def settings() -> dict[str, str]:
    return {"retry": "{first: 0.2, most: 1}", "timeout": "5", "rate": "5"}


class Door:
    """Keeps whoever comes to the stand-in waiting until it is opened."""

    def __init__(self) -> None:
        self._open = threading.Event()

    def __call__(self, seen: Seen) -> Answer:
        self._open.wait(30)
        return usual(seen)

    def open(self) -> None:
        self._open.set()


def bodies(loops: StandIn, user: str) -> list[dict[str, Any]]:
    return [s.body for s in loops.deliveries() if s.body.get("userId") == user]


def test_what_ada_does_while_loops_is_slow_leaves_in_one_request_and_every_event_names_the_one_that_carried_it(
    running: Running, loops: StandIn
) -> None:
    door = Door()
    loops.decide = door
    for number in range(12):  # more than may leave at once: what comes behind them has to wait
        identify(running, f"guest{number}")
    identify(running, "ada", plan="pro")
    identify(running, "ada", seats=3)
    track(running, "ada", "newUser", n=1)
    track(running, "ada", "newUser", n=2)
    until(lambda: running.status()["log"]["unrouted"] == 0, "routing")
    door.open()
    running.settle(16)

    assert bodies(loops, "ada") == [
        {"plan": "pro", "seats": 3, "userId": "ada", "email": "ada@example.com"}
        | {"eventName": "newUser", "eventProperties": {"n": 1}},
        {"userId": "ada", "eventName": "newUser", "eventProperties": {"n": 2}},
    ]  # fmt: skip
    rows = [r for r in reversed(running.events("--person", "ada")) if r["userId"] == "ada"]
    first = rows[0]["messageId"]
    assert [r["fates"][0]["carriedBy"] for r in rows] == [None, first, first, None]
    assert {r["fates"][0]["state"] for r in rows} == {"delivered"}
    assert running.audit()["differences"] == []


def test_a_fold_that_loops_refuses_decides_nothing_and_each_call_gets_a_fate_of_its_own(
    running: Running, loops: StandIn
) -> None:
    door = Door()

    def decide(seen: Seen) -> Answer:
        answer = door(seen)
        bad = isinstance(seen.body, dict) and seen.body.get("plan") == "bad"
        return (400, {"success": False, "message": "no such plan"}) if bad else answer

    loops.decide = decide
    for number in range(12):
        identify(running, f"guest{number}")
    identify(running, "ada", plan="bad")
    identify(running, "ada", seats=3)
    track(running, "ada", "newUser")
    until(lambda: running.status()["log"]["unrouted"] == 0, "routing")
    door.open()
    running.settle(15)

    assert [b.get("eventName", "update") for b in bodies(loops, "ada")] == ["newUser", "update", "update", "newUser"]
    states = [r["fates"][0]["state"] for r in reversed(running.events("--person", "ada"))]
    assert states == ["dead", "delivered", "delivered"]
    keys = [s.headers["idempotency-key"] for s in loops.deliveries() if "eventName" in s.body]
    assert len(set(keys)) == 2, "after a definite refusal the key is a new one"


def test_a_page_load_that_repeats_what_was_sent_is_skipped_and_a_change_is_sent(running: Running, loops: StandIn) -> None:
    identify(running, "ada", plan="pro")
    running.settle(1)
    identify(running, "ada", plan="pro")
    running.settle(2)
    identify(running, "ada", plan="basic")
    running.settle(3)
    identify(running, "ada", plan="pro")
    running.settle(4)

    assert [b["plan"] for b in bodies(loops, "ada")] == ["pro", "basic", "pro"]
    rows = list(reversed(running.events("--person", "ada")))
    assert [r["fates"][0]["state"] for r in rows] == ["delivered", "unchanged", "delivered", "delivered"]
    assert rows[1]["fates"][0]["carriedBy"] == rows[0]["messageId"]
    assert running.status()["deliveries"]["unchanged"] == 1


def test_a_user_whom_loops_does_not_know_is_sent_once_more_with_the_email_last_seen(
    running: Running, loops: StandIn
) -> None:
    identify(running, "ada")
    running.settle(1)
    loops.decide = first_then_usual([(400, {"success": False, "message": "userId not found"})], "/events/send")
    track(running, "ada", "purchase", amount=30)
    running.settle(2)

    asked = [unquote(s.path.partition("/v1")[2]) for s in loops.seen if "/find" in s.path]
    assert asked == ["/contacts/find?userId=ada", "/contacts/find?email=ada@example.com"]
    sent = [s for s in loops.deliveries() if s.path.endswith("/events/send")]
    assert [s.body.get("email") for s in sent] == [None, "ada@example.com"]
    assert sent[0].headers["idempotency-key"] != sent[1].headers["idempotency-key"]
    row = fate(running, event="purchase")
    assert row["state"] == "delivered"
    assert any("ada@example.com" in warning for warning in row["warnings"])


def test_nobodys_email_is_taken_from_somebody_else(running: Running, loops: StandIn) -> None:
    """ada@example.com was last seen with Grace: Ada's unknown user ID is not sent with it."""
    identify(running, "ada")
    running.send("/v1/identify", {"userId": "grace", "traits": {"email": "ada@example.com"}})
    running.settle(2)
    loops.decide = first_then_usual([(400, {"success": False, "message": "userId not found"})], "/events/send")
    track(running, "ada", "purchase")
    running.settle(3)
    assert fate(running, event="purchase")["code"] == "contact_unknown"


def test_while_loops_cannot_say_whose_the_email_is_the_event_waits_and_is_not_lost(running: Running, loops: StandIn) -> None:
    identify(running, "ada")
    running.settle(1)
    refused: Answer = (400, {"success": False, "message": "userId not found"})
    unknown, busy = first_then_usual([refused, refused], "/events/send"), first_then_usual([(503, {})], "example.com")

    def decide(seen: Seen) -> Answer:
        answer: Answer = busy(seen) if "find?email" in seen.path else unknown(seen)
        return answer

    loops.decide = decide
    track(running, "ada", "purchase", amount=30)
    running.settle(2)

    sent = [s.body.get("email") for s in loops.deliveries() if s.path.endswith("/events/send")]
    assert sent == [None, None, "ada@example.com"]
    assert fate(running, event="purchase")["state"] == "delivered"


def test_the_fate_of_a_call_that_is_passed_over_is_written_down_before_those_behind_it_leave(
    running: Running, loops: StandIn
) -> None:
    connect(running, loops, events="{deny: [secret]}", rate="5")
    door, found = Door(), []

    def decide(seen: Seen) -> Answer:
        if seen.body.get("userId") == "ada":
            rows = [r for r in running.events("--person", "ada") if r["event"] == "secret"]
            found.append(rows[0]["fates"][0]["state"])
        return door(seen)

    loops.decide = decide
    for number in range(12):
        identify(running, f"guest{number}")
    identify(running, "ada", plan="pro")
    track(running, "ada", "secret")
    identify(running, "ada", seats=3)
    until(lambda: running.status()["log"]["unrouted"] == 0, "routing")
    door.open()
    running.settle(15)

    assert [(b["plan"], b["seats"]) for b in bodies(loops, "ada")] == [("pro", 3)]
    assert found == ["filtered"]
