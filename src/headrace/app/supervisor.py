"""`headrace up`: binds the listeners, starts gateway and worker, restarts them, stops them cleanly."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

import msgspec

from headrace import __version__
from headrace.app import link, paths, runtime, sockets
from headrace.app.child import ChildOrder
from headrace.clock import BASE62, SystemChance
from headrace.errors import HeadraceError
from headrace.settings import child_environment

READY_WITHIN = 90.0  # s; a migration or a long recovery may take a while
STOP_WITHIN = 30.0  # s; what is in flight has its own limit of 10 s
LONGEST_PAUSE = 5.0  # s between restarts
MODULES = {"worker": "headrace.app.worker_process", "gateway": "headrace.app.gateway_process"}

Say = Callable[[dict[str, Any]], None]


class Child:
    """One process and what it reports."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, reports: asyncio.StreamReader) -> None:
        self.name = name
        self.process = process
        self.reports = reports
        self.ready: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self.listening: asyncio.Task[None] | None = None

    async def read_reports(self, say: Say) -> None:
        while line := await self.reports.readline():
            report = msgspec.json.decode(line)
            if report["kind"] == "ready" and not self.ready.done():
                self.ready.set_result(report)
            elif report["kind"] == "fatal" and not self.ready.done():
                self.ready.set_exception(HeadraceError(report["message"]))
            else:
                say(report)
        if not self.ready.done():
            self.ready.set_exception(HeadraceError(f"The {self.name} process ended before it was ready."))


class Supervisor:
    """Runs one instance over a locked data directory until it is told to stop."""

    def __init__(self, data: paths.DataDirectory, settings: dict[str, Any], engine: bool, say: Say) -> None:
        self._data = data
        self._settings = settings
        self._engine = engine
        self._say = say
        self._token = SystemChance().token(32, BASE62)
        self._listeners: dict[str, socket.socket] = {}
        self._children: dict[str, Child] = {}
        self._lock = -1
        self._links = link.pair()
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Raises HeadraceError when the instance cannot start."""
        os.umask(0o077)  # the data holds people's names; nobody else on this machine needs to read it
        paths.prepare(self._data)
        self._lock = paths.lock(self._data)
        try:
            self._bind()
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, self._stopping.set)
            worker = await self._start("worker")
            await self._start("gateway")
            self._publish()
            self._say({**worker, "kind": "up", "urls": self._local(), "public": self._public(), "hosts": self._hosts()})
            keepers = [asyncio.create_task(self._keep(name)) for name in MODULES]
            await self._stopping.wait()
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)
        finally:
            await self._stop()

    def _bind(self) -> None:
        s = self._settings
        self._listeners["gateway"] = sockets.listen(s["host"], s["gateway_port"], "gateway", "--gateway-port")
        self._listeners["console"] = sockets.listen(s["console_host"], s["console_port"], "console", "--console-port")
        if self._engine:
            self._listeners["engine"] = sockets.listen(s["host"], s["engine_port"], "engine", "--engine-port")

    def _local(self) -> dict[str, str | None]:
        names = ("gateway", "console", "engine")
        return {n: sockets.local_url(self._listeners[n]) if n in self._listeners else None for n in names}

    def _public(self) -> dict[str, str | None]:
        return {name: self._settings[f"{name}_url"] or url if url else None for name, url in self._local().items()}

    def _hosts(self) -> dict[str, bool]:
        """Listeners that the network reaches and whose public address nobody told."""
        hosts = {"gateway": "host", "console": "console_host", "engine": "host"}
        return {
            name: sockets.is_public(self._settings[hosts[name]]) and not self._settings[f"{name}_url"]
            for name in self._listeners
        }

    async def _start(self, name: str) -> dict[str, Any]:
        mine = ("console", "engine") if name == "worker" else ("gateway",)
        listeners = {n: self._listeners[n].fileno() for n in mine if n in self._listeners}
        wire = self._links[0 if name == "gateway" else 1].fileno()
        report_out, report_in = os.pipe()
        order = ChildOrder(
            data=str(self._data.root),
            settings=self._settings,
            link=wire,
            report=report_in,
            listeners=listeners,
            urls=self._public(),
            local=self._local(),
            token=self._token,
            supervisor=os.getpid(),
        )
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            MODULES[name],
            stdin=asyncio.subprocess.PIPE,
            pass_fds=(*listeners.values(), wire, report_in, self._lock),
            env=child_environment(),
        )
        os.close(report_in)
        assert process.stdin is not None
        process.stdin.write(msgspec.json.encode(order) + b"\n")
        await process.stdin.drain()
        child = Child(name, process, await _reader(report_out))
        self._children[name] = child
        child.listening = asyncio.create_task(child.read_reports(self._say))
        waiting = asyncio.create_task(self._stopping.wait())
        either: set[asyncio.Future[Any]] = {child.ready, waiting}
        await asyncio.wait(either, timeout=READY_WITHIN, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if not child.ready.done():
            raise HeadraceError(f"The {name} process was not ready within {READY_WITHIN:.0f} s.")
        return child.ready.result()

    async def _keep(self, name: str) -> None:
        """Start the process again whenever it ends; its listeners stay open meanwhile, so callers wait, not fail."""
        pause = 0.1
        while not self._stopping.is_set():
            child = self._children[name]
            started = asyncio.get_running_loop().time()
            code = await child.process.wait()
            if self._stopping.is_set():
                return
            lived = asyncio.get_running_loop().time() - started
            pause = 0.1 if lived > 60 else min(pause * 2, LONGEST_PAUSE)
            self._say({"kind": "restart", "name": name, "code": code})
            while not self._stopping.is_set():
                await asyncio.sleep(pause)
                try:
                    await self._start(name)
                except HeadraceError as error:
                    self._say({"kind": "trouble", "message": str(error)})
                    pause = min(pause * 2, LONGEST_PAUSE)
                else:
                    self._publish()
                    break

    def _publish(self) -> None:
        pids = {name: child.process.pid for name, child in self._children.items()}
        local = self._local()
        assert local["gateway"] is not None
        assert local["console"] is not None
        runtime.write(
            self._data,
            runtime.Runtime(
                version=__version__,
                pids={"supervisor": os.getpid(), **pids},
                gateway=local["gateway"],
                console=local["console"],
                engine=local["engine"],
                token=self._token,
            ),
        )

    async def _stop(self) -> None:
        """The gateway first, so that nothing new comes in; then the worker, which finishes what is in flight."""
        for name in ("gateway", "worker"):
            child = self._children.get(name)
            if child is None or child.process.returncode is not None:
                continue
            child.process.terminate()
            try:
                await asyncio.wait_for(child.process.wait(), STOP_WITHIN)
            except TimeoutError:
                self._say({"kind": "trouble", "message": f"The {name} process did not stop in time and was ended."})
                child.process.kill()
                await child.process.wait()
        self._data.runtime.unlink(missing_ok=True)
        for end in (*self._listeners.values(), *self._links):
            end.close()
        os.close(self._lock)


async def _reader(descriptor: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb")
    )
    return reader
