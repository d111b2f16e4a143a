"""A stream that looks like a real product's: page loads that repeat identify, sign-ups, bursts, servers, a nightly backfill.

What it assumes (change it here): a visit has 1–8 page loads, four in the mean; each page load calls `identify` with the same
traits, as single-page applications do, and every second one tracks something; the SDK sends the traits along with each track.
One visit in twelve is a sign-up: identify, "Signed Up", identify with more traits and a mailing list, "Onboarding Completed".
Servers track with the user ID alone. A backfill identifies everybody once; of one in ten a value changed.
"""

from __future__ import annotations

import random
from typing import Any

from benchmarks.lab import Call

EVENTS = ("Project Created", "Report Viewed", "Invite Sent", "File Exported", "Search Done")


class Stream:
    """`calls` and `times` (seconds), in order of acceptance; about `rate` calls a second in the mean.

    The people are numbered from `first` on.
    """

    def __init__(self, seed: str, seconds: float, rate: float, people: int = 400, first: int = 0) -> None:
        self._dice = random.Random(seed)
        self._first = first
        self._said: list[tuple[float, str, dict[str, Any]]] = []
        self._plans = {n: self._dice.choice(("free", "pro", "team")) for n in range(people)}
        self._people, self._new = people, people
        visits = int(seconds * rate / 7.0)  # calls of a visit, in the mean
        for _ in range(visits):
            self._visit(self._dice.uniform(0, seconds))
        for _ in range(visits // 3):
            who = self._dice.randrange(people)
            self._track(self._dice.uniform(0, seconds), who, "Invoice Paid", from_server=True)
        for _ in range(visits // 4):  # a launch: many come within ten seconds
            self._visit(seconds * 0.6 + self._dice.uniform(0, 10))
        for who in range(people):  # a server goes through everybody, twenty a second
            if self._dice.random() < 0.1:
                self._plans[who] = "enterprise"
            self._identify(seconds * 0.3 + who / 20, who)
        self._said.sort(key=lambda said: said[0])
        self.times = [at for at, _, _ in self._said]
        self.calls = [Call(user, body, f"m{n}") for n, (_, user, body) in enumerate(self._said, 1)]

    def tracks(self) -> int:
        return sum(call.body["type"] == "track" for call in self.calls)

    def _visit(self, at: float) -> None:
        if self._dice.random() < 1 / 12:
            self._sign_up(at)
            return
        who = self._dice.randrange(self._people)
        for _ in range(min(8, 1 + int(self._dice.expovariate(1 / 3.2)))):
            self._identify(at, who)
            if self._dice.random() < 0.5:
                self._track(at + 1, who, self._dice.choice(EVENTS))
            at += self._dice.uniform(2, 20)

    def _sign_up(self, at: float) -> None:
        who, self._new = self._new, self._new + 1
        self._plans[who] = "free"
        self._identify(at, who)
        self._track(at + 0.2, who, "Signed Up")
        self._identify(at + 15, who, role="developer", mailingLists={"cly2xnjqn002z0mmn68uog1wk": True})
        self._track(at + 20, who, "Onboarding Completed")

    def _traits(self, who: int) -> dict[str, Any]:
        number = who + self._first
        return {"email": f"user{number}@example.com", "firstName": f"User {number}", "plan": self._plans[who]}

    def _identify(self, at: float, who: int, **more: Any) -> None:
        self._say(at, who, {"type": "identify", "context": {"traits": self._traits(who) | more}})

    def _track(self, at: float, who: int, event: str, from_server: bool = False) -> None:
        context = {} if from_server else {"traits": self._traits(who)}
        properties = {"value": self._dice.randrange(100)}
        self._say(at, who, {"type": "track", "event": event, "properties": properties, "context": context})

    def _say(self, at: float, who: int, body: dict[str, Any]) -> None:
        user = f"user{who + self._first}"
        self._said.append((at, user, body | {"userId": user}))
