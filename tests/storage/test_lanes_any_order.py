"""Whatever is routed, claimed, settled, handed back or reopened, in any order: lanes hold, and nothing is lost."""

from __future__ import annotations

import random
import tempfile
from asyncio import Runner
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from headrace.delivery.port import Claimed
from headrace.fate import Code, State
from headrace.journal.jobs import Progress, Returned, Selection
from headrace.storage.sqlite.delivery.attempts import AttemptReader
from headrace.storage.sqlite.delivery.db import DeliveryDb
from headrace.storage.sqlite.delivery.journal import SqliteJournal
from tests.storage.queue import LOOPS, StandingClock, batch, intent, settled, waiting

IDENTIFIERS = ["u:ada", "u:bob", "e:ada@x.org", "e:bob@x.org"]
GAP = 10  # positions left free between two routed events, for those that come late
STEPS = 120


class Town:
    """The real file beside the simplest model there is: open deliveries by position, with the lanes each names."""

    def __init__(self, folder: Path, runner: Runner, seed: int) -> None:
        self.path = folder / "delivery.db"
        self.run = runner.run
        self.dice = random.Random(seed)
        self.clock = StandingClock()
        self.open_files()
        self.newest = 0
        self.cursor = 1_000_000
        self.model: dict[int, tuple[set[str], int]] = {}  # open: position -> (lanes, due)
        self.late: dict[int, bool] = {}  # whether what was answered last may still land
        self.claimed: dict[int, Claimed] = {}
        self.sending: set[int] = set()
        self.final: set[int] = set()
        self.dead: dict[int, set[str]] = {}  # position -> lanes, of what may be replayed

    def open_files(self) -> None:
        self.db = DeliveryDb.open(self.path, self.clock)
        self.journal = SqliteJournal(self.path, AttemptReader(self.path.parent / "attempts"))

    def close(self) -> None:
        self.journal.close()
        self.db.close()

    def is_first(self, position: int) -> bool:
        lanes = self.model[position][0]
        return not any(p < position and lanes & others for p, (others, _) in self.model.items())

    # --- what may happen -------------------------------------------------------------------------------------------

    def route(self) -> None:
        routed = []
        for _ in range(self.dice.randint(1, 4)):
            self.newest += GAP
            people = set(self.dice.sample(IDENTIFIERS, self.dice.choice([0, 1, 1, 2, 3])))
            self.model[self.newest] = (people, 0)
            routed.append(waiting(self.newest, *sorted(people)))
        self.cursor += 1
        self.run(self.db.commit(batch(*routed, cursor=self.cursor)))

    def an_older_one_comes_late(self) -> None:
        """As a replay will: somewhere before one that is on its way, or waits, and in its lanes."""
        newer = sorted(self.claimed) or sorted(self.model)
        if not newer:
            return
        of = self.dice.choice(newer)
        position = of - self.dice.randint(1, 2 * GAP)
        if position < 1 or position % GAP == 0 or position in self.model or position in self.final:
            return
        lanes = self.model[of][0] | set(self.dice.sample(IDENTIFIERS, self.dice.randint(0, 1)))
        self.model[position] = (lanes, 0)
        self.cursor += 1
        self.run(self.db.commit(batch(waiting(position, *sorted(lanes)), cursor=self.cursor)))

    def claim(self) -> None:
        limit = self.dice.randint(1, 4)
        expected = {
            p for p, (_, due) in self.model.items() if self.is_first(p) and due <= self.clock.at and p not in self.claimed
        }
        claims = self.run(self.db.claim(LOOPS, limit, self.clock.at))
        got = {c.position for c in claims}
        assert got <= expected, f"{got - expected} may not leave"
        assert len(got) == min(limit, len(expected)), f"{expected - got} could leave"
        for c in claims:
            assert set(c.lanes) == self.model[c.position][0]
            assert (c.state is State.SENDING) == (c.position in self.sending)
            self.claimed[c.position] = c

    def answer(self) -> None:
        if not self.claimed:
            return
        position = self.dice.choice(sorted(self.claimed))
        claimed = self.claimed.pop(position)
        if self.dice.random() < 0.7:
            self.run(self.db.intend([intent(claimed, self.clock.at)]))
            self.sending.add(position)
        ends = self.dice.choice(["delivered", "delivered", "dead", "retry", "back"])
        if ends == "back":
            self.run(self.db.hand_back(LOOPS, [position]))
            return
        self.sending.discard(position)
        if ends == "retry":
            due = self.clock.at + self.dice.choice([0, 1_000, 2_000])
            late = self.dice.random() < 0.5
            answer = settled(claimed, State.RETRYING, Code.TIMEOUT if late else Code.SERVER_ERROR, self.clock.at, due)
            self.model[position] = (self.model[position][0], due)
            self.late[position] = late
        else:
            answer = settled(claimed, State(ends), Code.DELIVERED if ends == "delivered" else Code.REFUSED, self.clock.at)
            lanes, _ = self.model.pop(position)
            self.final.add(position)
            if ends == "dead":
                self.dead[position] = lanes
        self.run(self.db.settle([answer]))

    def a_replay(self) -> None:
        """One step of it; the process may die before the next, and it goes on where it was."""
        job, _ = self.run(self.db.jobs.start("replay", Selection(), Progress(), False, self.clock.at))
        found = self.db.jobs.candidates(job, [LOOPS], None, self.clock.at, self.dice.randint(1, 3))
        expected = sorted(p for p in self.dead if p > job.cursor)
        back = [Returned(c.position, LOOPS) for c, _ in found]
        assert [r.position for r in back] == expected[: len(back)]
        assert back or not expected, "what is dead is not found"
        cursor = back[-1].position if back else job.cursor
        assert self.run(self.db.jobs.put_back(job, back, cursor, 0, not back, self.clock.at))
        assert not self.run(self.db.jobs.put_back(job, back, cursor + 1, 0, False, self.clock.at)), "the same step, twice"
        for returned in back:
            self.model[returned.position] = (self.dead.pop(returned.position), 0)
            self.final.discard(returned.position)

    def time_passes(self) -> None:
        self.clock.at += self.dice.choice([1, 1_000, 3_000])

    def the_destination_is_well_again(self) -> None:
        self.run(self.db.clear_retry_times(LOOPS, self.clock.at))
        self.model = {p: (lanes, due if self.late.get(p) else 0) for p, (lanes, due) in self.model.items()}

    def the_process_starts_again(self) -> None:
        self.close()
        self.open_files()
        self.claimed.clear()

    # --- what always holds -----------------------------------------------------------------------------------------

    def check(self) -> None:
        first = [due for p, (_, due) in self.model.items() if p not in self.claimed and self.is_first(p)]
        next_due = self.run(self.db.next_due(LOOPS))
        assert (next_due is None) == (not first)
        if next_due is not None:
            assert (next_due <= self.clock.at) == (min(first) <= self.clock.at)
        counts = self.journal.counts().get(LOOPS, {})
        still_open = sum(counts.get(s, 0) for s in (State.WAITING, State.SENDING, State.RETRYING))
        assert still_open == len(self.model)
        assert counts.get(State.SENDING, 0) == len(self.sending)
        assert sum(counts.values()) == len(self.model) + len(self.final)

    def live(self, steps: int) -> None:
        often = [
            self.route,
            self.claim,
            self.claim,
            self.answer,
            self.answer,
            self.an_older_one_comes_late,
            self.a_replay,
            self.time_passes,
        ]
        seldom = [self.the_destination_is_well_again, self.the_process_starts_again]
        for _ in range(steps):
            self.dice.choice(seldom if self.dice.random() < 0.04 else often)()
            self.check()

    def drain(self) -> None:
        """All goes well from now on: everything leaves, and each lane in its order."""
        self.the_process_starts_again()
        left: list[int] = []
        while self.model:
            self.clock.at += 10_000
            claims = self.run(self.db.claim(LOOPS, 100, self.clock.at))
            assert claims, "what is left never becomes ready"
            left += [c.position for c in claims]
            self.run(self.db.settle([settled(c, at=self.clock.at) for c in claims]))
            for c in claims:
                assert not any(p < c.position and set(c.lanes) & others for p, (others, _) in self.model.items())
            for c in claims:
                del self.model[c.position]
        assert len(left) == len(set(left))
        assert self.db.low_water() == self.cursor


@settings(
    max_examples=30,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(st.integers(0, 2**32))
def test_lanes_hold_whatever_happens_in_whatever_order(seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder, Runner() as runner:
        town = Town(Path(folder), runner, seed)
        try:
            town.live(STEPS)
            town.drain()
        finally:
            town.close()
