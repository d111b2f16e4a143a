"""Ending what waits: with its own copy, in order, never what is on its way; and copies that let the log go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import apsw
import msgspec
import pytest

from headrace.fate import SENTENCES, Code, State
from headrace.storage.sqlite.delivery import lanes
from headrace.storage.sqlite.delivery.attempts import AttemptReader
from headrace.storage.sqlite.delivery.db import DeliveryDb
from headrace.storage.sqlite.delivery.expiry import Waiting
from headrace.storage.sqlite.delivery.journal import SqliteJournal
from tests.harness.story import awaited
from tests.storage.queue import LOOPS, NOON, StandingClock, batch, intent, positions, settled, waiting

REASON = SENTENCES[Code.EXPIRED]


@pytest.fixture
def db(tmp_path: Path) -> Iterator[DeliveryDb]:
    opened = DeliveryDb.open(tmp_path / "delivery.db", StandingClock())
    yield opened
    opened.close()


def copy(position: int) -> bytes:
    return msgspec.json.encode({"messageId": f"m{position}"})


async def end(db: DeliveryDb, *these: int) -> int:
    return await db.queue.end([(p, LOOPS, copy(p)) for p in these], Code.EXPIRED, REASON, NOON)


@awaited
async def test_an_expired_event_is_a_failed_one_with_its_own_copy_and_the_next_of_the_lane_moves_up(db: DeliveryDb) -> None:
    await db.commit(batch(*(waiting(p, "u:ada") for p in (1, 2, 3))))
    assert await end(db, 1, 2) == 2
    journal = SqliteJournal(db.path, AttemptReader(db.path.parent / "attempts"))
    fates = [journal.fates(p)[0] for p in (1, 2, 3)]
    assert [(f.state, f.code) for f in fates] == [("dead", "expired")] * 2 + [("waiting", "routed")]
    assert db.letter(1, LOOPS) == {"messageId": "m1"}
    assert journal.counts() == {LOOPS: {State.WAITING: 1, State.DEAD: 2}}
    assert journal.destination_table(LOOPS)[0].failed == 2
    assert positions(await db.claim(LOOPS, 10, NOON)) == [3]
    journal.close()


@awaited
async def test_what_is_on_its_way_is_left_alone_and_what_was_at_a_crash_keeps_its_key_open(
    tmp_path: Path,
) -> None:
    db = DeliveryDb.open(tmp_path / "delivery.db", StandingClock())
    await db.commit(batch(waiting(1, "u:ada")))
    (claimed,) = await db.claim(LOOPS, 1, NOON)
    await db.intend([intent(claimed)])
    assert await end(db, 1) == 0
    db.close()
    db = DeliveryDb.open(tmp_path / "delivery.db", StandingClock())
    assert await end(db, 1) == 1
    ((open_since,),) = db.file.rows("select key_open_since from delivery where position=1")
    assert open_since == NOON, "a replay has to ask: it may have been taken"
    db.close()


@awaited
async def test_ending_twice_and_ending_what_was_delivered_changes_nothing(db: DeliveryDb) -> None:
    await db.commit(batch(waiting(1, "u:ada"), waiting(2, "u:bob")))
    (first,) = await db.claim(LOOPS, 1, NOON)
    await db.settle([settled(first)])
    assert [await end(db, 1, 2), await end(db, 1, 2)] == [1, 0]


@awaited
async def test_the_oldest_and_the_next_are_told_in_order_whatever_their_state(db: DeliveryDb) -> None:
    await db.commit(batch(*(waiting(p, f"u:{p}") for p in range(1, 6))))
    first, second = await db.claim(LOOPS, 2, NOON)
    await db.settle([settled(first, State.RETRYING, Code.SERVER_ERROR, next_at=NOON + 5)])
    await db.intend([intent(second)])
    assert db.queue.oldest() == {LOOPS: NOON + 1}
    assert db.queue.next_waiting(LOOPS, 0, 3) == [Waiting(p, LOOPS, NOON + p) for p in (1, 2, 3)]
    assert [w.position for w in db.queue.next_waiting(LOOPS, 3)] == [4, 5]
    assert db.queue.next_waiting("nobody", 0) == []
    assert db.queue.within([(1, 1), (2, 4), (9, 20)]) == [1, 3, 0]
    assert db.queue.of(1, 9, 2) == [(1, LOOPS), (2, LOOPS)]
    assert db.queue.of(2, 9, 2) == [(2, LOOPS), (3, LOOPS)]
    assert db.queue.of(2, 9, 2, ["dst-other"]) == []
    assert db.queue.of(4, 9, 2, ["dst-other", LOOPS]) == [(4, LOOPS), (5, LOOPS)]


@awaited
async def test_a_few_that_hold_a_segment_are_copied_and_the_log_may_drop_it(db: DeliveryDb) -> None:
    await db.commit(batch(*(waiting(p, f"u:{p}") for p in range(1, 11)), cursor=10))
    claims = await db.claim(LOOPS, 10, NOON)
    await db.settle([settled(c) for c in claims if c.position not in (3, 9)])
    await db.hand_back(LOOPS, [3, 9])
    assert db.low_water() == 2
    assert db.queue.uncopied(1, 8) == [(3, LOOPS)]
    await db.queue.copy([(3, LOOPS, copy(3))])
    assert db.queue.uncopied(1, 8) == []
    await db.queue.all_copied(8)
    assert (db.low_water(), db.queue.copied_to()) == (8, 8)
    await db.queue.all_copied(5)
    assert db.queue.copied_to() == 8, "it never goes back"
    assert db.letter(3, LOOPS) == {"messageId": "m3"}, "the delivery is made from the copy"
    (third, _) = await db.claim(LOOPS, 2, NOON)
    await db.settle([settled(third)])
    assert db.letter(3, LOOPS) is None, "once it is delivered the copy is not needed"


@awaited
async def test_what_a_backfill_puts_below_the_copied_part_holds_the_log_again_unless_it_has_its_copy(db: DeliveryDb) -> None:
    await db.commit(batch(*(waiting(p, f"u:{p}") for p in range(1, 11)), cursor=10))
    await db.settle([settled(c) for c in await db.claim(LOOPS, 10, NOON)])
    await db.queue.all_copied(8)
    await db.queue.copy([(3, LOOPS, copy(3))])

    async def put_back(position: int) -> None:
        def run(c: apsw.Connection) -> None:
            destination = db.file.words.number(c, LOOPS)
            c.execute("update delivery set state=1, job=1 where position=?", (position,))
            c.execute("update count_state set number=number+1 where destination=? and state=1", (destination,))
            lanes.enter(c, db.file.turns, destination, position, (), live=False)

        await db.file.commit.do(run)

    await put_back(3)
    assert (db.low_water(), db.queue.copied_to()) == (10, 8)
    await put_back(5)
    assert (db.low_water(), db.queue.copied_to()) == (4, 4)
