"""A request that was cut off, or whose outcome could not be written down: since when it is open, and under which key."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from headrace.delivery.port import Outgoing
from headrace.destinations.port import Answer
from headrace.fate import Code, State
from headrace.storage.sqlite.delivery.schema import NUMBER
from tests.delivery.test_whole_way import track
from tests.delivery.whole_way import GOOD, Way, told
from tests.storage.queue import LOOPS, NOON, batch, intent, settled, waiting

HOUR = 3_600_000  # ms
UNKNOWN = Answer(400, {}, b'{"success":false,"message":"Contact not found."}')


def test_what_was_refused_days_ago_and_cut_off_now_is_open_since_now(tmp_path: Path) -> None:
    """Ada's key was wrong for two days; her event leaves at last, and the power goes: it is sent again under its key."""

    async def story(way: Way) -> None:
        way.calls.append(track("Signed Up"))
        await way.db.commit(batch(waiting(1, "u:ada")))
        (claimed,) = await way.db.claim(LOOPS, 10, NOON)
        await way.db.intend([intent(claimed, NOON - 48 * HOUR)])
        await way.db.settle([settled(claimed, State.RETRYING, Code.KEY_REFUSED, NOON - 48 * HOUR)])
        (claimed,) = await way.db.claim(LOOPS, 10, NOON)
        await way.db.intend([intent(claimed, NOON - 1)])
        await way.db.hand_back(LOOPS, [1])
        way.deliverer.notify()
        await asyncio.sleep(30)
        assert way.codes() == ["delivered"]

    told(tmp_path, story)


def test_a_mended_request_keeps_its_new_key_although_its_outcome_could_not_be_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else whoever sends it again later would send it under a key that was refused."""

    def answer(request: Outgoing) -> Answer:
        if "find" in request.url:
            return Answer(200, {}, b"[]")
        return UNKNOWN if request.method == "POST" else GOOD

    async def story(way: Way) -> None:
        monkeypatch.setattr(way, "email_of", lambda destination, lanes: "ada@example.com", raising=False)
        real, broken = way.db.settle, [1]

        async def settle(*asked: Any) -> None:
            if broken.pop() if broken else 0:
                await way.db.hand_back(LOOPS, [1])
                raise OSError("disk full")
            await real(*asked)

        monkeypatch.setattr(way, "settle", settle, raising=False)
        await way.come(track("Signed Up"))
        await asyncio.sleep(30)
        assert len(way.asked("/events/send")) == 3
        assert way.db.file.rows("select state, key_turn from delivery") == [(NUMBER[State.DEAD], 2)]

    told(tmp_path, story, answer=answer)
