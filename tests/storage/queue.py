"""Small words for tests of the durable queue: batches, a clock, and a model of what lanes mean."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from headrace.delivery.port import Claimed, Intent, Settlement
from headrace.event import About, Facts
from headrace.fate import SENTENCES, Code, State
from headrace.routing.port import Batch, Passed, Routed

NOON = 1_800_000_000_000
LOOPS = "dst-loops"


class StandingClock:
    """Time stands until somebody moves it."""

    def __init__(self, at: int = NOON) -> None:
        self.at = at

    def now_ms(self) -> int:
        return self.at

    def monotonic(self) -> float:
        return self.at / 1000

    async def sleep(self, seconds: float) -> None:
        self.at += int(seconds * 1000)
        await asyncio.sleep(0)


def about(name: str = "Signed Up", kind: str = "track", person: str = "user:ada", source: str = "src-web") -> About:
    return About(source, kind, name, person)


def waiting(position: int, *lanes: str, to: str = LOOPS, facts: Facts | None = None, shown: About | None = None) -> Routed:
    shown = shown or about(person=f"user:{lanes[0][2:]}" if lanes else "")
    reason = SENTENCES[Code.ROUTED]
    return Routed(position, to, State.WAITING, Code.ROUTED, reason, lanes, facts or Facts(), shown, NOON + position)


def filtered(position: int, code: Code = Code.NOT_IDENTIFIED, to: str = LOOPS) -> Routed:
    return Routed(position, to, State.FILTERED, code, SENTENCES[code], (), Facts(), about(), NOON + position)


def passed(position: int, code: Code) -> Passed:
    return Passed(position, code, about(), NOON + position)


def batch(*entries: Routed | Passed, cursor: int | None = None, memory: dict[str, bytes | None] | None = None) -> Batch:
    routed = [e for e in entries if isinstance(e, Routed)]
    gone = [e for e in entries if isinstance(e, Passed)]
    return Batch(cursor or max(e.position for e in entries), routed, gone, memory or {})


def intent(claimed: Claimed, at: int = NOON) -> Intent:
    return Intent(claimed.position, claimed.destination_id, at, f"key-{claimed.position}", "hash", (claimed.position,))


def settled(
    claimed: Claimed, state: State = State.DELIVERED, code: Code = Code.DELIVERED, at: int = NOON, next_at: int | None = None
) -> Settlement:
    return Settlement(
        claimed.position, claimed.destination_id, state, code, SENTENCES[code], at,
        claimed.attempts + 1, claimed.key_turn, claimed.key_open_since, next_at,
    )  # fmt: skip


def positions(claims: Sequence[Claimed]) -> list[int]:
    return [claimed.position for claimed in claims]
