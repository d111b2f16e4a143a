"""delivery.db: what leaves when, what is remembered over a restart, and what the journal says of it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import apsw
import pytest

from headrace.delivery.port import DestinationHealth
from headrace.errors import DataDamaged, DataTooNew
from headrace.event import Facts
from headrace.fate import Code, State
from headrace.journal.port import DeliveryFilter
from headrace.storage.sqlite.delivery.attempts import AttemptReader
from headrace.storage.sqlite.delivery.db import DeliveryDb
from headrace.storage.sqlite.delivery.journal import SqliteJournal
from tests.storage.queue import (
    LOOPS,
    NOON,
    StandingClock,
    about,
    batch,
    filtered,
    intent,
    passed,
    positions,
    settled,
    waiting,
)

T = TypeVar("T")


class House:
    """One data directory, opened and closed as often as a test likes."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "delivery.db"
        self.clock = StandingClock()
        self.directory = directory
        self.db = DeliveryDb.open(self.path, self.clock)
        self.journal = SqliteJournal(self.path, AttemptReader(directory / "attempts"))

    def reopen(self) -> None:
        self.close()
        self.db = DeliveryDb.open(self.path, self.clock)
        self.journal = SqliteJournal(self.path, AttemptReader(self.directory / "attempts"))

    def close(self) -> None:
        self.journal.close()
        self.db.close()

    async def claim(self, limit: int = 10, to: str = LOOPS) -> list[int]:
        return positions(await self.db.claim(to, limit, self.clock.at))

    def fate(self, position: int) -> tuple[str, str]:
        (fate,) = self.journal.fates(position)
        return fate.state, fate.code


def told(story: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(story)


@pytest.fixture
def house(tmp_path: Path) -> Any:
    made = House(tmp_path)
    yield made
    made.close()


def test_adas_second_event_waits_for_her_first_and_bobs_does_not(house: House) -> None:
    async def story() -> None:
        await house.db.commit(batch(waiting(1, "u:ada"), waiting(2, "u:ada"), waiting(3, "u:bob")))
        first, bob = await house.db.claim(LOOPS, 10, NOON)
        assert (first.position, bob.position) == (1, 3)
        assert await house.claim() == []
        await house.db.intend([intent(first)])
        await house.db.settle([settled(first)])
        assert await house.claim() == [2]

    told(story())


def test_an_event_that_names_both_of_adas_identifiers_waits_for_each(house: House) -> None:
    async def story() -> None:
        await house.db.commit(batch(waiting(1, "u:ada"), waiting(2, "e:ada@x.org"), waiting(3, "u:ada", "e:ada@x.org")))
        by_user, by_email = await house.db.claim(LOOPS, 10, NOON)
        await house.db.settle([settled(by_user)])
        assert await house.claim() == []
        await house.db.settle([settled(by_email)])
        assert await house.claim() == [3]

    told(story())


def test_a_person_with_many_events_does_not_keep_a_newcomer_waiting(house: House) -> None:
    async def story() -> list[int]:
        await house.db.commit(batch(*(waiting(n, "u:ada") for n in range(1, 6)), waiting(6, "u:bob"), waiting(7, "u:bob")))
        order = []
        while claims := await house.db.claim(LOOPS, 1, NOON):
            order += positions(claims)
            await house.db.settle([settled(claims[0])])
        return order

    assert told(story()) == [1, 6, 2, 7, 3, 4, 5]


def test_a_retry_holds_its_own_lane_and_comes_back_when_its_time_has_come(house: House) -> None:
    async def story() -> None:
        await house.db.commit(batch(waiting(1, "u:ada"), waiting(2, "u:ada"), waiting(3, "u:bob")))
        ada, bob = await house.db.claim(LOOPS, 10, NOON)
        await house.db.intend([intent(ada), intent(bob)])
        later = settled(ada, State.RETRYING, Code.TIMEOUT, next_at=NOON + 30_000)
        await house.db.settle([later, settled(bob)])
        assert await house.claim() == []
        assert await house.db.next_due(LOOPS) == NOON + 30_000
        house.clock.at += 30_000
        (again,) = await house.db.claim(LOOPS, 10, house.clock.at)
        assert (again.position, again.state, again.attempts, again.left_at) == (1, State.RETRYING, 1, None)
        assert house.db.file.rows("select first_left_at from delivery where position=1") == [(NOON,)]
        failed = settled(again, State.RETRYING, Code.SERVER_ERROR, at=house.clock.at, next_at=NOON + 900_000)
        await house.db.settle([failed])
        await house.db.clear_retry_times(LOOPS, house.clock.at)
        assert await house.db.next_due(LOOPS) == 0
        assert await house.claim() == [1]

    told(story())


def test_when_all_is_well_again_what_may_land_late_still_waits_its_thirty_seconds(house: House) -> None:
    async def story() -> None:
        await house.db.commit(batch(waiting(1, "u:ada"), waiting(2, "u:bob"), waiting(3, "u:eve")))
        ada, bob, eve = await house.db.claim(LOOPS, 10, NOON)
        await house.db.intend([intent(ada), intent(bob), intent(eve)])
        far = NOON + 900_000
        await house.db.settle([settled(ada, State.RETRYING, Code.TIMEOUT, next_at=far)])
        await house.db.settle([settled(bob, State.RETRYING, Code.SERVER_ERROR, next_at=far)])
        await house.db.settle([settled(eve, State.RETRYING, Code.TIMEOUT, next_at=NOON + 31_000)])
        house.clock.at += 10_000
        await house.db.clear_retry_times(LOOPS, house.clock.at)
        assert await house.claim() == [2]
        assert await house.db.next_due(LOOPS) == NOON + 30_000
        house.clock.at += 20_000
        await house.db.clear_retry_times(LOOPS, house.clock.at)
        assert sorted(positions(await house.db.claim(LOOPS, 10, house.clock.at))) == [1, 3]

    told(story())


def test_what_was_handed_back_is_first_in_turn(house: House) -> None:
    async def story() -> None:
        await house.db.commit(batch(waiting(1, "u:ada"), waiting(2, "u:bob"), waiting(3, "u:eve")))
        assert await house.claim(2) == [1, 2]
        await house.db.hand_back(LOOPS, [1])
        assert await house.db.next_due(LOOPS) == 0
        assert await house.claim(1) == [1]

    told(story())


def test_what_was_on_its_way_when_the_power_went_comes_back_as_sending(house: House) -> None:
    async def story() -> None:
        await house.db.commit(batch(waiting(1, "u:ada", facts=Facts(("plan",), ("subscribed",))), waiting(2, "u:ada")))
        (ada,) = await house.db.claim(LOOPS, 10, NOON)
        await house.db.intend([intent(ada)])
        house.reopen()
        (again,) = await house.db.claim(LOOPS, 10, NOON)
        assert (again.position, again.state, again.lanes) == (1, State.SENDING, ("u:ada",))
        assert again.facts == Facts(("plan",), ("subscribed",))
        assert await house.claim() == []

    told(story())


def test_an_older_event_put_into_adas_lane_later_goes_before_what_waits_and_what_is_on_its_way_comes_after(
    house: House,
) -> None:
    """As a replay will do: the lane is ordered by position, whenever a delivery entered it."""

    async def story() -> None:
        await house.db.commit(batch(waiting(10, "u:ada"), waiting(11, "u:ada")))
        (ten,) = await house.db.claim(LOOPS, 10, NOON)
        await house.db.intend([intent(ten)])
        await house.db.commit(batch(waiting(5, "u:ada"), cursor=12))
        assert await house.claim() == [5]
        await house.db.settle([settled(ten, State.RETRYING, Code.TIMEOUT, next_at=NOON + 1)])
        house.clock.at += 10
        assert await house.claim() == []
        await house.db.hand_back(LOOPS, [5])
        (five,) = await house.db.claim(LOOPS, 10, house.clock.at)
        await house.db.settle([settled(five)])
        assert await house.claim() == [10]

    told(story())


def test_routing_the_same_entries_twice_changes_nothing(house: House) -> None:
    async def story() -> None:
        entries = batch(waiting(1, "u:ada"), passed(2, Code.DUPLICATE), filtered(3), memory={"l\0x": b"1"})
        await house.db.commit(entries)
        (ada,) = await house.db.claim(LOOPS, 10, NOON)
        await house.db.settle([settled(ada)])
        await house.db.commit(entries)
        assert await house.claim() == []
        assert house.journal.counts() == {LOOPS: {State.DELIVERED: 1, State.FILTERED: 1}}
        assert (house.db.cursor(), house.db.recall(["l\0x", "l\0y"])) == (3, {"l\0x": b"1"})

    told(story())


def test_a_work_that_fails_takes_no_number_and_no_other_work_with_it(house: House) -> None:
    """Bob's batch is broken; Ada's, committed together with it, stands, and a name the broken one brought is not used."""

    async def story() -> None:
        broken = batch(waiting(1, "u:bob", to="dst-new"), waiting(1, "u:bob", to="dst-new"))
        results = await asyncio.gather(
            house.db.commit(broken), house.db.commit(batch(waiting(2, "u:ada"))), return_exceptions=True
        )
        assert isinstance(results[0], apsw.ConstraintError)
        assert results[1] is None
        await house.db.commit(batch(waiting(3, "u:eve", to="dst-new")))
        assert await house.claim(to="dst-new") == [3]
        house.reopen()
        assert [fate.destination_id for fate in house.journal.fates(3)] == ["dst-new"]

    told(story())


def test_the_journal_tells_every_fate_with_its_sentence(house: House) -> None:
    async def story() -> None:
        await house.db.commit(
            batch(
                waiting(1, "u:ada"),
                passed(2, Code.DUPLICATE),
                passed(3, Code.NO_DESTINATION),
                filtered(4),
                waiting(5, "u:bob"),
            )
        )
        ada, bob = await house.db.claim(LOOPS, 10, NOON)
        await house.db.settle([settled(ada), settled(bob, State.DEAD, Code.REFUSED)])

    told(story())
    assert [house.fate(n) for n in range(1, 6)] == [
        ("delivered", "delivered"),
        ("duplicate", "duplicate"),
        ("filtered", "no_destination"),
        ("filtered", "not_identified"),
        ("dead", "refused"),
    ]
    assert house.journal.fates(4)[0].reason.startswith("This visitor is not identified.")
    assert house.journal.fates(6) == []
    assert [d.fate.position for d in house.journal.deliveries(DeliveryFilter(LOOPS, (State.DEAD,)))] == [5]
    assert [d.fate.position for d in house.journal.deliveries(DeliveryFilter(limit=2))] == [5, 4]
    (row,) = house.journal.source_table("src-web")
    assert (row.name, row.count, row.last_seen) == ("Signed Up", 4, NOON + 5)
    (sent,) = house.journal.destination_table(LOOPS)
    assert (sent.delivered, sent.failed) == (1, 1)
    assert set(house.journal.tally(1, 5)) == {
        ("src-web", LOOPS, "delivered", 1),
        ("src-web", LOOPS, "dead", 1),
        ("src-web", LOOPS, "filtered", 1),
        ("src-web", None, "duplicate", 1),
        ("src-web", None, "filtered", 1),
        ("src-web", None, "unique", 4),
    }


def test_the_log_may_drop_only_what_is_final_for_everybody(house: House) -> None:
    async def story() -> None:
        assert house.db.low_water() == 0
        await house.db.commit(batch(filtered(1), waiting(2, "u:ada"), waiting(3, "u:bob")))
        assert house.db.low_water() == 1
        ada, bob = await house.db.claim(LOOPS, 10, NOON)
        await house.db.settle([settled(bob, State.DEAD, Code.REFUSED)])
        assert house.db.low_water() == 1
        await house.db.settle([settled(ada)])
        assert house.db.low_water() == 3
        await house.db.forget_below(3)
        assert (house.journal.fates(2), house.fate(3)) == ([], ("dead", "refused"))

    told(story())


def test_a_removed_destination_ends_what_waited_for_it_and_a_late_answer_changes_nothing(house: House) -> None:
    async def story() -> None:
        await house.db.commit(
            batch(*(waiting(n, "u:ada") for n in range(1, 2_502)), waiting(2_502, "u:ada", to="dst-other"))
        )
        (ada,) = await house.db.claim(LOOPS, 10, NOON)
        await house.db.intend([intent(ada)])
        assert await house.db.drop_destination(LOOPS) == 2_501
        await house.db.settle([settled(ada, State.RETRYING, Code.TIMEOUT, next_at=NOON + 1)])
        assert house.journal.counts()[LOOPS] == {State.DEAD: 2_501}
        assert (house.fate(1), house.db.low_water()) == (("dead", "removed"), 2_501)
        assert await house.db.next_due(LOOPS) is None
        assert await house.claim(to="dst-other") == [2_502]

    told(story())


def test_old_notes_go_and_fresh_ones_stay(house: House) -> None:
    async def story() -> None:
        old: dict[str, bytes | None] = {f"l\0{n}": b"x" for n in range(1_500)}
        await house.db.commit(batch(filtered(1), memory=old | {"c\0user:ada": b"y"}))
        await house.db.commit(batch(filtered(1_000), memory={"l\0fresh": b"z"}))
        await house.db.forget_notes("l\0", NOON + 500)
        assert house.db.recall([*old, "l\0fresh", "c\0user:ada"]) == {"l\0fresh": b"z", "c\0user:ada": b"y"}

    told(story())


def test_health_is_kept_over_a_restart(house: House) -> None:
    paused = DestinationHealth(LOOPS, "paused", Code.KEY_REFUSED, "Loops does not accept this key.", NOON, NOON + 5_000, 2)
    told(house.db.set_health(paused))
    house.reopen()
    assert house.db.health() == {LOOPS: paused}


def test_a_dead_letter_keeps_its_own_copy_of_the_event(house: House) -> None:
    async def story() -> None:
        await house.db.commit(batch(waiting(1, "u:ada", shown=about("Bought"))))
        (ada,) = await house.db.claim(LOOPS, 10, NOON)
        dead = settled(ada, State.DEAD, Code.REFUSED)
        await house.db.settle(
            [type(dead)(**{f: getattr(dead, f) for f in dead.__struct_fields__} | {"copy": b'{"event":"Bought"}'})]
        )
        assert house.db.letter(1, LOOPS) == {"event": "Bought"}

    told(story())


def test_a_caller_who_went_away_leaves_no_delivery_claimed(house: House) -> None:
    async def story() -> None:
        await house.db.commit(batch(waiting(1, "u:ada")))
        gone = asyncio.create_task(house.db.claim(LOOPS, 10, NOON))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        assert await house.claim() == [1]

    told(story())


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "delivery.db"
    connection = apsw.Connection(str(path))
    connection.execute("pragma user_version=99")
    connection.close()
    with pytest.raises(DataTooNew):
        DeliveryDb.open(path, StandingClock())


def test_a_file_that_is_no_database_is_said_to_be_damaged(tmp_path: Path) -> None:
    path = tmp_path / "delivery.db"
    path.write_bytes(b"not a database at all " * 500)
    with pytest.raises(DataDamaged):
        DeliveryDb.open(path, StandingClock())
