"""Attempts: seen at once, dropped with their day, but kept for as long as a refused event is."""

from __future__ import annotations

from pathlib import Path

from headrace.journal.port import Attempt
from headrace.storage.sqlite.delivery.attempts import AttemptLog, AttemptReader
from tests.storage.queue import LOOPS, StandingClock

DAY = 86_400_000


def attempt(position: int, number: int = 1, at: int = 0) -> Attempt:
    return Attempt(
        position, LOOPS, number, "delivery", at, "POST", "https://loops/v1/events/send", {"authorization": "Bearer ••••"},
        {"email": "ada@x.org"}, 400, '{"success":false}', None, 12, "refused",
    )  # fmt: skip


def test_the_attempts_of_a_delivery_are_read_in_order_over_a_restart(tmp_path: Path) -> None:
    clock = StandingClock()
    for number in (1, 2):
        written = AttemptLog(tmp_path, clock)
        written.record([attempt(7, number, clock.at), attempt(8, number, clock.at)])
        written.close()
        clock.at += DAY
    assert [a.number for a in AttemptReader(tmp_path).read(7, LOOPS)] == [1, 2]
    assert AttemptReader(tmp_path).read(9, LOOPS) == []


def test_a_refused_event_keeps_its_answer_when_its_day_is_dropped_and_until_it_is_done_with(tmp_path: Path) -> None:
    clock = StandingClock()
    written = AttemptLog(tmp_path, clock)
    written.record([attempt(n, 1, clock.at) for n in range(1, 1_203)])
    written.close()
    clock.at += 10 * DAY
    log = AttemptLog(tmp_path, clock)
    log.drop_old(lambda position, destination: position % 400 == 0)
    assert [len(AttemptReader(tmp_path).read(n, LOOPS)) for n in (1, 400, 401, 1_200)] == [0, 1, 0, 1]
    assert [p.name for p in tmp_path.glob("*.db")] == ["attempts-kept.db"]
    log.drop_old(lambda position, destination: position == 400)
    assert [len(AttemptReader(tmp_path).read(n, LOOPS)) for n in (400, 800)] == [1, 0]
    log.close()


def test_a_day_within_the_retention_stays(tmp_path: Path) -> None:
    clock = StandingClock()
    written = AttemptLog(tmp_path, clock)
    written.record([attempt(1, 1, clock.at)])
    clock.at += 7 * DAY
    written.close()
    log = AttemptLog(tmp_path, clock)
    log.drop_old()
    log.close()
    assert len(AttemptReader(tmp_path).read(1, LOOPS)) == 1
