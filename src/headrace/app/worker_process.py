"""The worker process: routing, delivery, engine, console, wired together."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import apsw
import msgspec
import structlog

from headrace import __version__
from headrace.app import child, first_start, lineage, logs
from headrace.app.engine_asking import Asking
from headrace.app.engine_posting import TransportPoster
from headrace.app.housekeeping.housekeeper import Housekeeper
from headrace.app.housekeeping.leavings import low_water
from headrace.app.instance import OpenInstance
from headrace.app.link import Link
from headrace.app.paths import DataDirectory
from headrace.app.runtime import read as read_runtime
from headrace.app.watching import Watcher
from headrace.clock import SystemChance, SystemClock
from headrace.console.app import create_console
from headrace.console.login import Logins
from headrace.delivery.aiohttp_transport import AiohttpTransport
from headrace.delivery.deliverer import Deliverer
from headrace.delivery.sending import Tools
from headrace.destinations.register import CATALOG
from headrace.engine.api.app import create_api
from headrace.errors import HeadraceError
from headrace.gateway.server import Patience, serve
from headrace.routing.router import Router
from headrace.storage.sqlite.delivery.attempts import AttemptLog
from headrace.workspace.publish import publish

log = structlog.get_logger(__name__)
CONFIRM_WITHIN = 5.0  # s that a change waits for the gateway to take it up


class Events:
    """EventSource over the instance."""

    def __init__(self, instance: OpenInstance) -> None:
        self._instance = instance

    def message(self, position: int) -> Mapping[str, Any] | None:
        return self._instance.message(position)


class Publisher:
    """Tells the gateway of each change, and waits until it says that it uses it."""

    def __init__(self, instance: OpenInstance, link: Link, gateway_url: str) -> None:
        self._instance = instance
        self._link = link
        self._gateway_url = gateway_url
        self._confirmed = -1
        self._written = 0  # grows with each file, also where the workspace stays the same
        self._heard = asyncio.Event()

    def write(self) -> int:
        workspace = self._instance.store.snapshot()
        suppressed = msgspec.to_builtins(self._instance.forgetting.hidden)
        self._written = max(self._written + 1, self._instance.clock.now_ms())
        publish(
            self._instance.data.sources, workspace, self._instance.store.workspace_id, self._gateway_url, suppressed,
            self._written,
        )  # fmt: skip
        return self._written

    def ask_to_erase(self) -> int:
        """Of everybody who stands in the list that was written last; its number."""
        self._link.send({"erase": self._written})
        return self._written

    def confirm(self, revision: int) -> None:
        self._confirmed = revision
        self._heard.set()

    async def changed(self) -> None:
        revision = self.write()
        assert self._instance.deliverer is not None
        self._instance.deliverer.workspace_changed()
        end = self._instance.clock.monotonic() + CONFIRM_WITHIN
        while self._confirmed < revision and self._instance.clock.monotonic() < end:
            self._heard.clear()
            self._link.send({"sources": revision})
            waiting = asyncio.create_task(self._heard.wait())
            await asyncio.wait({waiting}, timeout=0.5)
            waiting.cancel()
        if self._confirmed < revision:
            log.warning("the gateway has not confirmed a change yet; it reads it when it starts", revision=revision)


def _reported(instance: OpenInstance, logins: Logins) -> dict[str, Any]:
    """What `up` prints."""
    sources = instance.store.snapshot().sources
    link = f"{instance.url('console')}/login?token={logins.new_link()}" if logins.setup_needed() else None
    lists = instance.engine.lists() if instance.engine else []
    return {
        "write_key": sources[0].write_key if sources else None,
        "engine_api_key": instance.engine.api_key() if instance.engine else None,
        "login_url": link,
        "list_id": lists[0]["id"] if lists else None,
    }


async def main(order: child.ChildOrder) -> None:
    logs.configure(order.settings, "worker")
    reporter = child.Reporter(order.report)
    data = DataDirectory(Path(order.data))
    clock, chance = SystemClock(), SystemChance()
    try:
        instance = OpenInstance(data, CATALOG, clock, chance, order.settings, "engine" in order.listeners)
        first_start.fill(instance)
    except HeadraceError as error:
        reporter.send("fatal", message=str(error))
        return
    instance.runtime_token, instance.urls, instance.local = order.token, order.urls, order.local
    instance.pids = lambda: _pids(data)
    link = Link(child.adopt(order.link))
    logins = Logins(instance.store.db, clock, chance)
    attempts = AttemptLog(data.attempts, clock, order.settings["attempts_age"])
    publisher = Publisher(instance, link, order.urls["gateway"] or "")
    publisher.write()
    tools = _tools(instance, attempts, order)
    instance.deliverer = deliverer = Deliverer(tools)
    await _look_at_lineage(instance, order.settings)
    instance.after_change = publisher.changed
    wake, stop = asyncio.Event(), asyncio.Event()

    def tell_low_water(mark: int) -> None:
        link.send({"low_water": mark})

    housekeeper = Housekeeper(instance, order.settings, attempts, tell_low_water, wake.set)
    watcher = Watcher(instance, order.settings, tools.transport, housekeeper.space)

    def heard(message: dict[str, Any]) -> None:
        if "appended" in message:
            wake.set()
        if "sources" in message:
            publisher.confirm(message["sources"])
        if "erased" in message:
            instance.forgetting.erased(message["erased"])

    link.listen(heard)
    hides = instance.forgetting.hides
    router = Router(instance.log, instance.delivery, instance.store.snapshot, CATALOG, deliverer.notify, hides)
    deliverer.start()
    routing = asyncio.create_task(router.run(wake, stop))
    keeping = asyncio.create_task(housekeeper.run())
    watching = asyncio.create_task(watcher.run())
    instance.replays.notify = deliverer.notify
    instance.replays.hold = lambda: tell_low_water(low_water(instance))
    instance.replays.hold()
    instance.forgetting.notify = deliverer.notify
    instance.forgetting.ask_gateway_by(publisher.ask_to_erase)
    instance.flush_attempts = attempts.flush
    acting = [  # on their own, until cancelled
        asyncio.create_task(instance.replays.run()),
        asyncio.create_task(instance.forgetting.run()),
    ]
    serving = [asyncio.create_task(_serve_console(order, instance, logins, stop))]
    if instance.engine is not None:
        instance.engine.url = (order.urls["engine"] or "").rstrip("/")
        instance.engine.console_url = (order.urls["console"] or "").rstrip("/")
        instance.engine.webhooks.poster = TransportPoster(tools.transport)
        instance.engine.imports.ask = Asking(tools.transport)
        serving.append(asyncio.create_task(_serve_engine(order, instance, stop)))
        acting.append(asyncio.create_task(instance.engine.run()))
    waiting = asyncio.create_task(child.until_told_to_stop(stop))
    reporter.send("ready", **_reported(instance, logins))
    await asyncio.wait({waiting, routing, *acting, *serving}, return_when=asyncio.FIRST_COMPLETED)
    for task in (routing, *acting, *serving):
        if task.done() and (failure := task.exception()) is not None:
            log.error("the worker cannot go on and will be started again", error=repr(failure))
    stop.set()
    wake.set()
    for task in (keeping, watching, *acting):
        task.cancel()
    await asyncio.gather(keeping, watching, *acting, return_exceptions=True)
    await watcher.close()
    await deliverer.stop()
    await asyncio.gather(routing, *serving, return_exceptions=True)
    waiting.cancel()
    attempts.close()
    await _beat(instance)
    instance.close()


def _pids(data: DataDirectory) -> dict[str, int]:
    runtime = read_runtime(data)
    return {k: v for k, v in runtime.pids.items() if k != "supervisor"} if runtime else {"worker": os.getpid()}


def _tools(instance: OpenInstance, attempts: AttemptLog, order: child.ChildOrder) -> Tools:
    own = urlsplit(order.local["engine"] or "").port
    transport = AiohttpTransport(instance.clock, order.settings["refuse_private_addresses"], frozenset([own] if own else []))
    return Tools(
        store=instance.delivery,
        attempts=attempts,
        events=Events(instance),
        workspace=instance.store.snapshot,
        catalog=CATALOG,
        transport=transport,
        clock=instance.clock,
        chance=instance.chance,
        builtin=instance.builtin,
        agent=f"Headrace/{__version__}",
        notice=instance.checks.notice,
    )


async def _look_at_lineage(instance: OpenInstance, settings: Mapping[str, Any]) -> None:
    """Before anything leaves."""
    if settings.get("restored") or (settings["restore_check"] and lineage.was_restored(instance)):
        told = await lineage.pause_all(instance)
        log.warning(lineage.shown(told))
    await _beat(instance)


async def _beat(instance: OpenInstance) -> None:
    """On a full disk deliveries go on; the next beat tries again."""
    try:
        await lineage.beat(instance)
    except (OSError, apsw.Error) as error:
        log.error("lineage.json cannot be written", error=str(error))


async def _serve_console(order: child.ChildOrder, instance: OpenInstance, logins: Logins, stop: asyncio.Event) -> None:
    app = create_console(instance, logins)
    await serve(app, child.adopt(order.listeners["console"]), stop, Patience(stop=1))


async def _serve_engine(order: child.ChildOrder, instance: OpenInstance, stop: asyncio.Event) -> None:
    assert instance.engine is not None
    await serve(create_api(instance.engine), child.adopt(order.listeners["engine"]), stop, Patience(stop=5))


if __name__ == "__main__":
    child.run(main)
