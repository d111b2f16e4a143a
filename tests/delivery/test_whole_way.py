"""Deliveries on their whole way through one destination: what is prepared, passed over, given back and stopped."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from headrace.delivery.port import NoAnswer, Outgoing
from headrace.destinations.port import Answer
from headrace.fate import Code
from headrace.storage.sqlite.delivery import settling
from tests.delivery.whole_way import GOOD, SETTINGS, Answering, Way, told

IDENTIFY: dict[str, Any] = {"type": "identify", "userId": "ada", "traits": {"email": "ada@example.com"}}
ONE_A_SECOND = SETTINGS | {"rate": 1}
FAILS = Answer(503, {}, b"")


def identify(**traits: Any) -> dict[str, Any]:
    return IDENTIFY | {"traits": {"email": "ada@example.com"} | traits}


def track(event: str, user: str = "ada") -> dict[str, Any]:
    return {"type": "track", "userId": user, "event": event}


def with_properties(*there: str, created: Answer = GOOD, listed: Answer | NoAnswer | None = None) -> Answering:
    """A Loops that has these contact properties."""
    rows = json.dumps([{"key": name} for name in there]).encode()

    def answer(request: Outgoing) -> Answer | NoAnswer:
        if "/contacts/properties" not in request.url:
            return GOOD
        return created if request.method == "POST" else listed or Answer(200, {}, rows)

    return answer


def test_a_property_that_loops_does_not_have_is_created_once_and_then_sent(tmp_path: Path) -> None:
    async def story(way: Way) -> None:
        await way.come(identify(plan="pro", seats=3), identify(plan="team"))
        await asyncio.sleep(60)
        assert way.codes() == ["delivered", "delivered"]
        assert way.asked("/contacts/properties") == [None, {"name": "seats", "type": "number"}]
        assert [body.get("plan") for body in way.asked("/contacts/update")] == ["pro", "team"]
        assert [a.kind for a in way.told] == ["preparation", "preparation", "delivery", "delivery"]

    told(tmp_path, story, settings=SETTINGS | {"create_missing": True}, answer=with_properties("plan"))


@pytest.mark.parametrize(
    ("listed", "code", "state"),
    [
        (NoAnswer("timeout", "no answer"), "connection", "running"),
        (FAILS, "server_error", "running"),
        (Answer(429, {"retry-after": "7"}, b"{}"), "rate_limited", "running"),
        (Answer(301, {"location": "https://elsewhere.test"}, b""), "wrong_address", "paused"),
    ],
)
def test_while_loops_does_not_say_what_it_has_the_event_waits_and_nothing_is_sent(
    tmp_path: Path, listed: Answer | NoAnswer, code: str, state: str
) -> None:
    async def story(way: Way) -> None:
        await way.come(identify(plan="pro"), identify(plan="pro", role="dev"))
        await asyncio.sleep(2.2)
        assert way.codes() == [code, "routed"]
        assert way.asked("/contacts/update") == []
        assert way.deliverer.health()["dst-loops"].state == state
        way.answer = with_properties("plan", "role")
        await asyncio.sleep(60)
        assert way.codes() == ["delivered", "delivered"]

    told(tmp_path, story, settings=ONE_A_SECOND | {"create_missing": True}, answer=with_properties(listed=listed))


def test_an_event_that_cannot_be_sent_is_passed_over_and_is_final_before_what_comes_after_it_leaves(tmp_path: Path) -> None:
    durable: list[list[str]] = []

    def answer(request: Outgoing) -> Answer:
        durable.append(way_of[0].codes())
        return GOOD

    way_of: list[Way] = []

    async def story(way: Way) -> None:
        way_of.append(way)
        nameless = {"type": "track", "userId": "ada", "event": ""}
        await way.come(identify(plan="pro"), nameless, identify(role="dev"))
        await asyncio.sleep(30)
        assert way.fates() == [("delivered", ""), ("invalid_event", ""), ("delivered", "1")]
        assert way.asked("/contacts/update") == [{"userId": "ada", "email": "ada@example.com", "plan": "pro", "role": "dev"}]
        assert way.db.letter(2, "dst-loops") is not None
        assert durable[-1][1] == "invalid_event"

    told(tmp_path, story, settings=ONE_A_SECOND, answer=answer)


def test_twenty_refusals_of_different_people_pause_and_a_resume_goes_on(tmp_path: Path) -> None:
    async def story(way: Way) -> None:
        await way.come(*(track("Signed Up", f"user{n}") for n in range(60)))
        await asyncio.sleep(30)
        health = way.deliverer.health()["dst-loops"]
        assert (health.state, health.code) == ("paused", Code.MANY_REFUSALS)
        refused = way.codes().count("refused")
        assert 20 <= refused < 40  # those that were on their way with the twentieth
        await asyncio.sleep(3600)
        assert way.codes().count("refused") == refused
        way.answer = lambda request: GOOD
        await way.deliverer.resume("dst-loops")
        await asyncio.sleep(30)
        assert way.codes().count("delivered") == 60 - refused

    told(tmp_path, story, answer=lambda request: Answer(413, {}, b'{"success":false,"message":"Invalid."}'))


def test_a_webhook_that_is_down_is_asked_with_one_event_at_a_time(tmp_path: Path) -> None:
    async def story(way: Way) -> None:
        await way.come(*(track("Signed Up", f"user{n}") for n in range(10)))
        await asyncio.sleep(120)
        assert way.deliverer.health()["dst-loops"].state == "down"
        moments = sorted(at for at, _, _ in way.left)
        later = [one for one in moments if one > 5]
        assert len(later) >= 3
        assert all(following - one >= 1 for one, following in pairwise(later))
        way.answer = lambda request: GOOD
        await asyncio.sleep(120)
        assert set(way.codes()) == {"delivered"}
        assert way.deliverer.health()["dst-loops"].state == "running"

    told(tmp_path, story, "webhook", {"url": "https://hook.test/"}, lambda request: FAILS)


def test_an_outcome_that_could_not_be_written_down_is_found_out_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a crash: the same request once more, and its answer counts."""

    async def story(way: Way) -> None:
        real, broken = settling.settle, [1]

        def settle(*asked: Any) -> None:
            if broken:
                broken.pop()
                raise OSError("disk full")
            real(*asked)

        monkeypatch.setattr(settling, "settle", settle)
        await way.come(track("Signed Up"))
        await asyncio.sleep(60)
        assert way.codes() == ["delivered"]
        assert len(way.asked("/events/send")) == 2

    told(tmp_path, story)


def test_an_event_whose_reading_fails_unforeseen_does_not_end_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(way: Way) -> None:
        real, broken = way.db.sent, [True]

        def sent(*asked: Any) -> Any:
            if broken and broken.pop():
                raise ZeroDivisionError
            return real(*asked)

        monkeypatch.setattr(way.db, "sent", sent)
        await way.come(identify(plan="pro"), track("Signed Up", "bob"))
        await asyncio.sleep(60)
        assert way.codes() == ["delivered", "delivered"]

    told(tmp_path, story)


def test_when_a_commit_fails_the_destination_goes_on_as_soon_as_that_works_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(way: Way) -> None:
        real, broken = way.db.claim, [1, 1, 1]

        async def claim(*asked: Any) -> Any:
            if broken:
                broken.pop()
                raise OSError("disk full")
            return await real(*asked)

        monkeypatch.setattr(way.db, "claim", claim)
        await way.come(track("Signed Up"))
        await asyncio.sleep(60)
        assert way.codes() == ["delivered"]

    told(tmp_path, story)


def test_nothing_leaves_after_a_pause_and_who_waited_for_a_slot_is_as_before(tmp_path: Path) -> None:
    async def story(way: Way) -> None:
        await way.come(*(identify(plan=str(n)) for n in range(3)), *(track("Paid", f"user{n}") for n in range(5)))
        await asyncio.sleep(2.5)
        await way.deliverer.pause("dst-loops")
        left = len(way.left)
        await asyncio.sleep(3600)
        assert len(way.left) <= left + 1
        await way.deliverer.resume("dst-loops")
        await asyncio.sleep(60)
        assert set(way.codes()) == {"delivered"}

    told(tmp_path, story, settings=ONE_A_SECOND)


def test_bob_signs_up_while_an_old_backlog_is_replayed_and_his_is_the_next_request_to_leave(tmp_path: Path) -> None:
    async def story(way: Way) -> None:
        await way.deliverer.pause("dst-loops")
        await way.come(*(track("Paid", f"old{n}") for n in range(200)))
        await asyncio.sleep(2)
        # as a replay puts them there
        way.db.file.writer.execute(
            "update delivery set job=1; update lane set live=0; update ready set background=1"
        ).fetchall()
        await way.deliverer.resume("dst-loops")
        await asyncio.sleep(10.8)
        before = len(way.asked("/events/send"))
        assert before > 5, "the replay is under way"
        await way.come(track("Signed Up", "bob"))
        await asyncio.sleep(3)
        assert way.asked("/events/send")[before]["userId"] == "bob"

    told(tmp_path, story, settings=ONE_A_SECOND)


def test_when_it_is_told_to_stop_in_the_middle_of_a_claim_nobody_is_at_work_afterwards(tmp_path: Path) -> None:
    """Else the database is closed under those who are."""

    async def story(way: Way) -> None:
        await way.come(track("Signed Up"))
        await asyncio.sleep(3)
        await way.come(*(track("Paid", f"user{n}") for n in range(20)))
        await asyncio.sleep(0.001)
        await way.deliverer.stop()
        assert not any(way.db._claims.positions.values())
        others = [task.get_coro().__qualname__ for task in asyncio.all_tasks()]  # type: ignore[union-attr]
        assert not [name for name in others if "_deliver" in name]

    told(tmp_path, story, settings=ONE_A_SECOND)
