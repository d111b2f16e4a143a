"""Checks a destination's definitions behind all deliveries, and lays warnings on what is sent. Holds nothing back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from headrace.clock import Clock
from headrace.delivery.gate import Gate
from headrace.delivery.port import NoAnswer
from headrace.delivery.sending import Tools
from headrace.delivery.setup import Setup, ask
from headrace.destinations import checking
from headrace.destinations.checking import Checker, Known, Reading, Seen
from headrace.destinations.port import Address, DestinationType, Rendered

SEEN_WITHIN = 7 * 86_400_000  # ms; properties are read of events seen since then
EVERY = 600_000  # ms between two checks while events flow
AGAIN = 60_000  # ms after which one that found no free moment tries again, and after which a new name is looked up
LOOK = 0.05  # s between two looks whether the pace is free
APART = 0.2  # s between two requests, so that a check never takes more than a part of the pace
PATIENCE = 30.0  # s that one request waits for a free moment
MOST_ASKED = 100  # events whose properties one check reads
BUSY = "Could not be checked: deliveries use all of the pace. It is tried again by itself."


class Checked(msgspec.Struct, frozen=True):
    """The last check of one destination. `known` is of the last one that went well with the same account."""

    at: int  # ms
    ok: bool
    problem: str | None
    account: str  # a fingerprint of address and key
    known: Known | None
    known_at: int | None = None  # ms; None: it is of this one

    @property
    def read_at(self) -> int:
        """When what is known was read."""
        return self.at if self.known_at is None else self.known_at


class CheckStore(Protocol):
    def recall(self, name: str) -> bytes | None: ...

    def keep(self, values: Mapping[str, bytes | None]) -> None: ...


class Checks:
    """What was seen and what is known, per destination. Written at each delivery, kept now and then (`flush`)."""

    def __init__(self, checkers: Mapping[str, Checker], store: CheckStore, clock: Clock) -> None:
        self._checkers, self._store, self._clock = checkers, store, clock
        self._seen: dict[str, Seen] = {}
        self._last: dict[str, Checked | None] = {}
        self._changed: set[str] = set()
        self._news: set[str] = set()  # an unknown name has come since the last check

    def checker(self, kind: str) -> Checker | None:
        return self._checkers.get(kind)

    def seen(self, destination_id: str) -> Seen:
        if destination_id not in self._seen:
            raw = self._store.recall(f"seen:{destination_id}")
            self._seen[destination_id] = _seen(raw) if raw else Seen()
        return self._seen[destination_id]

    def last(self, destination_id: str) -> Checked | None:
        if destination_id not in self._last:
            raw = self._store.recall(f"check:{destination_id}")
            self._last[destination_id] = msgspec.json.decode(raw, type=Checked) if raw else None
        return self._last[destination_id]

    def notice(self, destination_id: str, kind: DestinationType, settings: Mapping[str, Any], made: Rendered) -> Rendered:
        """What is to be sent is seen; it comes back with warnings of what the destination does not know."""
        checker = self._checkers.get(kind.name)
        if checker is None:
            return made
        seen, last = self.seen(destination_id), self.last(destination_id)
        checking.note(seen, made, self._clock.now_ms())
        self._changed.add(destination_id)
        if last is None or last.known is None:
            return made
        entry = seen.events.get(made.event_name or "")
        is_new = entry is not None and entry.first >= last.read_at
        if _has_news(made, seen, last.known, last.at):
            self._news.add(destination_id)
        more = checker.warnings(made, last.known, settings, is_new)
        return msgspec.structs.replace(made, warnings=(*made.warnings, *more)) if more else made

    def is_due(self, destination_id: str, address: Address) -> bool:
        """After a save (another address or key), else every ten minutes while events flow, or soon after a new name."""
        last, now = self.last(destination_id), self._clock.now_ms()
        if last is None or last.account != account(address):
            return True
        soon = last.problem == BUSY or destination_id in self._news
        if now - last.at < (AGAIN if soon else EVERY):
            return False
        seen = self.seen(destination_id)
        newest = [entry.at for entry in seen.events.values()] + [entry.at for entry in seen.properties.values()]
        return soon or max(newest, default=0) > last.at

    def record(self, destination_id: str, checked: Checked) -> None:
        self._last[destination_id] = checked
        self._news.discard(destination_id)
        self._store.keep({f"check:{destination_id}": msgspec.json.encode(checked)})

    def flush(self) -> None:
        changed, self._changed = self._changed, set()
        if changed:
            self._store.keep({f"seen:{d}": msgspec.json.encode(self.seen(d)) for d in changed})

    def forget(self, destination_id: str) -> None:
        """The destination is gone, or nothing of what it was sent may be remembered."""
        self._seen.pop(destination_id, None)
        self._last.pop(destination_id, None)
        self._changed.discard(destination_id)
        self._store.keep({f"seen:{destination_id}": None, f"check:{destination_id}": None})

    def forget_names(self, destination_ids: Iterable[str], emails: Sequence[str], user_ids: Sequence[str]) -> None:
        """Where an event is named after one of these people, all that was seen is forgotten; it is soon seen anew."""
        for destination_id in destination_ids:
            seen = self.seen(destination_id)
            kept = (msgspec.json.encode(seen) + msgspec.json.encode(self.last(destination_id))).decode().lower()
            if any(email in kept for email in emails) or not seen.events.keys().isdisjoint(user_ids):
                self.forget(destination_id)


def _seen(raw: bytes) -> Seen:
    """What an earlier version kept in another form is forgotten: whatever is still sent is soon seen anew."""
    try:
        return msgspec.json.decode(raw, type=Seen)
    except msgspec.ValidationError:
        return Seen()


def _has_news(made: Rendered, seen: Seen, known: Known, since: int) -> bool:
    """Whether a name in it has come since then that nobody has looked up."""
    sent = ((made.event_name or "",), seen.events, known.events), (made.contact, seen.properties, known.properties)
    named = (*sent, (made.lists, seen.lists, known.lists))
    return any(n in at and n not in there and at[n].first >= since for names, at, there in named for n in names)


def account(address: Address) -> str:
    return hashlib.sha256(address.pace_key.encode()).hexdigest()[:32]


async def read(tools: Tools, setup: Setup, checker: Checker, before: Checked | None, seen: Seen) -> Checked:
    """One check: everything that is to be read, each request in a moment that no delivery wants."""
    now, address = tools.clock.now_ms(), setup.address
    reading = Reading(asks=checking.lately(seen, now - SEEN_WITHIN)[:MOST_ASKED])
    same = before is not None and before.account == account(address)
    kept = (before.known, before.read_at) if before is not None and same else (None, None)
    while (request := checker.next_request(reading)) is not None:
        if not await _free_moment(setup.gate, tools.clock):
            return Checked(now, False, BUSY, account(address), *kept)
        got = (await ask(tools, setup, request, gives_way=True)).got
        if isinstance(got, NoAnswer):
            problem = f"Could not be checked: {address.base_url} gave no answer ({got.kind})."
            return Checked(now, False, problem, account(address), *kept)
        reading = checker.take(reading, request, got)
        if setup.gate.pace.allowed > 0:
            await tools.clock.sleep(APART)
    if reading.problem is not None:
        return Checked(now, False, reading.problem, account(address), *kept)
    return Checked(now, True, None, account(address), reading.known)


async def _free_moment(gate: Gate, clock: Clock) -> bool:
    end = clock.monotonic() + PATIENCE
    while not gate.is_free():
        if clock.monotonic() > end:
            return False
        await clock.sleep(LOOK)
    return True
