"""T7 with the real processes: memory and acknowledgements while the destination is down and many wait; then the drain.

Twice: to a stand-in without a limit that was unreachable, asking for order; and to Loops (built-in).
"""

from __future__ import annotations

import socket
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.harness.instance import Running

from benchmarks.gateway import cpu, memory
from benchmarks.limited import Limited, wait_for
from benchmarks.limits import Free
from benchmarks.real_pace import post_batches
from benchmarks.report import Report, at, options

PEOPLE = 500


def _event(n: int) -> dict[str, Any]:
    who = n * 7919 % PEOPLE
    return {
        "type": "track", "userId": f"user{who}", "event": "Report Viewed", "messageId": f"m{n}",
        "properties": {"n": n}, "context": {"traits": {"email": f"user{who}@example.com"}},
    }  # fmt: skip


def _closed_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port: int = unused.getsockname()[1]
        return port


class Order:
    def __init__(self) -> None:
        self.last = [0] * PEOPLE
        self.overtaken = self.arrived = 0

    def heard(self, when: float, path: str, body: Any) -> None:
        if path.endswith("/events/send"):
            who, n = int(body["userId"][4:]), body["eventProperties"]["n"]
            self.overtaken += n < self.last[who]
            self.last[who] = n
            self.arrived += 1


def _acknowledged(running: Running, seconds: float, first: int) -> tuple[list[float], float]:
    """(latencies in ms, ms of a core a call) at 50 requests a second; their events have numbers from `first` on."""
    found = []
    gateway = running.pids()["gateway"]
    before = cpu(gateway)
    for n in range(int(seconds * 50)):
        began = time.perf_counter()
        assert running.send("/v1/track", _event(first + n))[0] == 200
        found.append((time.perf_counter() - began) * 1000)
        time.sleep(max(0.0, 0.02 - (time.perf_counter() - began)))
    return sorted(found), (cpu(gateway) - before) * 1000 / len(found)


def _routed(running: Running, count: int) -> bool:
    log = running.status()["log"]
    return bool(log["accepted"] >= count and not log["unrouted"])


def stand_in(report: Report, count: int) -> None:
    order = Order()
    with tempfile.TemporaryDirectory() as folder, Limited(Free(), order.heard) as loops:
        with Running(Path(folder) / "data", "--no-engine") as running:
            running.apply(loops.file(0, fold="never", skip_unchanged=0))
            up, work_up = _acknowledged(running, 6, 1)
            wait_for(lambda: order.arrived == len(up), 60)
            away = loops.file(0, fold="never", skip_unchanged=0).replace(loops.url, f"http://127.0.0.1:{_closed_port()}/api")
            running.apply(away)
            warm = len(up) + 1000
            post_batches(running, len(up) + 1, warm, _event)
            wait_for(lambda: _routed(running, warm), 60)
            before = memory(running.pids()["worker"])
            began = time.perf_counter()
            post_batches(running, warm + 1, count, _event)
            accepted = count / (time.perf_counter() - began)
            wait_for(lambda: _routed(running, count), 3600)
            more = (memory(running.pids()["worker"]) - before) / 1e6
            down, work_down = _acknowledged(running, 6, count + 1)
            total = count + len(down)
            report.figure("memory MB", more, f"{count:,} waiting: the worker takes {more:+.0f} MB", "≤ 50")
            words = (
                f"a call costs the gateway {work_up:.2f} ms of a core while it is up, {work_down:.2f} ms while it is down"
            )
            report.figure("call down/up", work_down / max(work_up, 0.01), words, "unchanged")
            report.say(f"accepted in batches at {accepted:,.0f} events/s")
            began = time.perf_counter()
            running.apply(loops.file(0, fold="never", skip_unchanged=0), "--waiting", "send")
            wait_for(lambda: order.arrived >= total, 7200)
            rate = (total - len(up)) / (time.perf_counter() - began)
            report.figure("drain/s", rate, f"drained without a limit at {rate:,.0f}/s, {order.overtaken} overtaken", "0")
            again, _ = _acknowledged(running, 6, total + 1)
            up = sorted([*up, *again])  # before and after, so that a neighbour's load does not pass for the outage's
            words = f"acknowledged: p50 {at(0.5, up):.1f} ms up, {at(0.5, down):.1f} ms down; p99 {at(0.99, up):.1f} and {at(0.99, down):.1f} ms"
            report.figure("ack p50 down/up", at(0.5, down) / at(0.5, up), words, "unchanged")


def built_in(report: Report, count: int) -> None:
    """While they come in the built-in destination is disabled; then it drains."""
    with tempfile.TemporaryDirectory() as folder, Running(Path(folder) / "data") as running:
        file = "version: 1\ndestinations:\n  - {name: loops, type: loops, enabled: %s, settings: {base_url: builtin, rate: 0}}\n"
        running.apply(file % "false")
        post_batches(running, 1, count, _event)
        wait_for(lambda: _routed(running, count), 3600)
        began = time.perf_counter()
        running.apply(file % "true", "--waiting", "send")
        running.settle(count, 7200)
        rate = count / (time.perf_counter() - began)
        report.figure("built-in drain/s", rate, f"{count:,} waiting drained into Loops (built-in) at {rate:,.0f}/s")


def main(arguments: Sequence[str] | None = None) -> None:
    given = options(__doc__, arguments, count={"type": int, "default": 0, "help": "how many wait"})
    count = given.count or (1_000_000 if given.long else 10_000)
    report = Report("outage", "T7  the real processes while the destination is down, and the drain", given)
    stand_in(report, count)
    built_in(report, count)
    report.close()


if __name__ == "__main__":
    main()
