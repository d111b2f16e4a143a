"""Forgetting people at work: phase by phase, each to be repeated after a kill, until nothing of them is left here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import apsw
import msgspec
import structlog

from headrace.clock import HEX, Chance, Clock
from headrace.destinations.port import Catalog
from headrace.errors import Conflict, HeadraceError, NotFound, WorkspaceError
from headrace.eventlog.port import EventLogReader
from headrace.eventlog.suppression import Suppression, hashed, named, names
from headrace.fate import Code, State
from headrace.journal.forgetting import LANDS_LATE, ONCE_MORE, Course, Forgotten, Whom, name_of
from headrace.storage.sqlite.delivery.db import DeliveryDb
from headrace.workspace.model import Destination
from headrace.workspace.store import WorkspaceStore

log = structlog.get_logger(__name__)
READ = 500  # entries of the log read at once
LOOK = 0.2  # s between two looks at what is awaited
REMIND = 2.0  # s after which the gateway is asked once more


class House(Protocol):
    clock: Clock
    chance: Chance
    catalog: Catalog
    store: WorkspaceStore
    delivery: DeliveryDb
    log: EventLogReader

    def erase_elsewhere(self, whom: Sequence[str], where: Sequence[int]) -> None:
        """Attempts and what Loops (built-in) keeps."""

    async def changed(self) -> None: ...


class Found:
    """The person's events as the log and dead letters hold them."""

    def __init__(self) -> None:
        self.positions: list[int] = []
        self.browsers: set[str] = set()


class Forgetting:
    def __init__(self, house: House) -> None:
        self._house = house
        self._store = house.delivery.forgetting
        self._wake = asyncio.Event()
        self._erased = asyncio.Event()
        self._count = 0
        self._positions: dict[int, list[int]] = {}  # of those under way
        self.notify: Callable[[], None] = lambda: None
        self.ask_gateway: Callable[[], None] = lambda: None

    # --- what is asked for -----------------------------------------------------------------------------------------

    def whom(self, user_id: str | None, email: str | None, salt: str) -> Whom:
        name = name_of(user_id, email)
        if name is None:
            raise WorkspaceError("Say who: a user ID or an email, one of the two, of at most 120 characters.")
        at: dict[str, tuple[str, ...]] = {}
        everyone = {name: None}
        for destination in self._house.store.snapshot().destinations:
            linked = (name, *self._store.seen_with(destination.id, name))
            everyone |= dict.fromkeys(linked)
            if self._can_delete(destination):
                at[destination.id] = tuple(n for n in dict.fromkeys(linked) if not n[2:].startswith("#"))
        return Whom(tuple(hashed(salt, n) for n in everyone), tuple(everyone), at)

    def preview(self, user_id: str | None, email: str | None) -> tuple[Whom, int]:
        """Whom it would be, and how many events name them."""
        whom = self.whom(user_id, email, "")
        return whom, len(self._find(whom).positions)

    async def start(self, user_id: str | None, email: str | None, who: str) -> Forgotten:
        """Suppressed when it returns. Asking again for somebody who is being forgotten goes on with that."""
        salt = await self._store.salt(self._house.chance.token(32, HEX))
        whom = self.whom(user_id, email, salt)
        going = next((f for f in self._store.all() if f.state == "running" and f.whom.hashes[0] == whom.hashes[0]), None)
        if going is not None:
            await self._store.ask_again(going.id, self._now())
            self.notify()
            return going
        number = await self._store.start(whom, self._now())
        self._house.store.record(who, f"person {number} is forgotten on request")
        await self._house.changed()  # the gateway keeps nothing of them from here on
        self._wake.set()
        return self.get(number)

    async def lift(self, user_id: str | None, email: str | None, who: str) -> int:
        """Collects them again; how many records that concerned."""
        name = name_of(user_id, email)
        if name is None:
            raise WorkspaceError("Say who: a user ID or an email, one of the two.")
        mark, lifted = hashed(self._store.known_salt(), name), 0
        for found in self._store.all():
            if mark in found.whom.hashes and not found.course.lifted:
                if found.state == "running":
                    raise Conflict("They are still being forgotten. Lift it when that is done.")
                await self._store.keep(found.id, found.whom, _changed(found.course, lifted=True), self._now())
                self._house.store.record(who, f"person {found.id} may be collected again")
                lifted += 1
        if not lifted:
            raise NotFound("Nobody with this identifier was forgotten.")
        await self._house.changed()
        return lifted

    def suppression(self) -> Suppression:
        hidden = (f.whom.hashes for f in self._store.all() if not f.course.lifted)
        return Suppression(self._store.known_salt(), frozenset(h for hashes in hidden for h in hashes))

    def all(self) -> list[Forgotten]:
        return self._store.all()

    def get(self, number: int) -> Forgotten:
        found = next((f for f in self._store.all() if f.id == number), None)
        if found is None:
            raise NotFound(f"There is no record {number} of somebody who was forgotten.")
        return found

    def asked(self, number: int) -> list[tuple[str, str, str, str]]:
        return self._store.asked(number)

    def erased(self, count: int) -> None:
        """The gateway has taken them out of the log."""
        self._count = count
        self._house.log.read_anew()
        self._erased.set()

    # --- at work ---------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        while True:
            self._wake.clear()
            try:
                for found in reversed(self._store.all()):
                    if found.state == "running":
                        await self._forget(found)
            except (HeadraceError, OSError, apsw.Error) as error:
                log.error("forgetting a person cannot go on and will be tried again", error=str(error))
                await self._house.clock.sleep(5.0)
                continue
            await self._wake.wait()

    async def _forget(self, found: Forgotten) -> None:
        number, whom, course = found.id, found.whom, found.course
        steps: dict[str, Callable[[int, Whom, Course], Awaitable[Whom]]] = {
            "suppress": self._suppress, "end": self._end, "ask": self._ask, "clean": self._clean,
            "erase": self._erase, "wait": self._await_answers, "sweep": self._sweep,
        }  # fmt: skip
        order = (*steps, "done")
        while course.phase != "done":
            phase = course.phase
            whom = await steps[phase](number, whom, course)
            if course.phase == phase:
                course.phase = order[order.index(phase) + 1]  # type: ignore[assignment]
            course.waits_for = ""
            await self._store.keep(number, whom, course, self._now())
        await self._store.vacuum()
        log.info("a person was forgotten", record=number, events=course.events)

    async def _suppress(self, number: int, whom: Whom, course: Course) -> Whom:
        """From now on nothing new comes in; what came before has to be routed first."""
        await self._house.changed()
        head = self._house.log.head()
        while self._house.delivery.cursor() < head:
            await self._house.clock.sleep(LOOK)
        return self._linked(whom)

    def _linked(self, whom: Whom) -> Whom:
        """Calls that were routed meanwhile may have named another identifier beside it."""
        kind, value = whom.names[0][0], whom.names[0][2:]
        salt = self._store.known_salt()
        fresh = self.whom(value if kind == "u" else None, value if kind == "e" else None, salt)
        both = tuple(dict.fromkeys((*whom.names, *fresh.names)))
        at = {d: tuple(dict.fromkeys((*whom.at.get(d, ()), *fresh.at.get(d, ())))) for d in {*whom.at, *fresh.at}}
        return Whom(tuple(hashed(salt, n) for n in both), both, at)

    async def _end(self, number: int, whom: Whom, course: Course) -> Whom:
        await self._store.keep(number, whom, course, self._now())
        await self._house.changed()  # with the hashes of those that were linked meanwhile
        found = await asyncio.to_thread(self._find, whom)
        late = set(course.late)
        while True:
            ended, busy, doubtful = await self._store.end_open(found.positions, self._now())
            course.ended += ended
            late |= doubtful
            if busy or doubtful:
                course.quiet_at = self._now() + LANDS_LATE
            if not busy and self._now() >= course.quiet_at:
                break
            course.late, course.waits_for = tuple(sorted(late)), "what is on its way"
            await self._store.keep(number, whom, course, self._now())
            await self._house.clock.sleep(LOOK if busy else 1.0)
        course.late = tuple(sorted(late))
        return whom

    async def _ask(self, number: int, whom: Whom, course: Course) -> Whom:
        course.asked += await self._store.ask(number, course.round, whom, self._now())
        course.again_at = self._now() + ONCE_MORE if course.late and course.round == 1 else 0
        self.notify()
        return whom

    async def _clean(self, number: int, whom: Whom, course: Course) -> Whom:
        found = await asyncio.to_thread(self._find, whom)
        course.deliveries = max(course.deliveries, await self._store.blank(found.positions))
        await self._store.drop_memory(whom.names, found.browsers)
        await asyncio.to_thread(self._house.erase_elsewhere, whom.names, found.positions)
        self._positions[number] = found.positions
        return whom

    async def _erase(self, number: int, whom: Whom, course: Course) -> Whom:
        self._erased.clear()
        while not self._erased.is_set():
            self.ask_gateway()
            waiting = asyncio.create_task(self._erased.wait())
            await asyncio.wait({waiting}, timeout=REMIND)
            waiting.cancel()
        course.events = max(course.events, self._count)
        return whom

    async def _await_answers(self, number: int, whom: Whom, course: Course) -> Whom:
        """Until every destination that is still there has answered; those that may have got something late, twice."""
        while True:
            there = {d.id: d for d in self._house.store.snapshot().destinations}
            asked = [(d, state, code, why) for d, state, code, why in self._store.asked(number) if d in there]
            open_ = [(d, code, why) for d, state, code, why in asked if state != State.DELIVERED and code != Code.REMOVED]
            if not open_ and self._now() >= course.again_at:
                break
            said = "; ".join(sorted({f"{there[d].name}: {why or code}" for d, code, why in open_}))
            words = said or "15 minutes, since a request may have arrived late"
            if words != course.waits_for:
                course.waits_for = words
                await self._store.keep(number, whom, course, self._now())
            await self._house.clock.sleep(LOOK if open_ else 1.0)
        if course.again_at and course.round == 1:
            course.round, course.phase = 2, "ask"
            return msgspec.structs.replace(whom, at={d: n for d, n in whom.at.items() if d in course.late})
        return whom

    async def _sweep(self, number: int, whom: Whom, course: Course) -> Whom:
        await self._store.sweep(number, whom.names)
        # attempts are written aside: one may have come after the first time
        await asyncio.to_thread(self._house.erase_elsewhere, whom.names, self._positions.pop(number, []))
        cleared = Whom(whom.hashes)
        await self._store.keep(number, cleared, course, self._now())
        await self._store.vacuum()
        return cleared

    # --- where they are --------------------------------------------------------------------------------------------

    def _find(self, whom: Whom) -> Found:
        """Walks the whole log: an email stands in no index."""
        wanted, found, after = set(whom.names), Found(), 0
        while events := self._house.log.read(after, READ):
            after = events[-1].position
            for event in events:
                if event.duplicate_of is None and not event.forgotten and names(event) & wanted:
                    found.positions.append(event.position)
                    found.browsers |= {event.anonymous_id, event.user_id} - {""}
        known = set(found.positions)
        for position, letter in self._store.letters():
            message = msgspec.json.decode(letter)
            if position not in known and named("", message) & wanted:
                found.positions.append(position)
        return found

    def _can_delete(self, destination: Destination) -> bool:
        kind = self._house.catalog.get(destination.type)
        return kind is not None and kind.deletion("x", None) is not None

    def _now(self) -> int:
        return self._house.clock.now_ms()


def _changed(course: Course, **changed: Any) -> Course:
    return msgspec.structs.replace(course, **changed)
