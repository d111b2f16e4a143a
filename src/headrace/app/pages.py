"""`console.port.PageSupport`: what the console's pages need of routing, delivery and the gateway."""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import shutil
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec

from headrace import __version__
from headrace.app.paths import DataDirectory
from headrace.clock import Clock
from headrace.console import shapes
from headrace.console.port import Asked, Journal, Rendering
from headrace.delivery import render
from headrace.delivery.deliverer import Deliverer
from headrace.delivery.masking import mask
from headrace.delivery.port import NoAnswer
from headrace.destinations.port import Address, Builtin, Catalog, Filtered, Refused, Request
from headrace.errors import HeadraceError
from headrace.event import Facts, LoggedEvent
from headrace.routing.message import decode, person
from headrace.storage.sqlite.delivery.db import DeliveryDb
from headrace.workspace.store import WorkspaceStore

NOWHERE = Address("(no address yet)", {}, "")
WITHIN = 20.0  # s for a call to our own gateway


class Whole(Protocol):
    """The opened instance, as far as it is asked here."""

    data: DataDirectory
    store: WorkspaceStore
    journal: Journal
    catalog: Catalog
    clock: Clock
    delivery: DeliveryDb
    deliverer: Deliverer | None
    local: Mapping[str, str | None]

    def builtin(self) -> Builtin | None: ...


class Pages:
    def __init__(self, instance: Whole, settings: Mapping[str, Any]) -> None:
        self._instance = instance
        self._settings = {key: value for key, value in settings.items() if key != "secret_key"}

    def data_directory(self) -> str:
        return str(self._instance.data.root)

    def settings(self) -> Mapping[str, Any]:
        return self._settings

    def free_bytes(self) -> int:
        return shutil.disk_usage(self._instance.data.root).free

    # --- events ----------------------------------------------------------------------------------------------------

    def decoded(self, logged: LoggedEvent) -> dict[str, Any]:
        source = self._instance.store.snapshot().source(logged.source_id)
        return decode(logged) | {"sourceId": logged.source_id, "sourceName": source.name if source else None}

    def person(self, logged: LoggedEvent, message: Mapping[str, Any]) -> str:
        return person(logged, message)

    def row(self, logged: LoggedEvent, message: Mapping[str, Any]) -> dict[str, Any]:
        workspace = self._instance.store.snapshot()
        source = workspace.source(logged.source_id)
        names = {d.id: d.name for d in workspace.destinations}
        fates = self._instance.journal.fates(logged.position)
        return shapes.event(logged, message, person(logged, message), fates, source.name if source else None, names)

    # --- destinations ----------------------------------------------------------------------------------------------

    def rendered(self, kind: str, settings: Mapping[str, Any], message: Mapping[str, Any]) -> Rendering:
        type_ = self._instance.catalog[kind]
        if (left_out := type_.takes(message)) is not None:
            return Rendering("filtered", code=left_out.code, reason=left_out.reason)
        made = type_.translate(message, settings, Facts(), self._instance.clock.now_ms())
        if isinstance(made, Filtered | Refused):
            what = "filtered" if isinstance(made, Filtered) else "refused"
            return Rendering(what, code=made.code, reason=made.reason)
        address = type_.address(settings, self._instance.builtin()) or NOWHERE
        sent = render.outgoing(made.request, address, f"Headrace/{__version__}", type_.policy(settings).timeout)
        return Rendering(
            outcome="request",
            method=sent.method,
            url=mask(sent.url, address.secrets),
            headers=mask(sent.headers, address.secrets),
            body=mask(render.shown(sent.body), address.secrets),
            warnings=made.warnings,
        )

    async def ask(self, destination_id: str, request: Request) -> Asked:
        got = await self._running().ask(destination_id, request)
        if isinstance(got, NoAnswer):
            return Asked(None, None, got.detail)
        try:
            body = msgspec.json.decode(got.body)
        except msgspec.DecodeError:
            body = got.body[:2000].decode(errors="replace")
        return Asked(got.status, body, "")

    async def retry_now(self, destination_id: str, position: int) -> bool:
        waits = await self._instance.delivery.retry_now(destination_id, position)
        self._running().notify()
        return waits

    def _running(self) -> Deliverer:
        if self._instance.deliverer is None:
            raise HeadraceError("Headrace is not running. Start it with `headrace up`.")
        return self._instance.deliverer

    # --- the gateway -----------------------------------------------------------------------------------------------

    async def call(self, write_key: str, call: Mapping[str, Any]) -> tuple[int, str]:
        return await asyncio.to_thread(self._call, write_key, call)

    def _call(self, write_key: str, call: Mapping[str, Any]) -> tuple[int, str]:
        address = urlsplit(self._instance.local.get("gateway") or "")
        if not address.hostname:
            raise HeadraceError("The gateway is not running. Start it with `headrace up`.")
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=WITHIN)
        key = base64.b64encode(f"{write_key}:".encode()).decode()
        body = json.dumps({"batch": [call]}, ensure_ascii=True)
        try:
            headers = {"Authorization": f"Basic {key}", "Content-Type": "application/json", "User-Agent": "Headrace console"}
            connection.request("POST", "/v1/batch", body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read(4096).decode(errors="replace")
        except OSError as error:
            raise HeadraceError(f"The gateway does not answer: {error}. Try again in a moment.") from error
        finally:
            connection.close()
