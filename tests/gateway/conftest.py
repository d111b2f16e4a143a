"""A real gateway on a free port, over a real event log, with two sources."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from headrace.clock import SystemChance, SystemClock
from headrace.gateway.app import Gateway, GatewaySettings
from headrace.gateway.rejected import RejectedLog
from headrace.gateway.server import Patience
from headrace.gateway.sources import SourceBook
from headrace.routing.message import decode
from headrace.storage.sqlite.eventlog.limits import EventLogSettings
from headrace.storage.sqlite.eventlog.reader import SqliteEventLogReader
from headrace.storage.sqlite.eventlog.writer import SqliteEventLog
from tests.harness.serving import Raw, request, serving, talk

KEY, OFF = "2aBcDeFgHiJkLmNoPqRsTuVwXyZ", "disabledKey1"
SOURCES = {
    "revision": 1,
    "workspace_id": "ws1",
    "gateway_url": "https://events.example.com",
    "sources": [
        {"id": "s1", "name": "website", "write_key": KEY, "enabled": True},
        {"id": "s2", "name": "old", "write_key": OFF, "enabled": False},
    ],
}


class Talker:
    """Sends calls as SDKs do, and reads what was accepted."""

    def __init__(self, port: int, folder: Path) -> None:
        self.port = port
        self.folder = folder

    def post(self, path: str, body: Any, key: str | None = KEY, **headers: str) -> Raw:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        auth = {"Authorization": "Basic " + b64encode(f"{key}:".encode()).decode()} if key is not None else {}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return talk(self.port, request("POST", path, raw, auth | named))

    def ask(self, method: str, path: str, **headers: str) -> Raw:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return talk(self.port, request(method, path, b"", named))

    def accepted(self) -> list[dict[str, Any]]:
        reader = SqliteEventLogReader(self.folder / "events")
        events = [decode(e) for e in reader.read(0, 10_000) if e.duplicate_of is None]
        reader.close()
        return events


class Disk:
    """Full or not, at once: the log looks at the free space as often as this clock lets it."""

    def __init__(self, log: SqliteEventLog) -> None:
        self._log = log

    def is_full(self, full: bool) -> None:
        self._log.change(EventLogSettings(min_free_bytes=2**62 if full else 0))


@pytest.fixture
def disks() -> list[SqliteEventLog]:
    """The log behind the gateway, once it is up."""
    return []


@pytest.fixture
def disk(gateway: Talker, disks: list[SqliteEventLog]) -> Disk:
    return Disk(disks[0])


@pytest.fixture
def gateway_settings() -> GatewaySettings:
    """A test that wants others has a fixture of its own by this name."""
    return GatewaySettings()


@pytest.fixture
def gateway(tmp_path: Path, disks: list[SqliteEventLog], gateway_settings: GatewaySettings) -> Iterator[Talker]:
    (tmp_path / "sources.json").write_text(json.dumps(SOURCES))

    async def make() -> tuple[Any, Callable[[], Awaitable[None]]]:
        clock = SystemClock()
        log = SqliteEventLog.open(tmp_path / "events", clock, EventLogSettings(min_free_bytes=0))
        disks.append(log)
        rejected = RejectedLog(tmp_path / "gateway.db", clock)
        book = SourceBook(tmp_path / "sources.json", clock)
        app = Gateway(log, book, rejected, clock, SystemChance(), gateway_settings)

        async def close() -> None:
            await log.close()
            rejected.close()

        return app, close

    with serving(make, Patience(header=1.0, body=1.5, idle=5, stop=2)) as port:
        yield Talker(port, tmp_path)
