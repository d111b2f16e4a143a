"""T1–T3, T8 of the design: what durability costs the gateway, against a bare server in the same run.

The load comes from wrk (Debian's package `wrk`), the latency at a fixed rate from a client of our own.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from pathlib import Path
from typing import Any

import msgspec
from tests.harness.instance import Running

from headrace.clock import SystemChance, SystemClock
from headrace.gateway import parse
from headrace.gateway.app import Gateway
from headrace.gateway.rejected import RejectedLog
from headrace.gateway.server import serve
from headrace.gateway.sources import SourceBook
from headrace.storage.sqlite.eventlog.writer import SqliteEventLog

KEY = "2aBcDeFgHiJkLmNoPqRsTuVwXyZ"
SECONDS = 4
ROUNDS = 3
AUTH = "Basic " + b64encode(f"{KEY}:".encode()).decode()
EVENT: dict[str, Any] = {
    "type": "track", "event": "Product Viewed", "userId": "user-123", "anonymousId": "2e1b7a0c-6f6f-4a0e-9b3c-6d5f4e3c2b1a",
    "channel": "web", "originalTimestamp": "2026-11-24T10:00:00.000Z", "sentAt": "2026-11-24T10:00:00.100Z",
    "properties": {"sku": "A-1", "price": 19.5, "currency": "EUR", "position": 3, "tags": ["a", "b"]},
    "context": {
        "traits": {"email": "user-123@example.com", "plan": "pro"}, "locale": "en-GB", "timezone": "GMT+0000",
        "page": {"path": "/p/a-1", "referrer": "$direct", "title": "Product A-1", "url": "https://shop.example/p/a-1"},
        "library": {"name": "RudderLabs JavaScript SDK", "version": "3.34.1"}, "userAgent": "Mozilla/5.0 (X11; Linux x86_64)" * 3,
    },
}  # fmt: skip


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """Reads the body and answers ok: the most that this server could do."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


async def parse_only(scope: Any, receive: Any, send: Any) -> None:
    """Checks everything, keeps nothing."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    assert isinstance(parse.batch(body, parse.Context("s1", 0, "", SystemChance().uuid4)), list)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


def server(kind: str, folder: str) -> None:
    """The process under test, on core 0; prints its port."""
    import socket

    import uvloop

    os.sched_setaffinity(0, {0})
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    bound.listen(1024)
    bound.setblocking(False)

    async def main() -> None:
        app: Any = {"bare": bare, "parse": parse_only}.get(kind)
        if app is None:
            path = Path(folder)
            source = {"id": "s1", "name": "bench", "write_key": KEY}
            (path / "sources.json").write_text(json.dumps({"revision": 1, "sources": [source]}))
            clock = SystemClock()
            log = SqliteEventLog.open(path / "events", clock)
            rejected = RejectedLog(path / "gateway.db", clock)
            app = Gateway(log, SourceBook(path / "sources.json", clock), rejected, clock, SystemChance())
        await serve(app, bound, asyncio.Event(), started=lambda: print(bound.getsockname()[1], flush=True))

    uvloop.run(main())


class Server:
    def __init__(self, kind: str) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.gateway", "--server", kind, self.folder.name],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()


def wrk(port: int, path: str, body: bytes, connections: int) -> float:
    """Requests a second; fails when any answer was not 2xx."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script, tempfile.NamedTemporaryFile("wb") as payload:
        payload.write(body)
        payload.flush()
        # every request has messageIds of its own: repeated ones would be duplicates, which cost less
        script.write(
            f'local f = io.open("{payload.name}", "rb") local body = f:read("*a") f:close()\n'
            'wrk.method = "POST"\n'
            f'wrk.headers["Authorization"] = "{AUTH}"\n'
            'wrk.headers["Content-Type"] = "application/json"\n'
            "local n = 0\n"
            "function request() n = n + 1\n"
            'local id = tostring(n) .. "-" .. tostring(math.random(1e9))\n'
            f'return wrk.format(nil, "{path}", nil, (body:gsub("@@", id))) end\n'
        )
        script.flush()
        command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "-s", script.name]
        done = subprocess.run([*command, f"http://127.0.0.1:{port}"], capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in done, done
    found = re.search(r"Requests/sec:\s+([\d.]+)", done)
    assert found is not None, done
    return float(found[1])


def compare(kinds: tuple[str, str], path: str, body: bytes, connections: int) -> dict[str, float]:
    """Median requests a second of each kind, rounds taken in turns."""
    rates: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(ROUNDS):
        for kind in kinds:
            with Server(kind) as under_test:
                rates[kind].append(wrk(under_test.port, path, body, connections))
    return {kind: statistics.median(found) for kind, found in rates.items()}


async def open_loop(port: int, rate: int, seconds: float) -> list[float]:
    """Latencies in ms of requests that leave on schedule, whatever the answers do."""
    import aiohttp

    latencies: list[float] = []
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=256)) as session:
        url = f"http://127.0.0.1:{port}/v1/track"

        async def one(number: int, due: float) -> None:
            body = msgspec.json.encode(EVENT | {"messageId": f"open-{number}"})
            async with session.post(url, data=body, headers={"Authorization": AUTH}) as answer:
                assert answer.status == 200
                await answer.read()
            latencies.append((time.perf_counter() - due) * 1000)

        start = time.perf_counter() + 0.2
        tasks = []
        for number in range(int(rate * seconds)):
            due = start + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.append(asyncio.create_task(one(number, due)))
        await asyncio.gather(*tasks)
    return sorted(latencies)


def memory(pid: int) -> int:
    """Resident bytes that this process has for itself (PSS), so that shared pages count once."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = re.search(r"Pss:\s+(\d+)", text)
    assert found is not None
    return int(found[1]) * 1024


def cpu(pid: int) -> float:
    """Seconds of CPU that a process has used: says what it costs even where a machine is shared."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def idle() -> tuple[float, float, float]:
    """(MB of all processes, share of a core, seconds from `headrace up` to the first event delivered)."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        with Running(Path(folder) / "data") as running:
            running.send("/v1/identify", {"userId": "a", "traits": {"email": "a@example.com"}})
            running.settle(1)
            first = time.perf_counter() - began
            pids = list(running.pids().values())
            before = sum(map(cpu, pids))
            time.sleep(20)
            share = (sum(map(cpu, pids)) - before) / 20
            return sum(map(memory, pids)) / 1e6, share, first


def main() -> None:
    if not shutil.which("wrk"):
        raise SystemExit("wrk is missing: apt-get install wrk")
    single = msgspec.json.encode(EVENT | {"messageId": "@@"})
    batch = msgspec.json.encode({"batch": [EVENT | {"messageId": f"@@-{n}"} for n in range(100)]})
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, {len(single)} B an event, medians of {ROUNDS}\n")
    one = compare(("bare", "durable"), "/v1/track", single, 64)
    print(
        f"T1  single  bare {one['bare']:8.0f}/s   durable {one['durable']:8.0f}/s   {one['durable'] / one['bare']:.0%}  (≥ 40 %)"
    )
    many = compare(("parse", "durable"), "/v1/batch", batch, 16)
    print(
        f"T2  batches parse {many['parse'] * 100:8.0f} ev/s durable {many['durable'] * 100:8.0f} ev/s "
        f"{many['durable'] / many['parse']:.0%}  (≥ 30 %)"
    )
    with Server("durable") as under_test:
        os.sched_setaffinity(0, {1})
        found = asyncio.run(open_loop(under_test.port, 1000, 10))
        os.sched_setaffinity(0, set(range(os.cpu_count() or 1)))
    print(f"T3  at 1,000/s  p50 {found[len(found) // 2]:.2f} ms (≤ 2)   p99 {found[int(len(found) * 0.99)]:.2f} ms (≤ 10)")
    used, share, first = idle()
    print(f"T8  idle {used:.0f} MB (≤ 200), {share:.2%} of a core (< 1 %), first event delivered after {first:.1f} s (< 10)")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--server"]:
        server(sys.argv[2], sys.argv[3])
    else:
        main()
