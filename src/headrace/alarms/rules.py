"""When an alarm starts and when it ends: a limit to start, an easier one to end, and time in between. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

CALM = 60_000  # ms that a measure has to stay good before its alarm ends


class Measure(msgspec.Struct, frozen=True):
    """One thing that may be alarming, as it is now. It is bad from `starts` on, and good again below `ends`."""

    kind: str
    subject: str  # what it is about: a destination's name, or ""
    value: float
    starts: float
    ends: float
    sentence: str  # for a person: what is wrong, and what to do
    after: int = 0  # ms that it has to be bad before the alarm starts

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.subject}"


class Alarm(msgspec.Struct, frozen=True):
    """A measure that is, or was a moment ago, bad. It is an alarm once `since` is set."""

    kind: str
    subject: str
    sentence: str
    bad_since: int  # ms
    since: int | None = None  # ms when the alarm started
    good_since: int | None = None  # ms


class Change(msgspec.Struct, frozen=True):
    what: Literal["started", "ended"]
    alarm: Alarm


def step(alarms: Mapping[str, Alarm], measures: Iterable[Measure], now: int) -> tuple[dict[str, Alarm], list[Change]]:
    """The alarms after looking at all measures once. What is not measured any longer (its destination is gone) ends."""
    after: dict[str, Alarm] = {}
    changes: list[Change] = []
    seen = set()
    for measure in measures:
        seen.add(measure.key)
        was = alarms.get(measure.key)
        become = _one(was, measure, now)
        if become is not None:
            after[measure.key] = become
        if become is not None and become.since == now and (was is None or was.since is None):
            changes.append(Change("started", become))
        elif was is not None and was.since is not None and become is None:
            changes.append(Change("ended", was))
    changes += [Change("ended", was) for key, was in alarms.items() if key not in seen and was.since is not None]
    return after, changes


def _one(was: Alarm | None, measure: Measure, now: int) -> Alarm | None:
    bad, good = measure.value >= measure.starts, measure.value < measure.ends
    if was is None:
        if not bad:
            return None
        was = Alarm(measure.kind, measure.subject, measure.sentence, now)
    if good:
        good_since = was.good_since if was.good_since is not None else now
        if was.since is None or now - good_since >= CALM:
            return None
        return msgspec.structs.replace(was, good_since=good_since)
    since = was.since
    if since is None and bad and now - was.bad_since >= measure.after:
        since = now
    sentence = measure.sentence if bad else was.sentence
    return msgspec.structs.replace(was, since=since, good_since=None, sentence=sentence)


def active(alarms: Mapping[str, Alarm]) -> list[Alarm]:
    """Those that have started, the oldest first."""
    return sorted((a for a in alarms.values() if a.since is not None), key=lambda a: (a.since or 0, a.kind, a.subject))
