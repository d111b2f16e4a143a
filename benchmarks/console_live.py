"""The gateway's acknowledgements with fifty live pages open against none: `python -m benchmarks.console_live`.

Everything is real: `headrace up`, its worker routing and delivering to Loops (built-in) meanwhile, the pages read by a
process of their own. All share the machine's cores, so the ratio is harsher than on a machine with cores to spare.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from pathlib import Path

import aiohttp
import msgspec
from tests.console.stream import Listener
from tests.harness.instance import Running

from benchmarks.gateway import cpu

PAGES = 50
ROUNDS = 3
SECONDS = 6.0
RATE = 500  # calls a second, open loop
CALLERS = 32  # closed loop
CALL = {"type": "page", "anonymousId": "a", "name": "Home", "context": {"library": {"name": "bench", "version": "1"}}}


async def listen(port: int, token: str, source: str) -> None:
    """Fifty pages that read what comes; says how many messages those were."""
    pages = [Listener(port, f"/live?source={source}", token) for _ in range(PAGES)]
    heard = sampled = 0
    for page in pages:
        await page.__aenter__()
    print("open", flush=True)

    async def read(page: Listener) -> None:
        """Counts and throws away: browsers would be on machines of their own."""
        nonlocal heard, sampled
        while True:
            chunk = await page.chunk()
            heard += chunk.count(b"event: event")
            sampled += chunk.count(b"event: sampled")

    tasks = [asyncio.create_task(read(page)) for page in pages]
    await asyncio.to_thread(sys.stdin.readline)
    alive = sum(not task.done() for task in tasks)
    for task in tasks:
        task.cancel()
    print(f"{alive} {heard} {sampled}", flush=True)


class Watching:
    """The pages, in a process of their own."""

    def __init__(self, running: Running, source: str) -> None:
        address = running.console.rpartition(":")[2]
        command = [sys.executable, "-m", "benchmarks.console_live", "--listen", address, running.token, source]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "open\n"

    def end(self) -> tuple[int, int, int]:
        out, _ = self._process.communicate("\n", timeout=30)
        alive, heard, sampled = map(int, out.split())
        return alive, heard, sampled


class Caller:
    def __init__(self, running: Running) -> None:
        self._url = f"{running.gateway}/v1/page"
        self._headers = {"Authorization": "Basic " + b64encode(f"{running.write_key}:".encode()).decode()}
        self._number = 0
        self.failed = 0

    async def _one(self, session: aiohttp.ClientSession) -> None:
        self._number += 1
        body = msgspec.json.encode({**CALL, "messageId": f"{os.getpid()}-{time.monotonic_ns()}-{self._number}"})
        try:
            async with session.post(self._url, data=body, headers=self._headers) as answer:
                assert answer.status == 200
                await answer.read()
        except aiohttp.ClientConnectionError as error:  # told at the end
            self.failed += 1
            print(f"a call got no answer: {error!r}")

    async def at_most(self) -> float:
        """Acknowledgements a second, callers that wait for each answer."""
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CALLERS)) as session:
            end, done = time.perf_counter() + SECONDS, 0

            async def call() -> None:
                nonlocal done
                while time.perf_counter() < end:
                    await self._one(session)
                    done += 1

            await asyncio.gather(*(call() for _ in range(CALLERS)))
        return done / SECONDS

    async def at_rate(self) -> tuple[float, float]:
        """p50 and p99 in ms of calls that leave on schedule."""
        took: list[float] = []
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=256)) as session:
            start, tasks = time.perf_counter() + 0.1, []

            async def timed(due: float) -> None:
                await self._one(session)
                took.append((time.perf_counter() - due) * 1000)

            for number in range(int(RATE * SECONDS)):
                due = start + number / RATE
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                tasks.append(asyncio.create_task(timed(due)))
            await asyncio.gather(*tasks)
        took.sort()
        return took[len(took) // 2], took[int(len(took) * 0.99)]


def main() -> None:
    rates: dict[bool, list[float]] = {False: [], True: []}
    delays: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
    used: dict[str, dict[bool, list[float]]] = {name: {False: [], True: []} for name in ("gateway", "worker")}
    with tempfile.TemporaryDirectory() as folder, Running(Path(folder) / "data") as running:
        source = running.status()["sources"][0]["id"]
        caller, pids = Caller(running), running.pids()
        asyncio.run(caller.at_most())  # warm
        for _ in range(ROUNDS):
            for watched in (False, True):
                pages = Watching(running, source) if watched else None
                rates[watched].append(asyncio.run(caller.at_most()))
                before = {name: cpu(pids[name]) for name in used}
                delays[watched].append(asyncio.run(caller.at_rate()))
                for name, shares in used.items():
                    shares[watched].append((cpu(pids[name]) - before[name]) / SECONDS)
                if pages is not None:
                    alive, heard, sampled = pages.end()
                    print(
                        f"{alive} of {PAGES} pages stayed open, {heard:,} calls shown, sampling told {sampled // PAGES:,} times a page"
                    )
        if caller.failed:
            print(f"{caller.failed} calls got no answer; processes {pids} before, {running.pids()} after")
            print(running.printed.read_text()[-2000:])
    none, fifty = statistics.median(rates[False]), statistics.median(rates[True])
    print(f"acknowledged, closed loop   none {none:6.0f}/s   {PAGES} pages {fifty:6.0f}/s   {fifty / none:.0%}")
    for watched, title in ((False, "none"), (True, f"{PAGES} pages")):
        p50 = statistics.median(found[0] for found in delays[watched])
        p99 = statistics.median(found[1] for found in delays[watched])
        print(f"at {RATE:,}/s, open loop       {title:9} p50 {p50:6.2f} ms   p99 {p99:6.2f} ms")
    for name, shares in used.items():
        without, with_pages = (statistics.median(shares[watched]) for watched in (False, True))
        print(f"CPU of the {name:8} at {RATE:,}/s   none {without:6.1%} of a core   {PAGES} pages {with_pages:6.1%}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--listen"]:
        asyncio.run(listen(int(sys.argv[2]), sys.argv[3], sys.argv[4]))
    else:
        main()
