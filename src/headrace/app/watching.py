"""Looks at everything that may be alarming; keeps the audit going and definitions checked. Thin, and never in the way."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import apsw
import msgspec
import structlog

from headrace import __version__
from headrace.alarms import measures, notice, rules
from headrace.alarms.email import EmailChannel
from headrace.alarms.measures import Growth, Limits, Readings, Watched
from headrace.alarms.port import Channel
from headrace.alarms.rules import Alarm
from headrace.alarms.teller import Teller
from headrace.alarms.webhook import WebhookChannel
from headrace.app import lineage
from headrace.app.auditing import Auditor
from headrace.app.housekeeping.space import Space
from headrace.app.instance import OpenInstance
from headrace.app.kept import ALARMS, shown
from headrace.delivery.port import Transport
from headrace.errors import HeadraceError
from headrace.fate import State

log = structlog.get_logger(__name__)
LOOK = 1.0  # s
JUDGE = 3  # looks between two looks at what is alarming
ROUND = 10  # looks between two steps of the audit's round
MINUTE = 60  # looks between two times at which what was seen is kept
BEAT = 600  # looks between two beats of the lineage


class Watcher:
    """One task of the worker. A failure of one part is told and tried again; the other parts go on."""

    def __init__(self, instance: OpenInstance, settings: Mapping[str, Any], transport: Transport, space: Space) -> None:
        self._instance, self._settings, self._space = instance, settings, space
        self._limits = Limits(
            settings["alarm_waiting"], settings["alarm_dead"], settings["alarm_free_bytes"], settings["keep_waiting"],
            settings["keep_waiting_bytes"], settings["retention_bytes"],
        )  # fmt: skip
        self._auditor = Auditor(instance)
        self._channels = channels(instance, settings, transport)
        self._teller = Teller(instance.watch, self._channels, instance.clock)
        self._growth: dict[str, Growth] = {}
        raw = instance.watch.recall(ALARMS)
        self._alarms: dict[str, Alarm] = msgspec.json.decode(raw, type=dict[str, Alarm]) if raw else {}
        self._tasks: dict[str, asyncio.Task[Any]] = {}
        instance.watched = self.status

    def status(self) -> dict[str, Any]:
        return shown(self._auditor.progress, self._alarms)

    async def run(self) -> None:
        looks = 0
        while True:
            await self._try("audit", self._auditor.step(go_round=looks % ROUND == 0))
            if looks % JUDGE == 0:
                await self._try("alarms", self._judge())
            if looks % MINUTE == MINUTE - 1:
                await self._try("keeping", self._keep())
            if looks % BEAT == BEAT - 1:
                await self._try("lineage", lineage.beat(self._instance))
            self._aside("telling", self._teller.tell_due)
            self._check_definitions()
            looks += 1
            await self._instance.clock.sleep(LOOK)

    async def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await self._try("keeping", self._keep())

    async def _try(self, what: str, part: Awaitable[None]) -> None:
        try:
            await part
        except (HeadraceError, OSError, apsw.Error) as error:
            log.error("a part of watching failed and will be tried again", part=what, error=str(error))

    def _aside(self, name: str, start: Callable[[], Awaitable[Any]]) -> None:
        """Beside the loop, at most one of each name: a webhook that hangs must not hold up the audit."""
        running = self._tasks.get(name)
        if running is None or running.done():
            self._tasks[name] = asyncio.create_task(self._try(name, start()))

    # --- what is alarming ------------------------------------------------------------------------------------------

    async def _judge(self) -> None:
        now = self._instance.clock.now_ms()
        found = await asyncio.to_thread(self._read, now)
        self._alarms, changes = rules.step(self._alarms, measures.measures(found, self._limits, now), now)
        for change in changes:
            alarm = change.alarm
            say = log.error if change.what == "started" else log.info
            say(f"alarm {change.what}", alarm=alarm.kind, subject=alarm.subject, sentence=alarm.sentence)
        if changes:
            told = notice.notices(changes, tuple(self._channels), now, self._instance.chance.uuid4)
            await asyncio.to_thread(self._instance.watch.add_notices, told)
            await asyncio.to_thread(self._keep_alarms)

    def _read(self, now: int) -> Readings:
        instance = self._instance
        counts, health = instance.journal.counts(), instance.health()
        oldest = instance.delivery.queue.oldest()
        destinations = []
        for d in instance.store.snapshot().destinations:
            known = health.get(d.id)
            state = "disabled" if not d.enabled else known.state if known else "running"
            growth = self._growth.setdefault(d.id, Growth())
            dead = counts.get(d.id, {}).get(State.DEAD, 0) - instance.saving.left_out.get(d.id, 0)
            more = growth.of(dead, now)
            destinations.append(Watched(d.name, state, known.reason if known else "", more, oldest.get(d.id)))
        free = shutil.disk_usage(instance.data.root).free
        differences = self._auditor.progress.differences
        return Readings(destinations, free, self._space.waiting_bytes, self._space.pinned_bytes, differences)

    async def _keep(self) -> None:
        await self._auditor.keep()
        await asyncio.to_thread(self._keep_alarms)
        await asyncio.to_thread(self._instance.checks.flush)

    def _keep_alarms(self) -> None:
        self._instance.watch.keep({ALARMS: msgspec.json.encode(self._alarms)})

    # --- definitions -----------------------------------------------------------------------------------------------

    def _check_definitions(self) -> None:
        instance = self._instance
        assert instance.deliverer is not None
        for d in instance.store.snapshot().destinations:
            if d.enabled and instance.deliverer.check_is_due(instance.checks, d.id):
                check, identifier = instance.deliverer.check, d.id
                self._aside(f"check {d.id}", lambda check=check, of=identifier: check(instance.checks, of))  # type: ignore[misc]


def channels(instance: OpenInstance, settings: Mapping[str, Any], transport: Transport) -> dict[str, Channel]:
    """The ways to a person that are set."""
    found: dict[str, Channel] = {}
    where = instance.url("console") or str(instance.data.root)
    if settings["alarm_webhook"]:
        secret, agent = settings["alarm_webhook_secret"], f"Headrace/{__version__}"
        found["webhook"] = WebhookChannel(settings["alarm_webhook"], secret, where, agent, transport, instance.clock)
    if settings["alarm_email"] and settings["alarm_smtp"]:
        mailbox = notice.mailbox(settings["alarm_smtp"])
        found["email"] = EmailChannel(mailbox, settings["alarm_email_from"], settings["alarm_email"], where)
    return found
