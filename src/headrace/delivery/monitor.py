"""Keeps one destination's health: hears answers, asks whether it is well again, does as people say. `health` decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
import structlog

from headrace.delivery import health as rules
from headrace.delivery.gate import Gates
from headrace.delivery.health import Said
from headrace.delivery.port import DestinationHealth, NoAnswer
from headrace.delivery.sending import Tools
from headrace.delivery.setup import Setup, ask, learn_team
from headrace.destinations.port import Pause, Request
from headrace.fate import SENTENCES, Code

log = structlog.get_logger(__name__)
NO_KEY = Pause(Code.KEY_REFUSED, "This destination has no API Key yet. Paste one in its configuration.")


class Monitor:
    """`health` is durable; `changed` is called after each change of it."""

    def __init__(self, destination_id: str, tools: Tools, gates: Gates, changed: Callable[[], None]) -> None:
        self.destination_id = self.name = destination_id  # `name` is for the log, and told once it is known
        self._tools, self._gates, self._changed = tools, gates, changed
        self._signals = rules.Signals()
        self._trying = False
        self.health = tools.store.health().get(destination_id) or rules.running(destination_id, tools.clock.now_ms())

    def may_leave(self) -> bool:
        return self.health.state == "running" or (self._trying and not rules.is_held(self.health))

    async def hear(self, signal: rules.Signal, lane: str, code: str, pause: Pause | None) -> None:
        """What the answer to a delivery says. `code`: what became of it."""
        said = Said(signal, lane, Code(code), pause, self._trying)
        await self._take(rules.heard(self.health, self._signals, said, self._now()))

    # --- whether it is well again ----------------------------------------------------------------------------------

    def until_probe(self) -> float | None:
        """Seconds, 0: now; None: nothing is probed."""
        return rules.until_probe(self.health, self._now())

    async def probe(self, setup: Setup, request: Request) -> None:
        health = self.health
        done = await ask(self._tools, setup, request)
        if self.health is not health:
            return  # a person, or a delivery that was on its way, said something newer meanwhile
        said = None if isinstance(done.got, NoAnswer) else setup.kind.connected(done.got, setup.address.base_url)
        if isinstance(said, str) and not isinstance(done.got, NoAnswer):
            await learn_team(self._tools, self._gates, setup, done.got)
        await self._take(rules.probed(health, said if isinstance(said, str | Pause) else None, self._now()))

    async def expect_nothing(self) -> None:
        """Unless what is sent to try goes well."""
        await self._set(rules.probed_in_vain(self.health, self._now()))

    @contextmanager
    def trying(self) -> Iterator[None]:
        """No harmless question is known for this type: one delivery at a time tells."""
        self._trying = True
        try:
            yield
        finally:
            self._trying = False

    # --- what people say -------------------------------------------------------------------------------------------

    async def enable(self, enabled: bool) -> None:
        if not enabled and self.health.state != "disabled":
            await self._set(rules.disabled(self.destination_id, self._now()))
        if enabled and self.health.state == "disabled":
            await self._set(rules.running(self.destination_id, self._now()))

    async def lack_address(self) -> None:
        if self.health.code is not NO_KEY.code or self.health.reason != NO_KEY.reason:
            await self._set(rules.paused(self.destination_id, NO_KEY.code, NO_KEY.reason, self._now()))

    async def pause(self) -> None:
        await self._set(rules.paused(self.destination_id, Code.PAUSED_BY_HAND, SENTENCES[Code.PAUSED_BY_HAND], self._now()))

    async def settings_changed(self) -> None:
        if self.health.state in ("paused", "down") and self.health.code not in (Code.PAUSED_BY_HAND, Code.RESTORED):
            await self.look_now()

    async def look_now(self) -> None:
        """A person, or new settings, say that it may be well again."""
        if self.health.state == "disabled":
            return
        configured = self._tools.workspace().destination(self.destination_id)
        kind = self._tools.catalog[configured.type] if configured else None
        if self.health.code in rules.ONLY_A_PERSON or kind is None or kind.probe() is None:
            await self._back()
        elif self.health.state != "running":
            await self._set(msgspec.structs.replace(self.health, probe_at=self._now(), probes=0))
        self._changed()

    # --- inside ----------------------------------------------------------------------------------------------------

    async def _take(self, health: DestinationHealth) -> None:
        if health is self.health:
            return
        await (self._back() if health.state == "running" else self._set(health))

    async def _back(self) -> None:
        self._signals.success()
        await self._tools.store.clear_retry_times(self.destination_id, self._now())
        await self._set(rules.running(self.destination_id, self._now()))

    async def _set(self, health: DestinationHealth) -> None:
        if health.state != self.health.state:
            log.warning(
                "destination changes state",
                destination=self.name, before=self.health.state, now=health.state, reason=health.reason,
            )  # fmt: skip
        self.health = health
        await self._tools.store.set_health(health)
        self._changed()

    def _now(self) -> int:
        return self._tools.clock.now_ms()
