"""The audit that never ends: new events as they are routed, and a slow round over everything that is kept. Pure."""

from __future__ import annotations

from typing import Literal

import msgspec

STEP = 5_000  # positions of one step: some 10 ms
MOST_KEPT = 50  # ranges with a difference that are kept; more tell a person nothing new


class Span(msgspec.Struct, frozen=True):
    """Positions first..last, both included."""

    first: int
    last: int
    why: Literal["new", "again", "round"]  # newly routed; a difference looked at once more; the round over all


class Wrong(msgspec.Struct, frozen=True):
    """A range in which the log and the fates differ. Believed (and an alarm) once it was seen twice."""

    span: Span
    differences: tuple[str, ...]
    sure: bool = False


class Progress(msgspec.Struct, frozen=True):
    """Kept across restarts. Everything up to `checked_to` was compared at least once."""

    checked_to: int = 0
    round_at: int = 0  # the round has compared everything up to here, then begins anew
    rounds: int = 0
    at: int | None = None  # ms of the last comparison
    wrong: tuple[Wrong, ...] = ()

    @property
    def differences(self) -> list[str]:
        return [f"events {w.span.first} to {w.span.last}: {line}" for w in self.wrong if w.sure for line in w.differences]


def next_span(progress: Progress, cursor: int, dropped: int, behind_only: bool, step: int = STEP) -> Span | None:
    """What to compare next: a first difference once more, else what is new, else (unless `behind_only`) the round's next.

    `cursor`: everything up to here is routed; `dropped`: everything up to here is no longer kept.
    """
    for wrong in progress.wrong:
        if not wrong.sure and wrong.span.first > dropped:
            return msgspec.structs.replace(wrong.span, why="again")
    first = max(progress.checked_to, dropped) + 1
    if first <= cursor:
        return Span(first, min(cursor, first + step - 1), "new")
    if behind_only:
        return None
    first = max(progress.round_at, dropped) + 1
    if first > cursor:
        first = dropped + 1
    return Span(first, min(cursor, first + step - 1), "round") if first <= cursor else None


def noted(progress: Progress, span: Span, differences: list[str], cursor: int, dropped: int, now: int) -> Progress:
    """After `span` was compared."""
    seen_before = {(w.span.first, w.span.last) for w in progress.wrong}
    kept = [w for w in progress.wrong if w.span.last > dropped and not _covers(span, w.span)]
    if differences and len(kept) < MOST_KEPT:
        kept.append(Wrong(span, tuple(differences), sure=(span.first, span.last) in seen_before))
    changed = {"wrong": tuple(kept), "at": now}
    if span.why == "new":
        changed["checked_to"] = span.last
    elif span.why == "round":
        over = span.last >= cursor
        changed |= {"round_at": 0 if over else span.last, "rounds": progress.rounds + over}
    return msgspec.structs.replace(progress, **changed)


def _covers(span: Span, other: Span) -> bool:
    return span.first <= other.first and other.last <= span.last
