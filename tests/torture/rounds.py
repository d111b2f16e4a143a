"""People and SDKs talk at once, a kill -9 in the middle; and the proof that nothing was lost, doubled or reordered."""

from __future__ import annotations

import random
import threading
from itertools import pairwise
from pathlib import Path
from types import TracebackType

from tests.harness.instance import Running
from tests.harness.standin import KEY, StandIn
from tests.harness.waiting import until
from tests.torture.mischief import Mischief, said
from tests.torture.speakers import Speaker, everybody

PEOPLE = 6  # that call by themselves; two more use an SDK
CALLS = 12  # of each in a round
LATEST = 0.2  # s after the chosen call until the kill, at most


class Torture:
    """One instance and one misbehaving stand-in; `round` as often as wanted, then `verify`."""

    def __init__(self, data: Path, chance: random.Random) -> None:
        self.chance = chance
        self.mischief = Mischief(random.Random(chance.random()))
        self.loops = StandIn(self.mischief.decide)
        self.running = Running(data, "--no-engine")
        self.speakers: list[Speaker] = []
        self.rounds = 0

    def __enter__(self) -> Torture:
        self.loops.__enter__()
        self.running.start()
        self.running.apply(
            "version: 1\n"
            "destinations:\n"
            f"  - {{name: loops, type: loops, settings: {{api_key: '{KEY}', base_url: '{self.loops.url}', rate: 0,"
            " retry: {first: 0.05, most: 0.2}}}\n"
            "connections:\n  - {source: website, destination: loops}\n"
        )
        self.speakers = everybody(self.running, PEOPLE)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for speaker in self.speakers:
            speaker.close()
        self.running.stop()
        self.loops.__exit__(kind, error, trace)

    @property
    def acknowledged(self) -> int:
        return sum(len(speaker.acknowledged) for speaker in self.speakers)

    def round(self, victim: str) -> None:
        """Everybody talks; somewhere in the middle `victim` is killed; everything comes back."""
        self.rounds += 1
        number = self.rounds
        middle = threading.Event()
        calls = iter(range(len(self.speakers) * CALLS))
        at = self.chance.randrange(len(self.speakers) * CALLS // 2)

        def talk(speaker: Speaker) -> None:
            for step in range(CALLS):
                if next(calls, 0) == at:
                    middle.set()
                speaker.say(step, f"{speaker.person}-{number:04d}-{step:03d}")

        threads = [threading.Thread(target=talk, args=(speaker,)) for speaker in self.speakers]
        for thread in threads:
            thread.start()
        middle.wait(30)
        threading.Event().wait(self.chance.random() * LATEST)
        if victim == "supervisor":
            self._kill_all()
        else:
            before = self.running.pids()[victim]
            self.running.kill(victim)
            until(lambda: self.running.pids()[victim] != before, f"a new {victim}")
        for thread in threads:
            thread.join()
        for speaker in self.speakers:
            speaker.end_round()

    def _kill_all(self) -> None:
        assert self.running.process is not None
        self.running.kill("supervisor")
        self.running.process.wait()
        self.running.process = None
        until(lambda: self._free(), "the children to notice and stop")
        self.running.start()

    def _free(self) -> bool:
        done = self.running.cli("status", check=False)
        return "stopped" in done.stdout

    def verify(self) -> None:
        """Acknowledged = fated; each person's calls left in order; no event took effect twice."""
        self.mischief.calm = True
        self.running.settle(self.acknowledged, 600)  # after a 429 it is ten a second
        report = self.running.audit()
        assert report["differences"] == []
        fates = {row["messageId"]: row["fates"] for row in self.running.events() if row["fates"][0]["state"] != "duplicate"}
        for speaker in self.speakers:
            assert speaker.acknowledged, f"{speaker.person} was never heard"
            lost = [i for i in speaker.acknowledged if i not in fates]
            assert lost == [], f"{speaker.person}: acknowledged, and no trace of it"
            others = {i: fates[i][0] for i in speaker.acknowledged if fates[i][0]["state"] not in ("delivered", "unchanged")}
            assert others == {}, f"{speaker.person}: not delivered"
            self._verify_order(speaker)
        self._verify_effects(fates)

    def _verify_order(self, speaker: Speaker) -> None:
        requests = [s.body for s in self.loops.deliveries() if s.body["userId"] == speaker.person]
        left = [item for body in requests for item in said(body)]
        firsts = list(dict.fromkeys(left))
        assert firsts == sorted(firsts), f"{speaker.person}: left in another order than accepted"
        assert set(speaker.acknowledged) <= set(firsts), f"{speaker.person}: acknowledged and never sent"
        # between the first and the last time one event leaves, nothing else of this person may
        carried = [said(body) for body in requests]
        for before, after in pairwise(carried):
            assert before[0] <= after[0], f"{speaker.person}: {before} was overtaken by {after} while it was retried"

    def _verify_effects(self, fates: dict[str, list[dict[str, object]]]) -> None:
        twice = {name: count for name, count in self.mischief.effects.items() if count > 1}
        assert twice == {}, "a track took effect twice"
        events = {i for speaker in self.speakers for i in speaker.acknowledged if not i.endswith(("000", "004", "008"))}
        missing = sorted(events - set(self.mischief.effects))
        assert missing == [], f"delivered, they say, but nothing happened: {[(m, fates[m]) for m in missing[:3]]}"
