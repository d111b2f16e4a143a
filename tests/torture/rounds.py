"""Load from several people at once, a kill -9 in the middle, and the proof that nothing was lost or reordered."""

from __future__ import annotations

import random
import threading
import urllib.error
from collections import defaultdict
from http.client import HTTPException
from pathlib import Path
from types import TracebackType

from tests.harness.instance import Running
from tests.harness.standin import GOOD, KEY, Answer, Seen, StandIn, usual
from tests.harness.waiting import until

PEOPLE = 6
CALLS = 12  # of each person in a round


class Torture:
    """One instance and one misbehaving stand-in; `round` as often as wanted, then `verify`."""

    def __init__(self, data: Path, chance: random.Random) -> None:
        self.chance = chance
        self.acknowledged: dict[str, list[str]] = defaultdict(list)  # person -> messageIds in order
        self.uncertain: set[str] = set()  # sent, but the answer never came
        self.loops = StandIn(self._misbehave)
        self.running = Running(data, "--no-engine")
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
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.running.stop()
        self.loops.__exit__(kind, error, trace)

    def _misbehave(self, seen: Seen) -> Answer:
        if seen.method == "GET":
            return usual(seen)
        dice = self.chance.random()
        if dice < 0.05:
            return 500, {"success": False}
        if dice < 0.08:
            return "break"
        if dice < 0.10:
            return 429, {"success": False}
        return 200, GOOD

    def round(self, victim: str) -> None:
        """Everybody talks; somewhere in the middle `victim` is killed; everything comes back."""
        self.rounds += 1
        number = self.rounds
        middle = threading.Event()
        calls = iter(range(PEOPLE * CALLS))
        at = self.chance.randrange(PEOPLE, PEOPLE * CALLS // 2)

        def talk(person: str) -> None:
            for step in range(CALLS):
                message_id = f"{person}-{number:04d}-{step:03d}"
                body = {"userId": person, "messageId": message_id, "event": message_id, "properties": {}}
                if next(calls, 0) == at:
                    middle.set()
                self._send(person, message_id, body)

        threads = [threading.Thread(target=talk, args=(f"person{p}",)) for p in range(PEOPLE)]
        for thread in threads:
            thread.start()
        middle.wait(30)
        if victim == "supervisor":
            self._kill_all()
        else:
            before = self.running.pids()[victim]
            self.running.kill(victim)
            until(lambda: self.running.pids()[victim] != before, f"a new {victim}")
        for thread in threads:
            thread.join()

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

    def _send(self, person: str, message_id: str, body: object) -> None:
        """As a good SDK does: again with the same messageId until it is acknowledged."""

        def once() -> bool:
            try:
                status, _ = self.running.send("/v1/track", body)
            except (urllib.error.URLError, HTTPException, OSError):
                self.uncertain.add(message_id)
                return False
            return status == 200

        until(once, f"{message_id} to be acknowledged", 60)
        self.acknowledged[person].append(message_id)

    def verify(self) -> None:
        accepted = sum(len(ids) for ids in self.acknowledged.values())
        self.running.settle(accepted, 120)
        report = self.running.audit()
        assert report["differences"] == []
        fates = {row["messageId"]: row["fates"] for row in self.running.events() if row["fates"][0]["state"] != "duplicate"}
        for person, ids in self.acknowledged.items():
            assert all(fates[i][0]["state"] == "delivered" for i in ids), person
            left = [s.body["eventName"] for s in self.loops.deliveries() if s.body["userId"] == person]
            firsts = list(dict.fromkeys(left))
            assert firsts == ids, f"{person}: left in another order than accepted"
            # between the first and the last time one event leaves, nothing else of this person may
            assert left == sorted(left), f"{person}: an event was overtaken while it was retried"
