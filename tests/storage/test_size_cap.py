"""A full log lets go of what waits for destinations that are off, and of nothing else."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from headrace.app import size_cap
from headrace.app.size_cap import Piece
from headrace.delivery.port import DestinationHealth
from headrace.fate import Code, State
from headrace.storage.sqlite.delivery.attempts import AttemptReader
from headrace.storage.sqlite.delivery.db import DeliveryDb
from headrace.storage.sqlite.delivery.journal import SqliteJournal
from tests.storage.queue import LOOPS, NOON, StandingClock, batch, intent, waiting


def message(position: int) -> dict[str, Any]:
    return {"messageId": f"m{position}", "userId": "ada"}


def test_adas_oldest_events_for_a_paused_destination_expire_with_their_copy_and_the_newer_ones_wait_on(
    tmp_path: Path,
) -> None:
    clock = StandingClock()
    db = DeliveryDb.open(tmp_path / "delivery.db", clock)
    journal = SqliteJournal(tmp_path / "delivery.db", AttemptReader(tmp_path / "attempts"))
    health = {LOOPS: DestinationHealth(LOOPS, "paused"), "dst-well": DestinationHealth("dst-well")}

    async def story() -> int:
        await db.commit(batch(*(waiting(n, "u:ada") for n in range(1, 7)), waiting(7, "u:ada", to="dst-well")))
        (first,) = await db.claim(LOOPS, 1, NOON)
        await db.intend([intent(first)])  # on its way: its answer decides
        return await size_cap.expire(db, health, 4, message, clock.now_ms)

    assert asyncio.run(story()) == 3
    states = {n: journal.fates(n)[0] for n in range(1, 8)}
    assert [n for n, fate in states.items() if fate.state == State.DEAD] == [2, 3, 4]
    assert states[2].code == Code.EXPIRED
    assert db.letter(3, LOOPS) == message(3)
    assert states[7].state == State.WAITING
    assert journal.counts()[LOOPS] == {State.SENDING: 1, State.WAITING: 2, State.DEAD: 3}
    journal.close()
    db.close()


@given(st.lists(st.integers(1, 100), min_size=1, max_size=8), st.integers(0, 400), st.integers(0, 80))
def test_no_more_is_let_go_than_has_to_be(sizes: list[int], most: int, low_water: int) -> None:
    pieces = [Piece(10 * number, size) for number, size in enumerate(sizes, 1)]
    cut = size_cap.let_go_of(pieces, low_water, most)
    if cut:
        kept = [p for p in pieces if p.last > cut]
        one_more = sum(p.bytes for p in kept) + next(p.bytes for p in pieces if p.last == cut)
        assert one_more > most, "a piece less would have done"
        assert cut > low_water
        assert kept, "the piece that is written to stays"
    elif sum(sizes) > most:
        must_go = [p for p in pieces[:-1] if sum(q.bytes for q in pieces if q.last >= p.last) > most]
        assert all(p.last <= low_water for p in must_go), "retention drops these by itself"
