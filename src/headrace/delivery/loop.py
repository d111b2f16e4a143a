"""One destination's loop: claims what may leave, hands it to the courier, settles, and watches the health. Thin."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import msgspec
import structlog

from headrace.delivery import health as rules
from headrace.delivery.courier import Courier, Result
from headrace.delivery.gate import Gates
from headrace.delivery.port import Claimed, DestinationHealth, NoAnswer, Settlement
from headrace.delivery.sending import Tools
from headrace.delivery.setup import Setup, ask, learn_team, set_up
from headrace.delivery.turns import SHARE
from headrace.destinations.port import Pause
from headrace.errors import HeadraceError
from headrace.fate import SENTENCES, Code, State
from headrace.workspace.model import Destination

log = structlog.get_logger(__name__)
IN_FLIGHT = 64  # most deliveries on their way at once
IDLE = 30.0  # s; a look even when nobody woke us
ASK_AGAIN = 600_000  # ms until a destination that did not say who it is is asked again


class DestinationLoop:
    """Runs until `stop`; what is on its way then is finished."""

    def __init__(self, destination_id: str, tools: Tools, gates: Gates) -> None:
        self.destination_id = destination_id
        self._tools = tools
        self._gates = gates
        self._wake = asyncio.Event()
        self._stopping = False
        self._in_flight: dict[asyncio.Task[None], bool] = {}  # each delivery that is on its way, and whether it gives way
        self._signals = rules.Signals()
        self._last_answer = 0  # ms
        self._last_try: dict[int, int] = {}  # position -> ms of its last failure, for patience
        self._courier = Courier(tools, self._may_leave)
        self._credit = 0.0  # claims that what gives way has earned
        self._asked_for: dict[str, int] = {}  # pace key -> ms when the team behind it was asked for
        self._taken_up: tuple[str, Mapping[str, Any]] | None = None  # account and settings
        self._configured: Destination | None = None
        self.health = tools.store.health().get(destination_id) or rules.running(destination_id, tools.clock.now_ms())

    def wake(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                wait = await self._step()
            except HeadraceError as error:
                log.error("a destination cannot be worked on", destination=self.destination_id, error=str(error))
                wait = IDLE
            except Exception as error:  # a commit that failed, say: this destination goes on as soon as that works again
                log.exception("a destination's step failed", destination=self.destination_id, error=repr(error))
                wait = 1.0
            if wait > 0 and not self._wake.is_set():
                await self._rest(wait)

    async def stop(self) -> None:
        """Nothing new leaves; what is on its way is finished (its own time limit bounds that)."""
        self._stopping = True
        self.wake()
        if self._in_flight:
            await asyncio.wait(self._in_flight)

    # --- steps -----------------------------------------------------------------------------------------------------

    async def _step(self) -> float:
        """Do what can be done now; seconds until there may be more."""
        destination = self._tools.workspace().destination(self.destination_id)
        if destination is None:
            return IDLE
        await self._notice(destination)
        if self.health.state == "disabled":
            return IDLE
        kind = self._tools.catalog[destination.type]
        setup = set_up(self._tools, self._gates, destination.id, kind, destination.settings)
        if setup is None:
            missing = Pause(Code.KEY_REFUSED, "This destination has no API Key yet. Paste one in its configuration.")
            if self.health.code is not missing.code or self.health.reason != missing.reason:
                await self._set(rules.paused(self.destination_id, missing.code, missing.reason, self._now()))
            return IDLE
        if self.health.state != "running":
            return await self._probe(setup)
        if await self._introduce(setup):
            return 0.0
        return await self._pump(setup, IN_FLIGHT)

    async def _notice(self, destination: Destination) -> None:
        """Take up what changed in the workspace."""
        before, self._configured = self._configured, destination
        if not destination.enabled:
            if self.health.state != "disabled":
                await self._set(rules.disabled(self.destination_id, self._now()))
            return
        if self.health.state == "disabled":
            await self._set(rules.running(self.destination_id, self._now()))
        if before is not None and before.settings != destination.settings:
            self._courier.forget_known()
            if self.health.state in ("paused", "down") and self.health.code not in (Code.PAUSED_BY_HAND, Code.RESTORED):
                await self.look_now()

    async def _introduce(self, setup: Setup) -> bool:
        """Asks who is behind the key, once: what shares one pace is the team. True: look again, something is known now."""
        key, now = setup.address.pace_key, self._now()
        request = setup.kind.probe()
        if request is None or self._gates.knows(setup.address):
            return False
        known = self._tools.store.team(key)
        if known is not None:
            return self._gates.learn(setup.address, known)
        if now - self._asked_for.get(key, -ASK_AGAIN) < ASK_AGAIN:
            return False
        self._asked_for[key] = now
        done = await ask(self._tools, setup, request)
        return not isinstance(done.got, NoAnswer) and await learn_team(self._tools, self._gates, setup, done.got)

    async def _take_up_settings(self, setup: Setup) -> None:
        """Under other settings another request may follow from the same call: nothing counts as sent any longer."""
        if (setup.account, setup.settings) == self._taken_up:
            return
        if await self._tools.store.settings_changed(self.destination_id, fingerprint(setup)):
            await self._tools.store.forget_sent(setup.account)
        self._taken_up = (setup.account, setup.settings)

    async def _pump(self, setup: Setup, most: int) -> float:
        room = most - len(self._in_flight)
        if room <= 0:
            return IDLE  # a delivery that ends wakes us
        if setup.gate.pace.allowed > 0:
            room = min(room, max(1, int(setup.gate.pace.allowed)))
        await self._take_up_settings(setup)
        self._credit = min(1.0, self._credit + room / SHARE)
        # half of the places are kept for live ones, which then wait for a slot only
        behind = max(0, most // 2 - sum(self._in_flight.values())) if most > 1 else None
        claims = await self._tools.store.claim(self.destination_id, room, self._now(), int(self._credit), behind)
        for claimed in claims:
            self._credit = max(0.0, self._credit - claimed.gives_way)  # what nobody live wanted is not owed
            task = asyncio.create_task(self._deliver(claimed, setup))
            self._in_flight[task] = claimed.gives_way
            task.add_done_callback(self._ended)
        if claims:
            return 0.0 if len(claims) == room and len(self._in_flight) < most else IDLE
        due = await self._tools.store.next_due(self.destination_id)
        if due is None or (due == 0 and self._in_flight):
            return IDLE
        return min(IDLE, max(0.005, (due - self._now()) / 1000))

    async def _deliver(self, claimed: Claimed, setup: Setup) -> None:
        try:
            result = await self._courier.deliver(claimed, setup)
        except Exception as error:  # one delivery's surprise must not end the others: it goes back, and is told
            log.exception("a delivery failed in an unforeseen way", position=claimed.position, error=repr(error))
            await self._tools.clock.sleep(1.0)
            await self._tools.store.hand_back(self.destination_id, [claimed.position])
        else:
            await self._written(claimed, result)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._in_flight[task]
        self.wake()

    async def _written(self, claimed: Claimed, result: Result) -> None:
        try:
            await self._settle(claimed, result)
        except Exception as error:  # the store has given the claim back: handing it back later could free somebody else's
            log.exception("an outcome could not be written down", position=claimed.position, error=repr(error))

    async def _settle(self, claimed: Claimed, result: Result) -> None:
        if result.back:
            await self._tools.store.hand_back(self.destination_id, result.back)
        if not result.settlements:
            return
        own = next((s for s in result.settlements if s.position == claimed.position), None)
        if own is not None and own.state is State.RETRYING:
            patient = self._with_patience(claimed, own)
            result = msgspec.structs.replace(
                result, settlements=tuple(patient if s is own else s for s in result.settlements)
            )
        else:
            self._last_try.pop(claimed.position, None)
        await self._tools.store.settle(result.settlements)
        await self._hear(claimed, result)

    def _with_patience(self, claimed: Claimed, settled: Settlement) -> Settlement:
        """Patience runs only while the destination answers others."""
        now = self._now()
        since = self._last_try.get(claimed.position, now)
        self._last_try[claimed.position] = now
        used = claimed.patience_used + max(0, min(now, self._last_answer) - since) / 1000
        return msgspec.structs.replace(settled, patience_used=used)

    async def _hear(self, claimed: Claimed, result: Result) -> None:
        now = self._now()
        lane = claimed.lanes[0] if claimed.lanes else f"#{claimed.position}"
        if result.pause is not None:
            await self._set(rules.paused(self.destination_id, result.pause.code, result.pause.reason, now))
            return
        if result.signal == "success":
            self._signals.success()
            self._last_answer = now
            if self.health.state == "down":
                await self._back()
        elif result.signal == "answered":
            self._signals.answered()
            self._last_answer = now
        elif result.signal == "refusal":
            self._signals.answered()
            self._last_answer = now
            self._signals.refusal(lane)
            if self._signals.is_refusing() and self.health.state == "running":
                reason = f"{SENTENCES[Code.MANY_REFUSALS]} Look at the failed events, then resume."
                await self._set(rules.paused(self.destination_id, Code.MANY_REFUSALS, reason, now))
        elif result.signal == "failure":
            self._signals.failure(lane, now)
            if self._signals.is_down(now) and self.health.state == "running":
                own = next(s for s in result.settlements if s.position == claimed.position)
                await self._set(rules.down(self.destination_id, Code(own.code), now))

    # --- health ----------------------------------------------------------------------------------------------------

    async def _probe(self, setup: Setup) -> float:
        health = self.health
        if health.probe_at is None:
            return IDLE
        wait = (health.probe_at - self._now()) / 1000
        if wait > 0:
            return wait
        request = setup.kind.probe()
        if request is None:
            return await self._probe_by_delivery(setup)
        done = await ask(self._tools, setup, request)
        if isinstance(done.got, NoAnswer):
            await self._set(rules.probed_in_vain(health, self._now()))
            return 0.0
        said = setup.kind.connected(done.got, setup.address.base_url)
        if isinstance(said, str):
            await learn_team(self._tools, self._gates, setup, done.got)
            await self._back()
        elif isinstance(said, Pause):
            fresh = rules.paused(self.destination_id, said.code, said.reason, self._now())
            same = health.state == "paused"
            await self._set(rules.probed_in_vain(health if same else fresh, self._now(), said.code, said.reason))
        else:
            await self._set(rules.probed_in_vain(health, self._now()))
        return 0.0

    async def _probe_by_delivery(self, setup: Setup) -> float:
        """No harmless question is known for this type: one delivery at a time tells."""
        if self._in_flight:
            return IDLE
        await self._set(rules.probed_in_vain(self.health, self._now()))  # unless it goes well
        self._probing = True
        try:
            wait = await self._pump(setup, 1)
            if self._in_flight:
                await asyncio.wait(self._in_flight)
        finally:
            self._probing = False
        return min(wait, IDLE)

    async def _back(self) -> None:
        self._signals.success()
        await self._tools.store.clear_retry_times(self.destination_id, self._now())
        await self._set(rules.running(self.destination_id, self._now()))

    async def look_now(self) -> None:
        """A person, or new settings, say that it may be well again."""
        if self.health.state == "disabled":
            return
        configured = self._tools.workspace().destination(self.destination_id)
        kind = self._tools.catalog[configured.type] if configured else None
        by_hand = self.health.code in rules.ONLY_A_PERSON
        if by_hand or kind is None or kind.probe() is None:
            await self._back()
        elif self.health.state != "running":
            changed = DestinationHealth(
                self.destination_id,
                self.health.state,
                self.health.code,
                self.health.reason,
                self.health.since,
                self._now(),
            )
            await self._set(changed)
        self.wake()

    async def pause(self) -> None:
        await self._set(rules.paused(self.destination_id, Code.PAUSED_BY_HAND, SENTENCES[Code.PAUSED_BY_HAND], self._now()))

    async def _set(self, health: DestinationHealth) -> None:
        if health.state != self.health.state:
            name = self._configured.name if self._configured else self.destination_id
            log.warning(
                "destination changes state",
                destination=name, before=self.health.state, now=health.state, reason=health.reason,
            )  # fmt: skip
        self.health = health
        await self._tools.store.set_health(health)
        self.wake()

    _probing = False

    def _may_leave(self) -> bool:
        return not self._stopping and (self.health.state == "running" or self._probing)

    def _now(self) -> int:
        return self._tools.clock.now_ms()

    async def _rest(self, seconds: float) -> None:
        woken = asyncio.create_task(self._wake.wait())
        slept = asyncio.create_task(self._tools.clock.sleep(seconds))
        await asyncio.wait({woken, slept}, return_when=asyncio.FIRST_COMPLETED)
        for task in (woken, slept):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


def fingerprint(setup: Setup) -> str:
    """Tells two settings, or two accounts, apart; nothing can be read from it."""
    whole = json.dumps([setup.account, setup.settings], sort_keys=True, default=str)
    return hashlib.sha256(whole.encode()).hexdigest()[:32]
