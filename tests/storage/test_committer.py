"""The writer's thread of delivery.db outlives whatever a disk does, and who went away leaves nothing claimed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import apsw
import pytest

from headrace.delivery.port import Claimed
from headrace.storage.sqlite.delivery.claiming import NOBODY
from headrace.storage.sqlite.delivery.committer import Committer
from headrace.storage.sqlite.delivery.db import DeliveryDb
from tests.storage.queue import LOOPS, NOON, StandingClock, batch, waiting


def test_a_disk_that_cannot_even_be_read_after_a_failure_does_not_end_the_writer() -> None:
    async def story() -> None:
        broken = [True]

        def undone() -> None:
            if broken:
                raise apsw.IOError("the disk is gone")

        def fail(c: apsw.Connection) -> None:
            raise ValueError("nonsense")

        connection = apsw.Connection(":memory:")
        committer = Committer(connection, "test", undone)
        with pytest.raises((apsw.IOError, ValueError)):
            await asyncio.wait_for(committer.do(fail), 5)
        broken.clear()
        assert await asyncio.wait_for(committer.do(lambda c: 1), 5) == 1
        await asyncio.to_thread(committer.close)
        connection.close()

    asyncio.run(story())


def test_who_went_away_in_the_middle_of_a_claim_leaves_nothing_claimed(tmp_path: Path) -> None:
    async def story() -> None:
        db = DeliveryDb.open(tmp_path / "delivery.db", StandingClock())
        await db.commit(batch(*(waiting(p, f"u:user{p}") for p in range(1, 6))))

        def choose(c: apsw.Connection, destination: int, claimed: set[int]) -> list[int]:
            return [1, 2, 3, 4, 5]

        class Hurried(list[int]):
            """The caller goes away just after the second one was looked at."""

            def append(self, position: int) -> None:
                if position == 2:
                    super().append(NOBODY)
                    db._claims.give_back(LOOPS, self)
                super().append(position)

        taken = Hurried()
        found: list[Claimed] = await db.file.commit.do(lambda c: db._claims._take(c, LOOPS, choose, taken))
        assert found == []
        assert [c.position for c in await db.claim(LOOPS, 10, NOON)] == [1, 2, 3, 4, 5]
        db.close()

    asyncio.run(story())
