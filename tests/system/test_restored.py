"""A backup that is started: nothing leaves until a person has said so; and no false alarm, however the last run ended."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

from tests.harness.instance import Running
from tests.harness.standin import StandIn, usual
from tests.harness.waiting import until
from tests.system.calls import identify


def state(running: Running) -> tuple[str, str]:
    (destination,) = running.status()["destinations"]
    return destination["state"], destination["reason"]


def test_a_restored_backup_starts_paused_says_what_it_would_send_again_and_resumes(
    tmp_path: Path, running: Running, loops: StandIn
) -> None:
    loops.decide = lambda seen: (500, {})
    for user in ("ada", "bob"):
        identify(running, user)
    until(lambda: loops.deliveries(), "a first try")
    running.stop()
    shutil.copytree(running.data, tmp_path / "backup")
    running.start()
    assert state(running)[0] != "paused"
    running.stop()

    arrived = len(loops.deliveries())
    loops.decide = usual
    with Running(tmp_path / "backup", "--no-engine") as restored:
        now, reason = state(restored)
        assert now == "paused"
        assert "restored from a backup" in reason
        assert "It would send 2 waiting events" in reason
        identify(restored, "eve")
        until(lambda: restored.status()["deliveries"]["waiting"] >= 1, "the new event to wait, too")
        assert len(loops.deliveries()) == arrived
        restored.stop()
        restored.start()
        assert state(restored)[0] == "paused", "until a person says so"
        restored.cli("resume", "--destination", "loops")
        restored.settle(3)
        assert restored.audit()["differences"] == []


def test_no_end_of_a_run_looks_like_a_restored_backup(running: Running) -> None:
    identify(running, "ada")
    running.settle(1)
    running.kill("worker")
    until(lambda: running.process is not None and running.pids() and state(running)[0] == "running", "the worker again")
    running.stop()
    running.start()
    assert state(running)[0] == "running"
    assert running.process is not None
    running.process.send_signal(signal.SIGKILL)
    running.process.wait(30)
    until(lambda: not (running.data / "runtime.json").exists() or _gone(running), "its children to notice", 30)
    running.start()
    assert state(running)[0] == "running"
    running.cli("status")


def _gone(running: Running) -> bool:
    """Whether the lock is free again: the children hold it, too."""
    import fcntl

    with (running.data / "lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def test_a_snapshot_of_the_disk_is_told_with_a_flag(running: Running) -> None:
    running.stop()
    running.options = ("--no-engine", "--restored")
    running.start()
    assert state(running)[0] == "paused"


def test_where_inodes_change_by_themselves_it_can_be_switched_off(tmp_path: Path) -> None:
    with Running(tmp_path / "data", "--no-engine") as running:
        running.stop()
    shutil.copytree(tmp_path / "data", tmp_path / "copy")
    with Running(tmp_path / "copy", "--no-engine", HEADRACE_RESTORE_CHECK="false") as copied:
        assert "restored" not in state(copied)[1]
