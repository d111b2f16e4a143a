"""A data directory as after a month: `python -m benchmarks.full_store DIR --events 10000000 --deliveries 100000`.

The log's segments and the deliveries are written by the storage's own code, in three processes and without fsync, so that ten
million events take minutes. One in a hundred events goes to Loops, whose destination is paused: deliveries are in all states.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import multiprocessing
import random
import time
from pathlib import Path

from benchmarks.full_deliveries import Deliveries
from benchmarks.full_stream import Said, Shape, hours
from headrace.app import paths
from headrace.app.instance import OpenInstance
from headrace.clock import SystemChance, SystemClock
from headrace.destinations.register import CATALOG
from headrace.settings import defaults
from headrace.storage.sqlite.eventlog import segment

DAYS = 30
SEGMENT = 600_000  # ms; as the log's own
KEY = "0123456789abcdef0123456789abcdef"
TOLD = 24  # hours of the stream between two lines of progress


def workspace(data: paths.DataDirectory) -> tuple[str, str, str]:
    """Ids of the connected source, the other one, and the destination."""
    paths.prepare(data)
    instance = OpenInstance(data, CATALOG, SystemClock(), SystemChance(), defaults(), engine=True)
    store = instance.store
    website, app = store.add_source("bench", "website", "javascript").id, store.add_source("bench", "app", "node").id
    loops = store.add_destination("bench", "loops", "loops", {"api_key": KEY, "base_url": "https://app.loops.so/api"}).id
    store.connect("bench", website, loops, 0)
    instance.close()
    return website, app, loops


def write_log(directory: Path, shape: Shape, first: int, until: int) -> None:
    """The segments of these hours; the very last one stays open."""
    directory.mkdir(exist_ok=True)
    began, part, opened = time.monotonic(), list[Said](), 0
    for number, said in enumerate(hours(shape, first, until), first + 1):
        for one in said:
            if part and one.event.received_at - opened >= SEGMENT:
                _segment(directory, part, sealed=True)
                part = []
            if not part:
                opened = one.event.received_at
            part.append(one)
        if number % TOLD == 0:
            print(f"log: day {number // TOLD}, {said[-1].event.position:,}, {time.monotonic() - began:.0f} s", flush=True)
    _segment(directory, part, sealed=until < shape.hours)


def _segment(directory: Path, part: list[Said], sealed: bool) -> None:
    connection = segment.connect(directory / segment.name(part[0].event.position), create=True)
    connection.execute("pragma synchronous=off")
    starts = [0, *(n for n, said in enumerate(part) if said.size and n), len(part)]
    blocks = [[said.event for said in part[a:b]] for a, b in itertools.pairwise(starts)]
    with connection:
        connection.executemany("insert into block values(?,?,?,?,?,?)", [segment.encode(block) for block in blocks])
    if sealed:
        segment.build_index(connection)
    connection.close()


def write_deliveries(data: paths.DataDirectory, shape: Shape, loops: str) -> None:
    async def run() -> None:
        deliveries = Deliveries(data, loops, shape, random.Random(1))
        began = time.monotonic()
        for number, said in enumerate(hours(shape), 1):
            await deliveries.hour(said, newest=shape.hours - number < 24)
            if number % TOLD == 0:
                print(f"deliveries: day {number // TOLD}, {time.monotonic() - began:.0f} s", flush=True)
        await deliveries.close()

    asyncio.run(run())


def fill(root: Path, events: int, deliveries: int, days: int = DAYS) -> str:
    """The destination's id."""
    data = paths.locate(str(root))
    website, app, loops = workspace(data)
    shape = Shape(events, days * 24, int(time.time() * 1000), max(2_000, events // 50), deliveries / events, website, app)
    began = time.monotonic()
    spawn = multiprocessing.get_context("spawn").Process
    half = shape.hours // 2
    aside = [
        spawn(target=write_deliveries, args=(data, shape, loops)),
        spawn(target=write_log, args=(data.events, shape, 0, half)),
        spawn(target=write_log, args=(data.events, shape, half, shape.hours)),
    ]
    for process in aside:
        process.start()
    for process in aside:
        process.join()
        if process.exitcode:
            raise SystemExit("not all of it was written")
    print(f"{events:,} events made in {time.monotonic() - began:.0f} s", flush=True)
    return loops


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("directory", type=Path)
    options.add_argument("--events", type=int, default=1_000_000)
    options.add_argument("--deliveries", type=int, default=100_000)
    chosen = options.parse_args()
    fill(chosen.directory, chosen.events, chosen.deliveries)


if __name__ == "__main__":
    main()
