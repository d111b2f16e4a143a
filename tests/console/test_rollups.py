"""The counters that charts read, against counting by hand."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.event import TYPES
from headrace.fate import Code, State
from headrace.journal.charts import BOUNDS, NO_BAND, RANGES, STEPS, band, points, quantile, summed
from headrace.routing.port import Batch
from headrace.storage.sqlite.delivery import rollups
from headrace.storage.sqlite.delivery.db import DeliveryDb
from headrace.storage.sqlite.delivery.insight import SqliteInsight
from tests.storage.queue import LOOPS, NOON, StandingClock, about, filtered, settled, waiting

HOUR = 3_600_000  # ms
KINDS = ("identify", "track", "page", "shouted nonsense")
ENDS = (State.DELIVERED, State.DEAD, State.RETRYING, State.UNCHANGED)
CODES = {
    State.DELIVERED: Code.DELIVERED,
    State.DEAD: Code.REFUSED,
    State.RETRYING: Code.SERVER_ERROR,
    State.UNCHANGED: Code.DELIVERED,
}


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(KINDS), st.booleans(), st.integers(0, 90 * 60_000)), min_size=1, max_size=25),
    st.lists(st.tuples(st.sampled_from(ENDS), st.integers(0, 3 * HOUR)), max_size=25),
)
def test_counters_say_what_counting_by_hand_says(
    arrivals: list[tuple[str, bool, int]], ends: list[tuple[State, int]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_live_through(Path(folder) / "delivery.db", arrivals, ends))


async def _live_through(path: Path, arrivals: list[tuple[str, bool, int]], ends: list[tuple[State, int]]) -> None:
    clock = StandingClock()
    db = DeliveryDb.open(path, clock)
    insight = SqliteInsight(path, clock)
    events: Counter[tuple[int, int, str]] = Counter()
    outcomes: Counter[tuple[int, int, str, int]] = Counter()
    try:
        for position, (kind, passes, late) in enumerate(arrivals, 1):
            clock.at = NOON + late
            shown = about(kind=kind, person=f"user:{position}")
            entry = waiting(position, f"u:{position}", shown=shown) if passes else filtered(position)
            await db.commit(Batch(position, [entry], [], {}))
            name = entry.about.type if entry.about.type in TYPES else "other"
            for step in STEPS:
                events[step, rollups.bucket(entry.received_at, step), name] += 1
                if not passes:
                    outcomes[step, rollups.bucket(clock.at, step), "filtered", NO_BAND] += 1
        for state, late in ends:
            claims = await db.claim(LOOPS, 1, NOON + 10 * HOUR)
            if not claims:
                break
            at = NOON + late
            await db.settle([settled(claims[0], state, CODES[state], at, at if state is State.RETRYING else None)])
            slot = band(max(0, at - claims[0].received_at)) if state is State.DELIVERED else NO_BAND
            for step in STEPS:
                outcomes[step, rollups.bucket(at, step), str(state), slot] += 1
        for step in STEPS:
            kept = {(step, at, kind): number for at, kind, number in insight.events_by_type(None, step, 0)}
            assert kept == {key: number for key, number in events.items() if key[0] == step}
            found = {(step, at, state, slot): n for at, state, slot, n in insight.outcomes(LOOPS, step, 0)}
            assert found == {key: number for key, number in outcomes.items() if key[0] == step}
        assert insight.newest_outcome() == sum(n for key, n in outcomes.items() if key[0] == 60)
    finally:
        insight.close()
        db.close()


@given(st.lists(st.integers(0, 40 * 86_400_000), min_size=1, max_size=300), st.sampled_from((0.5, 0.95)))
def test_a_quantile_lies_in_the_band_of_the_true_one(delays: list[int], share: float) -> None:
    told = quantile(Counter(band(d) for d in delays), share)
    assert told is not None
    ordered = sorted(delays)
    true = ordered[max(0, -(-int(share * len(delays) * 100) // 100) - 1)]
    near = {band(true), band(true) + 1, band(ordered[min(len(delays) - 1, int(share * len(delays)))])}
    edges = [(BOUNDS[n - 1] if n else 0, BOUNDS[min(n, len(BOUNDS) - 1)]) for n in near]
    assert min(low for low, _ in edges) <= told <= max(high for _, high in edges)


def test_of_nothing_there_is_no_quantile() -> None:
    assert quantile({}, 0.95) is None


@pytest.mark.parametrize("name", sorted(RANGES))
def test_a_chart_never_reads_more_than_it_draws_or_what_is_no_longer_kept(name: str) -> None:
    chosen = RANGES[name]
    found = points(chosen, NOON + 12_345)
    assert len(found) == chosen.span // chosen.step
    assert found[-1] <= (NOON + 12_345) // 1000 < found[-1] + chosen.step
    assert chosen.span <= rollups.KEPT.get(chosen.counted, 10**9)
    assert sum(sum(types.values()) for _, types in summed([(found[0] - 1, "a", 5), (found[0], "a", 2)], chosen, NOON)) <= 2


def test_minutes_are_forgotten_after_two_days_and_the_live_page_catches_up_with_so_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollups, "RECENT", 20)
    monkeypatch.setattr(rollups, "TIDY", 8)

    async def live() -> None:
        clock = StandingClock()
        db = DeliveryDb.open(tmp_path / "delivery.db", clock)
        insight = SqliteInsight(tmp_path / "delivery.db", clock)
        try:
            for position in range(1, 41):
                clock.at = NOON + position * 2 * HOUR
                await db.commit(Batch(position, [filtered(position)], [], {}))
            oldest = min(at for at, *_ in insight.outcomes(LOOPS, 60, 0))
            assert oldest * 1000 >= clock.at - 2 * 86_400_000 - 16 * HOUR
            assert len(insight.outcomes(LOOPS, 3600, 0)) == 40
            assert sum(n for *_, n in insight.outcomes(LOOPS, 86400, 0)) == 40
            rows = insight.outcomes_after(0, 100)
            assert [seq for seq, _ in rows] == list(range(21, 41))
        finally:
            insight.close()
            db.close()

    asyncio.run(live())
