"""SDKs swallow a 401, so `up` says it: once a minute for each reason and SDK, and never more than one can read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from headrace.gateway.rejected import MOST_TOLD, RejectedLog
from tests.storage.queue import StandingClock


class Told:
    def __init__(self, folder: Path) -> None:
        self.clock = StandingClock()
        self.lines: list[str] = []
        self.log = RejectedLog(folder / "gateway.db", self.clock, self.lines.append)

    def refuse(self, reason: str, sdk: str) -> None:
        self.log.add(401, reason, "/v1/batch", None, sdk, "127.0.0.1", b"")


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    found = Told(tmp_path)
    yield found
    found.log.close()


def test_ada_reads_one_line_a_minute_for_each_reason_and_sdk_and_how_often_it_happened(told: Told) -> None:
    for _ in range(50):
        told.refuse("invalid write key", "analytics-python/2.1")
    told.refuse("invalid write key", "analytics-node/3.0")
    told.refuse("invalid json", "analytics-python/2.1")
    assert told.lines == [
        "/v1/batch: invalid write key, from analytics-python/2.1",
        "/v1/batch: invalid write key, from analytics-node/3.0",
        "/v1/batch: invalid json, from analytics-python/2.1",
    ]
    told.clock.at += 60_000
    told.refuse("invalid write key", "analytics-python/2.1")
    assert told.lines[3:] == ["/v1/batch: invalid write key, from analytics-python/2.1 (and 49 more in the last minute)"]


def test_somebody_who_changes_names_with_each_call_does_not_fill_adas_terminal(told: Told) -> None:
    for number in range(3000):
        told.refuse("invalid write key", f"bot/{number}")
    assert len(told.lines) == MOST_TOLD
    told.clock.at += 60_000
    told.refuse("invalid json", "analytics-python/2.1")
    assert told.lines[-1] == "/v1/batch: invalid json, from analytics-python/2.1"
