"""What telling needs: a durable outbox, and ways to hand a notice over."""

from __future__ import annotations

from typing import Protocol

from headrace.alarms.notice import Notice


class Outbox(Protocol):
    """Notices that are not handed over yet; survives a restart. Calls may block a little: use them from a thread."""

    def add_notices(self, notices: list[Notice]) -> None: ...

    def due_notices(self, now: int) -> list[Notice]:
        """Those whose time has come, the oldest first."""

    def change_notice(self, notice_id: str, after: Notice | None) -> None:
        """None: handed over, or given up."""


class Channel(Protocol):
    """One way to a person."""

    async def tell(self, notice: Notice) -> str | None:
        """None when it was taken, else a sentence why not. Never raises for what a network can do."""
