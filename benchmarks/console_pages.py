"""Server time of each page's calls over a full store: `python -m benchmarks.console_pages --events 1000000 --deliveries 100000`.

The store is made by `full_store`, a month of a real product's stream; `--store DIR` keeps it there, or takes one that is there.
`headrace up` runs over it; each call is made by itself, again and again, over one connection, while the worker does what it
does. Prints, too, what else could grow with the log: start, memory, the commands, and calls to the gateway.
"""

from __future__ import annotations

import argparse
import http.client
import json
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from tests.harness.instance import Running

from benchmarks.full_log import commands, gateway, memory
from benchmarks.full_store import fill
from benchmarks.report import at

ASKED = 40  # times a page
GOAL = 100.0  # ms, p95
KEEP = {"HEADRACE_RETENTION_AGE": "90d", "HEADRACE_ATTEMPTS_AGE": "90d", "HEADRACE_KEEP_WAITING": "90d"}
Call = Callable[[str], tuple[float, Any, int]]


class Console:
    """One connection that stays open, as a browser's."""

    def __init__(self, running: Running) -> None:
        address = urlsplit(running.console)
        self._connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=120)
        self._headers = {"Authorization": f"Bearer {running.token}"}

    def get(self, path: str) -> tuple[float, Any, int]:
        """ms, the answer, its bytes."""
        began = time.perf_counter()
        self._connection.request("GET", f"/api/v1{path}", headers=self._headers)
        answer = self._connection.getresponse()
        raw = answer.read()
        took = (time.perf_counter() - began) * 1000
        assert answer.status == 200, (path, answer.status, raw[:300])
        return took, json.loads(raw) if raw[:1] in b"[{" else None, len(raw)


def pages(call: Call) -> Iterable[str]:
    """All that the pages read, as `useGet` and `useList` of the frontend ask for it."""
    (loops,) = (d["id"] for d in call("/destinations")[1]["data"])
    website, app = (next(s["id"] for s in call("/sources")[1]["data"] if s["name"] == name) for name in ("website", "app"))
    head = call("/overview")[1]["accepted"]
    dead = call("/deliveries?state=dead&limit=1")[1]["data"][0]["position"]
    newest = call("/deliveries?limit=1")[1]["data"][0]
    old, who = call(f"/events?before={head // 50}&limit=1")[1]["data"][0], newest["person"]
    to = f"/destinations/{loops}"
    track = "type=track&name=Report%20Viewed"
    yield from ("/session", "/status", "/overview", "/sources", f"/sources/{website}", "/destinations", to, "/catalog")
    for source in ("", f"source={website}&", f"source={app}&"):
        yield from (f"/stats/events?{source}range={name}" for name in ("2h", "1d", "7d", "30d"))
    for which in ("", f"destination={loops}&"):
        yield from (f"/stats/deliveries?{which}range={name}" for name in ("2h", "1d", "7d", "30d"))
    yield from (f"/sources/{app}/events", f"/sources/{app}/events?search=report&sort=count")
    yield from (f"{to}/events", f"{to}/events?sort=failed", f"{to}/errors?{track}", f"{to}/names", f"{to}/check")
    yield from (f"{to}/reasons?state={state}" for state in ("dead", "delivered", "filtered", "unchanged"))
    for place in ("/deliveries", f"{to}/deliveries"):
        yield from (place, *(f"{place}?state={s}" for s in ("dead", "retrying", "waiting", "delivered", "filtered")))
        yield from (f"{place}?before={head // 2}", f"{place}?before={head // 100}", f"{place}?{track}")
        yield from (f"{place}?search=user77", f"{place}?search=no-such", f"{place}?name=no%20such", f"{place}?person={who}")
        yield from (
            f"{place}?state=dead&code=contact_unknown",
            f"{place}?state=dead&code=expired",
            f"{place}?state=dead&search=user77",
        )
    yield from ("/failed", f"/failed?destination={loops}", f"/events/{dead}/deliveries/{loops}", f"/events/{dead}")
    yield from (
        "/events",
        f"/events?source={app}&limit=12",
        f"/events?source={website}&limit=12",
        f"/events?before={head // 2}",
    )
    yield from (f"/events?person={quote(who)}", f"/events?person={quote(old['person'])}", "/events?person=user:no-such")
    yield from (f"/events?person={who.removeprefix('user:')}@example.com", "/events?state=dead", "/events?state=retrying")
    yield from ("/events?destination=loops&state=dead", "/events?source=no-such", "/events?person=no-such")
    yield from (f"/trail?message_id={quote(old['messageId'])}", f"/trail?message_id=no-such&source={website}")
    yield from (
        "/people?limit=50",
        "/people?search=user77&limit=50",
        f"/people?search={who.removeprefix('user:')}%40example.com",
    )
    yield from (
        "/people?search=no-such",
        f"/people/timeline?person={quote(who)}",
        f"/people/timeline?person={quote(old['person'])}",
    )
    yield from (f"/people/timeline?person={quote(old['person'])}&before={head // 2}",)
    yield from (
        "/rejected",
        "/workspace/changes",
        "/workspace/retention",
        "/workspace/export",
        "/about",
        "/replays",
        "/forgotten",
    )
    yield from ("/users", "/tokens", "/sessions", "/invitations", "/engine/event-log", "/engine/inbox", "/engine/sends")


def measure(call: Call, asked: int) -> float:
    worst = 0.0
    names = {row["id"]: row["name"] for path in ("/sources", "/destinations") for row in call(path)[1]["data"]}
    for path in pages(call):
        first, _, size = call(path)
        took = sorted(call(path)[0] for _ in range(asked if first < 2_000 else 3))
        p50, p95 = at(0.5, took), at(0.95, took)
        worst = max(worst, p95)
        shown = path
        for identifier, name in names.items():
            shown = shown.replace(identifier, name)
        over = "  OVER" if p95 > GOAL else ""
        print(
            f"{shown:64} first {first:7.1f}  p50 {p50:7.1f}  p95 {p95:7.1f}  worst {took[-1]:7.1f} ms {size:9,} B{over}",
            flush=True,
        )
    return worst


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--events", type=int, default=200_000)
    options.add_argument("--deliveries", type=int, default=100_000)
    options.add_argument("--asked", type=int, default=ASKED)
    options.add_argument("--store", type=Path)
    options.add_argument("--only", choices=("pages", "log"))
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = chosen.store or Path(folder) / "data"
        if not (store / "state.db").exists():
            fill(store, chosen.events, chosen.deliveries)
        began = time.perf_counter()
        with Running(store, **KEEP) as running:
            print(f"`headrace up` ready and its status read after {time.perf_counter() - began:.1f} s")
            memory(running)
            if chosen.only != "log":
                worst = measure(Console(running).get, chosen.asked)
                print(f"worst p95 {worst:.0f} ms (≤ {GOAL:.0f})")
                memory(running)
            if chosen.only != "pages":
                commands(running)
                gateway(running)
                memory(running)


if __name__ == "__main__":
    main()
