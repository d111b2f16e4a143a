"""What of the log has to be kept for events that wait, and what goes another way. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

FEW = 0.1  # a segment that is held by less than so much of its events has those copied out


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


class Held(msgspec.Struct, frozen=True):
    """A segment, and how many deliveries of its events wait."""

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


def waiting_bytes(segments: Sequence[Held]) -> int:
    return sum(held.bytes for held in segments)


def pinned_bytes(segments: Sequence[Held]) -> int:
    """What cannot be dropped because of events that wait: the first segment that holds one, and all after it."""
    first = next((number for number, held in enumerate(segments) if held.waiting), len(segments))
    return sum(held.span.bytes for held in segments[first:])


def to_copy_out(segments: Sequence[Held], rules: Rules, cursor: int, now: int) -> Held | None:
    """The oldest segment, if it ought to go and only a few of its events still wait."""
    if len(segments) < 2 or not segments[0].waiting:
        return None
    first = segments[0]
    too_old = first.span.newest < now - int(rules.retention_age * 1000)
    too_much = sum(held.span.bytes for held in segments) > rules.retention_bytes
    few = first.waiting < first.span.count * FEW
    return first if (too_old or too_much) and few and first.span.sealed and first.span.last <= cursor else None


def to_expire(segments: Sequence[Held], rules: Rules) -> tuple[SegmentSpan, int] | None:
    """The oldest segment with waiting events, and how many of them are over `keep_waiting_bytes`."""
    over = waiting_bytes(segments) - rules.keep_waiting_bytes
    if not rules.keep_waiting_bytes or over <= 0:
        return None
    held = next(held for held in segments if held.waiting)
    each = max(1.0, held.bytes / held.waiting)
    return held.span, min(held.waiting, int(over / each) + 1)
