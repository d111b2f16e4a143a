"""`kill -9` in the middle of many people's steps, again and again: each gets every mail once."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import apsw

from tests.engine.workflows.drawing import line
from tests.engine.workflows.house import House
from tests.harness.instance import ROOT
from tests.harness.waiting import until

PEOPLE, NODES, AT_ONCE = 300, 3, 90  # mails between two kills


def count(path: Path, sql: str) -> int:
    c = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    c.set_busy_timeout(10_000)
    try:
        return int(next(iter(c.execute(sql)))[0])
    finally:
        c.close()


def test_nobody_is_skipped_and_nobody_gets_a_mail_twice(tmp_path: Path) -> None:
    house, database = House(tmp_path), tmp_path / "engine.db"
    house.clock.now = 1_700_000_000_000  # behind the real clock of the child, so that whoever waits is due there
    nodes = [("SendEmailAction", {"emailMessageId": f"m{n}"}) for n in range(NODES)]
    house.workflow(line(nodes[0], ("TimerAction", {"amount": 0.001, "unit": "m"}), *nodes[1:]))
    for number in range(PEOPLE):
        house.put(f"p{number}@x.dev")
    house.engine.close()

    kills, mails = 0, "select count(*) from send"
    while (before := count(database, mails)) < PEOPLE * NODES:
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.engine.workflows.running_child", str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE
        )
        enough = min(before + AT_ONCE, PEOPLE * NODES)
        until(lambda enough=enough: count(database, mails) >= enough, "the child to go on", 60)  # type: ignore[misc]
        child.send_signal(signal.SIGKILL)
        child.communicate()
        kills += 1
    assert kills > 1
    assert count(database, mails) == PEOPLE * NODES
    assert count(database, "select count(*) from (select 1 from send group by contact, message_id having count(*)>1)") == 0
    assert count(database, "select count(*) from run where state='done'") == PEOPLE
