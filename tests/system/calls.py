"""What people do in the tests of a whole instance, and what became of it at the stand-in for Loops."""

from __future__ import annotations

import threading
from typing import Any

from tests.harness.instance import Running
from tests.harness.standin import KEY, Answer, Seen, StandIn, usual


def connect(running: Running, loops: StandIn, name: str = "loops", **settings: str) -> None:
    """The source `website` sends to `loops`, through a destination of that name."""
    more = "".join(f", {key}: {value}" for key, value in settings.items())
    running.apply(
        "version: 1\n"
        "destinations:\n"
        f"  - {{name: {name}, type: loops, settings: {{api_key: '{KEY}', base_url: '{loops.url}'{more}}}}}\n"
        "connections:\n"
        f"  - {{source: website, destination: {name}}}\n"
    )


def identify(running: Running, user: str, **traits: Any) -> None:
    traits = {"email": f"{user}@example.com"} | traits
    assert running.send("/v1/identify", {"userId": user, "traits": traits}) == (200, "ok")


def track(running: Running, user: str, event: str, **properties: Any) -> None:
    assert running.send("/v1/track", {"userId": user, "event": event, "properties": properties}) == (200, "ok")


def names(loops: StandIn, user: str, after: int = 0) -> list[str]:
    """What arrived for this person, in order: "update" or the event's name. `after`: leaving out so many deliveries."""
    return [s.body.get("eventName", "update") for s in loops.deliveries()[after:] if s.body["userId"] == user]


def first_then_usual(answers: list[Answer], suffix: str = "") -> Any:
    """Gives `answers` to the first deliveries whose path ends so, then behaves."""
    left = list(answers)
    guard = threading.Lock()

    def decide(seen: Seen) -> Answer:
        with guard:
            if left and seen.path.endswith(suffix or ("/contacts/update", "/events/send")):
                return left.pop(0)
        return usual(seen)

    return decide


def fate(running: Running, **wanted: str) -> dict[str, Any]:
    row = next(r for r in running.events() if all(r[k] == v for k, v in wanted.items()))
    found: dict[str, Any] = row["fates"][0]
    return found
