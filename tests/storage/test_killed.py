"""`kill -9` at any moment: what was said to be durable is, and a lane repeats at most its last request."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from headrace.fate import State
from headrace.storage.sqlite.delivery.attempts import AttemptReader
from headrace.storage.sqlite.delivery.db import DeliveryDb
from headrace.storage.sqlite.delivery.journal import SqliteJournal
from tests.storage.queue import LOOPS, NOON, StandingClock

ROUNDS = 4
ROOT = Path(__file__).parents[2]


def run_until_killed(path: Path, lines: int) -> list[str]:
    """What the child said before it was killed, after about `lines` lines."""
    command = [sys.executable, "-m", "tests.storage.kill_child", str(path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={"PYTHONPATH": f"{ROOT}/src:{ROOT}"}
    ) as child:
        assert child.stdout is not None
        heard = []
        for line in child.stdout:
            heard.append(line.strip())
            if len(heard) == lines:
                child.kill()
        return heard


def test_a_killed_worker_loses_nothing_and_repeats_at_most_the_last_request_of_a_lane(tmp_path: Path) -> None:
    path = tmp_path / "delivery.db"
    left: dict[str, list[int]] = defaultdict(list)
    for number in range(ROUNDS):
        heard = run_until_killed(path, 120 + 37 * number)
        journal = SqliteJournal(path, AttemptReader(tmp_path / "attempts"))
        for line in heard:
            word, position, *who = line.split()
            if word == "routed":
                assert journal.cursor() >= int(position)
            elif word == "done":
                assert [f.state for f in journal.fates(int(position))] == [State.DELIVERED]
            elif who:
                left[who[0]].append(int(position))
        cursor = journal.cursor()
        assert sum(journal.counts()[LOOPS].values()) == cursor
        assert all(journal.fates(position) for position in range(1, cursor + 1))
        journal.close()
    for order in left.values():
        assert order == sorted(order), "a lane went backwards"
        assert max(order.count(position) for position in order) <= ROUNDS
    assert sum(len(order) - len(set(order)) for order in left.values()) <= ROUNDS * 8


def test_what_was_on_its_way_is_asked_about_after_the_kill(tmp_path: Path) -> None:
    path = tmp_path / "delivery.db"
    run_until_killed(path, 50)

    async def story() -> None:
        db = DeliveryDb.open(path, StandingClock())
        seen: set[str] = set()
        for claimed in await db.claim(LOOPS, 100, NOON):
            assert not seen & set(claimed.lanes), "two of one lane at once"
            seen |= set(claimed.lanes)
            assert claimed.state in (State.WAITING, State.SENDING)
            assert (claimed.state is State.SENDING) == (claimed.left_at is not None)
        db.close()

    asyncio.run(story())
