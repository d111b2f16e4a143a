"""Whether a destination runs, pauses or is down, and when to look again. Pure: signals in, decisions out."""

from __future__ import annotations

from typing import Literal

import msgspec

from headrace.delivery.port import DestinationHealth
from headrace.destinations.port import Pause
from headrace.fate import SENTENCES, Code

Signal = Literal["success", "refusal", "failure", "answered", "none"]

FIRST_PROBE_PAUSED = 5_000  # ms, doubling
LAST_PROBE_PAUSED = 900_000
FIRST_PROBE_DOWN = 1_000
LAST_PROBE_DOWN = 60_000
FAILURES_TO_DOWN = 5  # in a row, from different lanes
ONLY_LANE_FOR = 60_000  # ms that the only lane with work may fail
ONLY_A_PERSON = (Code.PAUSED_BY_HAND, Code.MANY_REFUSALS, Code.RESTORED)  # ends these pauses: nothing is probed
REFUSALS_TO_PAUSE = 20  # dead letters in a row, of different people


class Signals:
    """What the answers of one destination said lately; forgotten at a restart."""

    def __init__(self) -> None:
        self.failing: dict[str, None] = {}  # first lane of each failure since the last answer
        self.failing_since: int | None = None
        self.refused: dict[str, None] = {}  # people refused since the last success

    def hear(self, signal: Signal, lane: str, now: int) -> None:
        match signal:
            case "success":
                self.success()
            case "answered" | "refusal":
                self.answered()
            case "failure":
                self.failure(lane, now)
        if signal == "refusal":
            self.refusal(lane)

    def success(self) -> None:
        self.failing.clear()
        self.failing_since = None
        self.refused.clear()

    def answered(self) -> None:
        """It answered, although not as hoped: it is there."""
        self.failing.clear()
        self.failing_since = None

    def failure(self, lane: str, now: int) -> None:
        self.failing[lane] = None
        if self.failing_since is None:
            self.failing_since = now

    def refusal(self, person: str) -> None:
        self.refused[person] = None

    def is_down(self, now: int) -> bool:
        if len(self.failing) >= FAILURES_TO_DOWN:
            return True
        return self.failing_since is not None and now - self.failing_since >= ONLY_LANE_FOR

    def is_refusing(self) -> bool:
        return len(self.refused) >= REFUSALS_TO_PAUSE


class Said(msgspec.Struct, frozen=True):
    """What the answer to one delivery says of its destination."""

    signal: Signal
    lane: str
    code: Code  # what became of the delivery
    pause: Pause | None = None
    tried: bool = False  # it was sent to see whether the destination is well again


def heard(health: DestinationHealth, signals: Signals, said: Said, now: int) -> DestinationHealth:
    """The health from now on; the same one where nothing changes."""
    if said.pause is not None:
        return health if is_held(health) else paused(health.destination_id, said.pause.code, said.pause.reason, now)
    signals.hear(said.signal, said.lane, now)
    if said.signal == "success" and (health.state == "down" or (said.tried and not is_held(health))):
        return running(health.destination_id, now)
    if health.state == "running" and said.signal == "refusal" and signals.is_refusing():
        reason = f"{SENTENCES[Code.MANY_REFUSALS]} Look at the failed events, then resume."
        return paused(health.destination_id, Code.MANY_REFUSALS, reason, now)
    if health.state == "running" and said.signal == "failure" and signals.is_down(now):
        return down(health.destination_id, said.code, now)
    return health


def probed(health: DestinationHealth, said: Pause | str | None, now: int) -> DestinationHealth:
    """`said`: a sentence when it is well, why it pauses, or None when it did not say."""
    if isinstance(said, str):
        return running(health.destination_id, now)
    if said is None:
        return probed_in_vain(health, now)
    asked = health if health.state == "paused" else paused(health.destination_id, said.code, said.reason, now)
    return probed_in_vain(asked, now, said.code, said.reason)


def is_held(health: DestinationHealth) -> bool:
    """Whether a person said so, or has to: no answer of the destination changes it."""
    return health.state == "disabled" or health.code in ONLY_A_PERSON


def running(destination_id: str, now: int) -> DestinationHealth:
    return DestinationHealth(destination_id, "running", None, "", now)


def paused(destination_id: str, code: Code, reason: str, now: int) -> DestinationHealth:
    """Probes by itself, except when a person paused it."""
    probe_at = None if code in ONLY_A_PERSON else now + FIRST_PROBE_PAUSED
    return DestinationHealth(destination_id, "paused", code, reason, now, probe_at)


def down(destination_id: str, code: Code, now: int) -> DestinationHealth:
    reason = f"{SENTENCES[code]} Headrace tries again by itself; the queue is kept."
    return DestinationHealth(destination_id, "down", code, reason, now, now + FIRST_PROBE_DOWN)


def disabled(destination_id: str, now: int) -> DestinationHealth:
    return DestinationHealth(destination_id, "disabled", Code.DISABLED, SENTENCES[Code.DISABLED], now)


def until_probe(health: DestinationHealth, now: int) -> float | None:
    """Seconds, 0: now; None: nothing is probed. Further off than any probe is planned: the clock was set back since."""
    if health.probe_at is None:
        return None
    wait = health.probe_at - now
    return max(0, wait) / 1000 if wait <= _limits(health)[1] else 0.0


def probed_in_vain(health: DestinationHealth, now: int, code: Code | None = None, reason: str = "") -> DestinationHealth:
    """The next probe comes twice as late, up to the limit of the state."""
    first, last = _limits(health)
    probes = health.probes + 1
    wait = min(last, first * 2 ** min(probes, 20))
    return DestinationHealth(
        health.destination_id,
        health.state,
        code or health.code,
        reason or health.reason,
        health.since,
        now + wait,
        probes,
    )


def _limits(health: DestinationHealth) -> tuple[int, int]:
    """ms until the first probe, and most between two."""
    if health.state == "down":
        return FIRST_PROBE_DOWN, LAST_PROBE_DOWN
    return FIRST_PROBE_PAUSED, LAST_PROBE_PAUSED
