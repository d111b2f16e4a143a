"""What of the log has to be kept for events that wait, and what goes another way. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

FEW = 0.1  # a segment that less than so much of its events pin has those copied out


class SegmentSpan(msgspec.Struct, frozen=True):
    """One file of the log: positions first..last."""

    first: int
    last: int
    newest: int  # received_at of its last block, ms
    bytes: int
    sealed: bool  # nothing is added to it any more

    @property
    def count(self) -> int:
        return self.last - self.first + 1


class Pinned(msgspec.Struct, frozen=True):
    """A segment, and how many waiting deliveries of its events pin it (0: none)."""

    span: SegmentSpan
    waiting: int

    @property
    def bytes(self) -> int:
        """The space that those take, as far as one can tell without reading."""
        return int(self.span.bytes * min(1.0, self.waiting / self.span.count))


class Rules(msgspec.Struct, frozen=True):
    retention_age: float  # s
    retention_bytes: int
    keep_waiting: float  # s; 0 = without end
    keep_waiting_bytes: int  # 0 = no limit


def waiting_bytes(segments: Sequence[Pinned]) -> int:
    return sum(pinned.bytes for pinned in segments)


def pinned_bytes(segments: Sequence[Pinned]) -> int:
    """What cannot be dropped because of events that wait: the first segment that holds one, and all after it."""
    first = next((number for number, pinned in enumerate(segments) if pinned.waiting), len(segments))
    return sum(pinned.span.bytes for pinned in segments[first:])


def to_copy_out(segments: Sequence[Pinned], rules: Rules, cursor: int, now: int) -> Pinned | None:
    """The oldest segment, if it ought to go and only a few of its events still wait."""
    if len(segments) < 2 or not segments[0].waiting:
        return None
    first = segments[0]
    too_old = first.span.newest < now - int(rules.retention_age * 1000)
    too_much = sum(pinned.span.bytes for pinned in segments) > rules.retention_bytes
    few = first.waiting < first.span.count * FEW
    return first if (too_old or too_much) and few and first.span.sealed and first.span.last <= cursor else None


def to_let_go(segments: Sequence[Pinned], rules: Rules) -> int:
    """Position up to which waiting events pin more than the log may take; 0: none. The newest is written to, and stays."""
    over = sum(pinned.span.bytes for pinned in segments) - rules.retention_bytes
    cut = 0
    for pinned in segments[:-1]:
        if over <= 0:
            break
        over -= pinned.span.bytes
        if pinned.waiting:
            cut = pinned.span.last
    return cut


def to_expire(segments: Sequence[Pinned], rules: Rules) -> tuple[SegmentSpan, int] | None:
    """The oldest segment with waiting events, and how many of them are over `keep_waiting_bytes`."""
    over = waiting_bytes(segments) - rules.keep_waiting_bytes
    if not rules.keep_waiting_bytes or over <= 0:
        return None
    pinned = next(pinned for pinned in segments if pinned.waiting)
    each = max(1.0, pinned.bytes / pinned.waiting)
    return pinned.span, min(pinned.waiting, int(over / each) + 1)
