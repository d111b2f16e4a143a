"""A worker that routes and delivers without pause until it is killed; says on stdout what it was told is durable."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from headrace.fate import State
from headrace.storage.sqlite.delivery.db import DeliveryDb
from tests.storage.queue import LOOPS, NOON, StandingClock, batch, intent, settled, waiting

PEOPLE = 7


async def deliver(db: DeliveryDb) -> None:
    while True:
        claims = await db.claim(LOOPS, 8, NOON)
        if not claims:
            await asyncio.sleep(0)
        for claimed in claims:
            await db.intend([intent(claimed)])
            print(f"left {claimed.position} {claimed.lanes[0]}", flush=True)
            await db.settle([settled(claimed, State.DELIVERED)])
            print(f"done {claimed.position}", flush=True)


async def route(db: DeliveryDb) -> None:
    cursor = db.cursor()
    while True:
        events = [waiting(n, f"u:{n % PEOPLE}") for n in range(cursor + 1, cursor + 6)]
        await db.commit(batch(*events))
        cursor += 5
        print(f"routed {cursor}", flush=True)
        await asyncio.sleep(0)


async def main() -> None:
    db = DeliveryDb.open(Path(sys.argv[1]), StandingClock())
    await asyncio.gather(route(db), deliver(db))


if __name__ == "__main__":
    asyncio.run(main())
