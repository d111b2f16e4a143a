"""A console in this process over a real data directory: events go in as the gateway writes them, answers are settled."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

from headrace.app.instance import OpenInstance
from headrace.app.paths import DataDirectory
from headrace.clock import SystemChance
from headrace.console.app import create_api
from headrace.console.login import Logins
from headrace.console.wire import Wire
from headrace.delivery.port import Settlement
from headrace.destinations.register import CATALOG
from headrace.event import AcceptedEvent
from headrace.fate import SENTENCES, Code, State
from headrace.gateway.rejected import RejectedLog
from headrace.journal.port import Attempt
from headrace.routing.router import Router
from headrace.settings import defaults
from headrace.storage.sqlite.delivery.attempts import AttemptLog
from headrace.storage.sqlite.eventlog.limits import EventLogSettings
from headrace.storage.sqlite.eventlog.writer import SqliteEventLog

NOON = 1_800_000_000_000
PASSWORD = "correct horse battery"
KEY = "0123456789abcdef0123456789abcdef"
AGENT = "Mozilla/5.0 (walk)"


class SetClock:
    """Stands until it is moved; sleeping takes none of its time but lets others run.

    The few real milliseconds keep the live pages' tail, which looks again and again, from taking a core: nothing tells it
    that somebody wrote. No test waits for them to pass.
    """

    def __init__(self) -> None:
        self.at = NOON

    def now_ms(self) -> int:
        return self.at

    def monotonic(self) -> float:
        return self.at / 1000

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0.005)


class House:
    def __init__(self, root: Path, url: str = "http://127.0.0.1:8081", engine: bool = True) -> None:
        self.clock = SetClock()
        self.data = DataDirectory(root)
        self.loop = asyncio.new_event_loop()
        self.instance = OpenInstance(self.data, CATALOG, self.clock, SystemChance(), defaults(), engine)
        self.log = self._run(self._opened_log)
        self.rejected = RejectedLog(self.data.gateway_db, self.clock)
        self.attempts = AttemptLog(self.data.attempts, self.clock)
        self.instance.urls = {"console": url, "gateway": "http://127.0.0.1:8080", "engine": "http://127.0.0.1:8082"}
        self.logins = Logins(self.instance.store.db, self.clock, SystemChance())
        store = self.instance.store
        self.source = store.add_source("test", "website", "javascript").id
        settings = {"api_key": KEY, "base_url": "https://app.loops.so/api"}
        self.loops = store.add_destination("test", "loops", "loops", settings).id
        store.connect("test", self.source, self.loops, 0)
        self.api: FastAPI = create_api(self.instance, self.logins)
        self.app = Wire(self.api, self.instance)
        self.router = Router(self.instance.log, self.instance.delivery, store.snapshot, CATALOG)
        self.tokens = {role: self.logins.create_token(role, role)[1] for role in ("viewer", "editor", "owner")}

    async def _opened_log(self) -> SqliteEventLog:
        self.data.events.mkdir(parents=True, exist_ok=True)
        return SqliteEventLog.open(self.data.events, self.clock, EventLogSettings(min_free_bytes=0))

    def close(self) -> None:
        self.rejected.close()
        self.attempts.close()
        self._run(self.log.close)
        self.instance.close()
        self.loop.close()

    def _run(self, make: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        return self.loop.run_until_complete(make())

    def wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    # --- what SDKs and destinations do -----------------------------------------------------------------------------

    def accept(self, *messages: dict[str, Any], source: str | None = None) -> list[int]:
        """As the gateway writes them; the positions."""
        accepted = [
            AcceptedEvent(
                source or self.source,
                str(m.get("messageId") or f"m{self.instance.log.head()}-{number}"),
                self.clock.at,
                "127.0.0.1",
                "rudder",
                None,
                str(m.get("userId") or ""),
                str(m.get("anonymousId") or ""),
                json.dumps(m).encode(),
            )
            for number, m in enumerate(messages)
        ]
        return [logged.position for logged in self.wait(self.log.append(accepted))]

    def route(self) -> None:
        while self.wait(self.router.step()):
            pass

    def take(self, *messages: dict[str, Any]) -> list[int]:
        positions = self.accept(*messages)
        self.route()
        return positions

    def settle(
        self, state: State = State.DELIVERED, code: Code = Code.DELIVERED, reason: str = "", to: str | None = None,
        limit: int = 1000, next_at: int | None = None,
    ) -> list[int]:  # fmt: skip
        """Everything that may leave gets this fate."""
        destination = to or self.loops
        delivery = self.instance.delivery
        claims = self.wait(delivery.claim(destination, limit, self.clock.at))
        copies = {c.position: json.dumps(self.instance.message(c.position)).encode() for c in claims}
        dead = state is State.DEAD
        self.wait(
            delivery.settle(
                [
                    Settlement(
                        c.position, destination, state, code, reason or SENTENCES[code], self.clock.at, c.attempts + 1,
                        c.key_turn, None, next_at, copy=copies[c.position] if dead else None,
                    )
                    for c in claims
                ]
            )
        )  # fmt: skip
        return [c.position for c in claims]

    def attempt(self, position: int, status: int | None, answer: str, outcome: str, number: int = 1) -> None:
        """Told to the attempt log and on disk when this returns."""
        made = Attempt(
            position, self.loops, number, "delivery", self.clock.at, "PUT", "https://app.loops.so/api/v1/contacts/update",
            {"Authorization": "Bearer ••••cdef", "Content-Type": "application/json"}, {"email": "ada@example.com"},
            status, answer, None if status else "timeout", 12, outcome,
        )  # fmt: skip
        self.attempts.record([made])
        self.attempts.close()
        self.attempts = AttemptLog(self.data.attempts, self.clock)

    # --- who calls -------------------------------------------------------------------------------------------------

    def client(self, role: str | None = None, **headers: str) -> TestClient:
        """A caller: by token of a role, or nobody yet."""
        if role is not None:
            headers["Authorization"] = f"Bearer {self.tokens[role]}"
        base = self.instance.urls["console"] or ""
        agent = headers.pop("user-agent", AGENT)
        client = TestClient(self.app, base_url=base, headers=headers, raise_server_exceptions=True, follow_redirects=False)
        client.headers["user-agent"] = agent
        return client

    def person(self, email: str = "olive@example.com", role: str = "owner", password: str = PASSWORD) -> TestClient:
        """Somebody with a password, logged in as in a browser."""
        hashed = self.logins.password(password)
        self.instance.store.db.write(lambda c: self.logins.add(c, email, email.split("@")[0], role, hashed))
        client = self.client()
        answer = client.post("/api/v1/session", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        return client


def identify(user: str, email: str | None = None, **more: Any) -> dict[str, Any]:
    traits = {"email": email} if email else {}
    return {"type": "identify", "userId": user, "traits": traits | more.pop("traits", {}), **more}


def track(user: str, event: str, **more: Any) -> dict[str, Any]:
    return {"type": "track", "userId": user, "event": event, **more}
