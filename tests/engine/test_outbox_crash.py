"""`kill -9` at every stage of a mail: none is sent twice, and at most one a crash is ambiguous, and listed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from headrace.clock import SystemClock
from tests.engine.mailing import Post, add_contact, drain, enqueue, mail_for, new_engine, post, sends, use_smtp
from tests.harness.waiting import until

ROOT = Path(__file__).parents[2]
MAILS = 40


class Deadly(Post):
    """Kills whoever sends when the n-th time of a stage comes."""

    def __init__(self) -> None:
        super().__init__()
        self.victim: subprocess.Popen[bytes] | None = None
        self.kills: list[tuple[str, int]] = []
        self.seen = {"mail": 0, "rcpt": 0, "data": 0, "taken": 0}

    def _stage(self, name: str) -> bool:
        self.seen[name] += 1
        if self.kills and self.kills[0] == (name, self.seen[name]):
            self.kills.pop(0)
            assert self.victim is not None
            os.kill(self.victim.pid, signal.SIGKILL)
            self.victim.wait(10)
            return True
        return False

    async def handle_MAIL(self, *given: Any) -> str:
        self._stage("mail")
        return await super().handle_MAIL(*given)

    async def handle_RCPT(self, *given: Any) -> str:
        self._stage("rcpt")
        return await super().handle_RCPT(*given)

    async def handle_DATA(self, *given: Any) -> str:
        if self._stage("data"):
            return "451 whoever spoke is gone"
        answer = await super().handle_DATA(*given)
        self._stage("taken")
        return answer


def test_killed_at_every_stage_no_mail_is_sent_twice_and_each_doubt_is_listed(tmp_path: Path) -> None:
    kills = [("mail", 3), ("rcpt", 9), ("data", 15), ("taken", 20), ("data", 29), ("taken", 30)]
    handler = Deadly()
    handler.kills = list(kills)
    engine = new_engine(tmp_path, SystemClock())  # type: ignore[arg-type]
    with post(handler=handler) as server:
        ada = add_contact(engine)
        use_smtp(engine, server.port)
        for number in range(MAILS):
            enqueue(engine, mail_for(ada, key=str(number)))
        engine.close()
        for left in range(len(kills), 0, -1):
            victim = subprocess.Popen([sys.executable, "-m", "tests.engine.sending_child", str(tmp_path)], cwd=ROOT)
            handler.victim = victim
            until(lambda: victim.poll() is not None, "the sender to be killed", 60)  # noqa: B023
            assert len(handler.kills) == left - 1
        engine = new_engine(tmp_path, SystemClock())  # type: ignore[arg-type]
        drain(engine)
    states = {row["id"]: row["state"] for row in sends(engine)}
    doubtful = [identifier for identifier, state in states.items() if state == "ambiguous"]
    ids = [str(mail["Message-ID"]).strip("<>").partition("@")[0] for mail in server.mails]
    assert len(ids) == len(set(ids)), "one mail was sent twice"
    assert set(states.values()) == {"sent", "ambiguous"}
    assert len(doubtful) == 4, "one for each crash after the mail had left, none for one before"
    assert {i for i, state in states.items() if state == "sent"} <= set(ids), "what is called sent arrived"
    assert len(set(ids) & set(doubtful)) == 2, "two of the doubtful ones arrived, two did not"
    engine.close()
