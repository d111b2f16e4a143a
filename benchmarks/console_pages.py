"""Server time of each page over a full store: `python -m benchmarks.console_pages --events 1000000 --deliveries 100000`."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from tests.console.house import House, identify, track

from headrace.fate import Code, State

AT_ONCE = 2_000  # events of one append
ASKED = 60  # times a page
NAMES = 40
GOAL = 100.0  # ms, p95


def fill(house: House, events: int, deliveries: int) -> None:
    """The newest `deliveries` go to the destination; before them, events of a source that is connected to none."""
    began = time.monotonic()
    quiet = house.instance.store.add_source("bench", "quiet", "node").id
    for start in range(0, events - deliveries, AT_ONCE):
        house.clock.at += 20_000
        number = min(AT_ONCE, events - deliveries - start)
        house.accept(
            *(
                {"type": "page", "anonymousId": f"anon-{n % 50_000}", "messageId": f"p{n}", "name": f"page {n % NAMES}"}
                for n in range(start, start + number)
            ),
            source=quiet,
        )
        house.route()
    for start in range(0, deliveries, AT_ONCE):
        house.clock.at += 20_000
        number = min(AT_ONCE, deliveries - start)
        house.accept(*(call(n) for n in range(start, start + number)))
        house.route()
        house.clock.at += 1_500
        house.settle(State.DEAD, Code.REFUSED, "Loops refused it: bad value.", limit=number // 25)
        house.settle(State.DEAD, Code.CONTACT_UNKNOWN, limit=number // 50)
        while house.settle(limit=AT_ONCE):
            pass
    print(f"{events:,} events, {deliveries:,} deliveries made in {time.monotonic() - began:.0f} s")


def call(n: int) -> dict[str, object]:
    user = f"user-{n % 20_000}"
    if n % 3 == 0:
        return identify(user, f"{user}@example.com", messageId=f"m{n}", anonymousId=f"browser-{n % 20_000}")
    return track(user, f"event {n % NAMES}", messageId=f"m{n}", properties={"plan": "pro", "n": n})


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--events", type=int, default=200_000)
    options.add_argument("--deliveries", type=int, default=100_000)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder), engine=False)
        try:
            fill(house, chosen.events, chosen.deliveries)
            worst = measure(house)
        finally:
            house.close()
    print(f"worst p95 {worst:.0f} ms (≤ {GOAL:.0f})")


def measure(house: House) -> float:
    client = house.client("viewer")
    head = house.instance.log.head()
    dead = client.get("/api/v1/deliveries?state=dead&limit=1").json()["data"][0]["position"]
    to = f"/destinations/{house.loops}"
    pages = [
        "/session", "/status", "/overview", "/sources", f"/sources/{house.source}", f"/sources/{house.source}/events",
        "/stats/events?range=2h", "/stats/events?range=30d", "/stats/deliveries?range=1d", "/stats/deliveries?range=7d",
        "/destinations", f"{to}/events?sort=failed", f"{to}/errors?type=track&name=event%201", f"{to}/deliveries",
        f"{to}/deliveries?state=dead&code=refused", f"{to}/deliveries?search=user-77", f"{to}/deliveries?name=no%20such",
        f"{to}/deliveries?before={head // 2}", "/deliveries", "/deliveries?person=user:user-500", "/failed",
        f"/events/{dead}/deliveries/{house.loops}", "/events", f"/events/{dead}", "/people", "/people?search=user-12",
        "/people?search=user-123%40example.com", "/people/timeline?person=user:user-123", f"{to}/names", f"{to}/reasons", f"{to}/reasons?state=delivered",
        f"{to}/check", "/rejected",
        "/workspace/changes", "/workspace/retention", "/workspace/export",
    ]  # fmt: skip
    worst = 0.0
    for path in pages:
        took = []
        for _ in range(ASKED):
            began = time.perf_counter()
            answer = client.get(f"/api/v1{path}")
            took.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 200, (path, answer.text)
        took.sort()
        p95 = took[int(ASKED * 0.95)]
        worst = max(worst, p95)
        shown = path.replace(house.loops, "loops").replace(house.source, "website")
        print(f"{shown:58} p50 {took[ASKED // 2]:7.1f} ms   p95 {p95:7.1f} ms   {len(answer.content):8,} B")
    return worst


if __name__ == "__main__":
    main()
