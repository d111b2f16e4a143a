"""Events to write, and a clock that stands where it is put."""

from __future__ import annotations

from headrace.event import AcceptedEvent


class StillClock:
    def __init__(self, now: int = 1_800_000_000_000) -> None:
        self.now = now

    def now_ms(self) -> int:
        return self.now

    def monotonic(self) -> float:
        return self.now / 1000

    async def sleep(self, seconds: float) -> None:
        self.now += int(seconds * 1000)


def event(message_id: str, source: str = "s1", user: str = "ada", at: int = 1_800_000_000_000) -> AcceptedEvent:
    return AcceptedEvent(
        source, message_id, at, "127.0.0.1", "r", None, user, f"anon-{user}", b'{"n":"%s"}' % message_id.encode()
    )
