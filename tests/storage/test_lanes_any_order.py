"""Whatever is routed, claimed, settled, handed back or reopened, in any order: lanes hold, and nothing is lost."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from headrace.delivery.port import Claimed
from headrace.fate import Code, State
from headrace.storage.sqlite.delivery.attempts import AttemptReader
from headrace.storage.sqlite.delivery.db import DeliveryDb
from headrace.storage.sqlite.delivery.journal import SqliteJournal
from tests.storage.queue import LOOPS, StandingClock, batch, intent, settled, waiting

PEOPLE = st.sets(st.sampled_from(["u:ada", "u:bob", "u:eve", "e:ada@x.org", "e:bob@x.org"]), max_size=3)
GAP = 10  # positions left free between two routed events, for those that come late


class Lanes(RuleBasedStateMachine):
    """Against the simplest model there is: open deliveries by position, with the lanes each names."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = StandingClock()
        self.loop = asyncio.new_event_loop()
        self.open_files()
        self.cursor = 0
        self.late = 1_000_000  # cursors of batches that bring older positions
        self.model: dict[int, tuple[set[str], int]] = {}  # open: position -> (lanes, due)
        self.claimed: dict[int, Claimed] = {}
        self.sending: set[int] = set()
        self.final: set[int] = set()

    def open_files(self) -> None:
        path = Path(self.folder.name) / "delivery.db"
        self.db = DeliveryDb.open(path, self.clock)
        self.journal = SqliteJournal(path, AttemptReader(path.parent / "attempts"))

    def teardown(self) -> None:
        self.journal.close()
        self.db.close()
        self.loop.close()
        self.folder.cleanup()

    def may_leave(self, position: int) -> bool:
        lanes, due = self.model[position]
        older = any(p < position and lanes & others for p, (others, _) in self.model.items())
        return not older and due <= self.clock.at and position not in self.claimed

    @rule(events=st.lists(PEOPLE, min_size=1, max_size=4))
    def route(self, events: list[set[str]]) -> None:
        routed = []
        for people in events:
            self.cursor += GAP
            self.model[self.cursor] = (people, 0)
            routed.append(waiting(self.cursor, *sorted(people)))
        self.late += 1
        self.loop.run_until_complete(self.db.commit(batch(*routed, cursor=self.late)))

    @rule(people=PEOPLE, where=st.integers(1, 400))
    def an_older_one_comes_late(self, people: set[str], where: int) -> None:
        position = where if where % GAP else where + 1
        if position in self.model or position in self.final:
            return
        self.late += 1
        self.model[position] = (people, 0)
        self.loop.run_until_complete(self.db.commit(batch(waiting(position, *sorted(people)), cursor=self.late)))

    @rule(limit=st.integers(1, 4))
    def claim(self, limit: int) -> None:
        expected = {p for p in self.model if self.may_leave(p)}
        claims = self.loop.run_until_complete(self.db.claim(LOOPS, limit, self.clock.at))
        got = {c.position for c in claims}
        assert got <= expected
        assert len(got) == min(limit, len(expected))
        for c in claims:
            assert set(c.lanes) == self.model[c.position][0]
            assert (c.state is State.SENDING) == (c.position in self.sending)
            self.claimed[c.position] = c

    @rule(data=st.data(), leaves=st.booleans(), ends=st.sampled_from(["delivered", "dead", "retry", "back"]))
    def answer(self, data: st.DataObject, leaves: bool, ends: str) -> None:
        if not self.claimed:
            return
        position = data.draw(st.sampled_from(sorted(self.claimed)))
        claimed = self.claimed.pop(position)
        if leaves:
            self.loop.run_until_complete(self.db.intend([intent(claimed, self.clock.at)]))
            self.sending.add(position)
        if ends == "back":
            self.loop.run_until_complete(self.db.hand_back(LOOPS, [position]))
            return
        self.sending.discard(position)
        if ends == "retry":
            due = self.clock.at + 1_000
            answer = settled(claimed, State.RETRYING, Code.TIMEOUT, self.clock.at, due)
            self.model[position] = (self.model[position][0], due)
        else:
            answer = settled(claimed, State(ends), Code.DELIVERED if ends == "delivered" else Code.REFUSED, self.clock.at)
            del self.model[position]
            self.final.add(position)
        self.loop.run_until_complete(self.db.settle([answer]))

    @rule(seconds=st.integers(0, 2))
    def time_passes(self, seconds: int) -> None:
        self.clock.at += seconds * 1_000

    @rule()
    def the_destination_is_well_again(self) -> None:
        self.loop.run_until_complete(self.db.clear_retry_times(LOOPS, self.clock.at))
        self.model = {p: (lanes, 0) for p, (lanes, _) in self.model.items()}

    @rule()
    def the_process_starts_again(self) -> None:
        self.journal.close()
        self.db.close()
        self.open_files()
        self.claimed.clear()

    @invariant()
    def what_is_next_is_known(self) -> None:
        due = self.loop.run_until_complete(self.db.next_due(LOOPS))
        first = [
            max(0, when)
            for p, (lanes, when) in self.model.items()
            if p not in self.claimed and not any(o < p and lanes & others for o, (others, _) in self.model.items())
        ]
        assert (due is None) == (not first)
        if due is not None:
            assert (due <= self.clock.at) == (min(first) <= self.clock.at)

    @invariant()
    def nothing_is_lost(self) -> None:
        counts = self.journal.counts().get(LOOPS, {})
        still_open = sum(counts.get(s, 0) for s in (State.WAITING, State.SENDING, State.RETRYING))
        assert still_open == len(self.model)
        assert counts.get(State.SENDING, 0) == len(self.sending)
        assert sum(counts.values()) == len(self.model) + len(self.final)


TestLanes = Lanes.TestCase
TestLanes.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
