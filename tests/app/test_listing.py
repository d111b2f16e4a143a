"""Who asks for somebody's newest lines does not wait until the whole log was read."""

from __future__ import annotations

from pathlib import Path

import pytest

from headrace.app.listing import logged_of
from headrace.event import LoggedEvent
from headrace.storage.sqlite.eventlog.limits import EventLogSettings
from headrace.storage.sqlite.eventlog.reader import SqliteEventLogReader
from headrace.storage.sqlite.eventlog.writer import SqliteEventLog
from tests.eventlog.events import StillClock, event
from tests.eventlog.test_eventlog import with_log


def test_adas_newest_event_by_her_email_is_told_without_reading_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def body(log: SqliteEventLog) -> None:
        for number in range(20):
            await log.append([event(f"ada@example.com {number}", user="ada@example.com" if number % 2 else "bob")])

    with_log(tmp_path, body, StillClock(), EventLogSettings(segment_bytes=200, min_free_bytes=0))
    reader = SqliteEventLogReader(tmp_path)
    all_of_hers = [e.position for e in logged_of(reader, "ada@example.com", None)]
    assert all_of_hers == list(range(20, 0, -1))
    assert [e.position for e in logged_of(reader, "email:ADA@example.com", 5)] == [4, 3, 2, 1]
    asked: list[int] = []
    real = reader._block_at

    def block_at(position: int) -> list[LoggedEvent]:
        asked.append(position)
        return real(position)

    monkeypatch.setattr(reader, "_block_at", block_at)
    assert next(logged_of(reader, "ada@example.com", None)).position == 20
    assert min(asked) >= 15  # the newest segment, which has no index yet
    reader.close()
