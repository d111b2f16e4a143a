"""What could grow with the log beside the pages: memory, the commands, an acknowledgement. Over a running instance."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from base64 import b64encode
from pathlib import Path

import aiohttp
import msgspec
from tests.harness.instance import Running

from benchmarks.gateway import cpu
from benchmarks.report import at

CALLS = 3_000
CALLERS = 16
QUIET = 20.0  # s
COMMANDS = (
    ("status",), ("events",), ("events", "--state", "dead"), ("events", "--person", "nobody"), ("doctor",), ("audit",),
)  # fmt: skip


def memory(running: Running) -> None:
    for name, pid in running.pids().items():
        status = Path(f"/proc/{pid}/status").read_text()
        resident = int(status.partition("VmRSS:")[2].split()[0]) / 1024
        print(f"{name}: {resident:.0f} MB resident, {len(os.listdir(f'/proc/{pid}/fd'))} descriptors", flush=True)


def commands(running: Running) -> None:
    for words in COMMANDS:
        began = time.perf_counter()
        command = [sys.executable, "-m", "headrace", "--data", str(running.data), *words]
        done = subprocess.run(command, capture_output=True, text=True, env=running.environment)
        took = time.perf_counter() - began
        print(f"headrace {' '.join(words)}: {took:.1f} s, exit {done.returncode} {done.stderr[-200:]}", flush=True)
    before = {name: cpu(pid) for name, pid in running.pids().items()}
    time.sleep(QUIET)
    used = {name: (cpu(pid) - before[name]) / QUIET for name, pid in running.pids().items()}
    print(
        f"idle, audit and housekeeping going on: {', '.join(f'{n} {s:.1%}' for n, s in used.items())} of a core", flush=True
    )


def gateway(running: Running) -> None:
    asyncio.run(_gateway(running))


async def _gateway(running: Running) -> None:
    headers = {"Authorization": "Basic " + b64encode(f"{running.write_key}:".encode()).decode()}
    took: list[float] = []
    async with aiohttp.ClientSession(headers=headers) as session:

        async def caller(first: int) -> None:
            for number in range(first, CALLS, CALLERS):
                call = {"type": "page", "anonymousId": "a", "messageId": f"{time.time_ns()}-{number}", "name": "Home"}
                began = time.perf_counter()
                async with session.post(f"{running.gateway}/v1/page", data=msgspec.json.encode(call)) as answer:
                    assert answer.status == 200
                    await answer.read()
                took.append((time.perf_counter() - began) * 1000)

        began = time.perf_counter()
        await asyncio.gather(*(caller(number) for number in range(CALLERS)))
        rate = CALLS / (time.perf_counter() - began)
    took.sort()
    print(f"gateway, {CALLERS} callers: {rate:.0f}/s, p50 {at(0.5, took):.1f} ms, p95 {at(0.95, took):.1f} ms", flush=True)
