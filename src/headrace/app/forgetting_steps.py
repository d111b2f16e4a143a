"""Forgetting a person, step by step: each may be killed at any moment and is then done again, until nothing is left here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Protocol, get_args

import msgspec
import structlog

from headrace.app.replays import Replays
from headrace.clock import Chance, Clock
from headrace.delivery.masking import without
from headrace.delivery.port import DestinationHealth
from headrace.destinations.port import Catalog
from headrace.eventlog.port import EventLogReader
from headrace.eventlog.suppression import named, names
from headrace.fate import Code, State
from headrace.journal.forgetting import ONCE_MORE, Course, Deletion, Forgotten, Phase, Whom, places
from headrace.storage.sqlite.delivery.db import DeliveryDb
from headrace.workspace.store import WorkspaceStore

log = structlog.get_logger(__name__)
READ = 500  # entries of the log read at once
LOOK = 0.2  # s between two looks at what is awaited
SLOW = 1.0  # s, where it takes long
QUIET = 10.0  # s, where only time has to pass
REMIND = 2.0  # s after which the gateway is asked once more
PHASES: tuple[Phase, ...] = get_args(Phase)


class House(Protocol):
    """What of the opened data directory is worked on."""

    clock: Clock
    chance: Chance
    catalog: Catalog
    store: WorkspaceStore
    delivery: DeliveryDb
    log: EventLogReader
    replays: Replays

    def health(self) -> dict[str, DestinationHealth]: ...
    def engine_knows(self, whom: Collection[str]) -> bool: ...
    def erase_elsewhere(self, whom: Collection[str], where: Sequence[int], requests: tuple[int, int] | None = None) -> None:
        """Attempts, and what Loops (built-in) keeps.

        `requests`: between which positions the requests to delete them stood; with them the files are written anew, too.
        """

    def forget_names(self, whom: Collection[str]) -> None:
        """Of events, that were seen and are named after one of these people."""

    async def changed(self) -> None: ...


class Found(msgspec.Struct):
    """The person's events as the log and failed events hold them."""

    positions: list[int] = []  # also of repeated ones
    browsers: set[str] = set()
    events: int = 0


class Steps:
    """One after the other touches our files; only waiting for destinations goes on beside the others."""

    def __init__(self, house: House, linked: Callable[[Whom], Whom], changed: Callable[[], None]) -> None:
        """`linked`: whom it concerns by now; `changed` is called when a record has changed."""
        self._house, self._linked, self._changed = house, linked, changed
        self._store = house.delivery.forgetting
        self._one = asyncio.Lock()
        self._erased_to = -1
        self._heard = asyncio.Event()
        self._notify: Callable[[], None] = lambda: None
        self.ask_gateway: Callable[[], int] = lambda: 0

    def erased(self, revision: int) -> None:
        self._erased_to = max(self._erased_to, revision)
        self._heard.set()

    async def see_through(self, found: Forgotten, notify: Callable[[], None]) -> None:
        self._notify = notify
        number, whom, course = found.id, found.whom, found.course
        while course.phase != "done":
            if course.phase == "wait":
                whom = await self._step(number, whom, course)
                continue
            async with self._one:
                while course.phase not in ("wait", "done"):
                    whom = await self._step(number, whom, course)
        log.info("a person was forgotten", record=number, events=course.events)

    async def _step(self, number: int, whom: Whom, course: Course) -> Whom:
        steps: dict[str, Callable[[int, Whom, Course], Awaitable[Whom]]] = {
            "suppress": self._suppress, "end": self._end, "ask": self._ask, "clean": self._clean,
            "erase": self._erase, "wait": self._wait, "sweep": self._sweep,
        }  # fmt: skip
        phase = course.phase
        whom = await steps[phase](number, whom, course)
        if course.phase == phase:
            course.phase = PHASES[PHASES.index(phase) + 1]
        course.waits_for = ""
        await self._keep(number, whom, course)
        return whom

    async def _suppress(self, number: int, whom: Whom, course: Course) -> Whom:
        """From now on nothing new comes in or is put back; what came before has to be routed first."""
        async with self._house.replays.stepping:
            pass  # a step that had begun before is done; the next ones wait
        while True:
            await self._house.changed()
            head = self._house.log.head()
            while self._house.delivery.cursor() < head:
                await self._house.clock.sleep(LOOK)
            linked = self._linked(whom)
            if linked == whom:
                return whom
            whom = linked
            await self._keep(number, whom, course)  # whoever was linked meanwhile is left out from here on, too

    async def _end(self, number: int, whom: Whom, course: Course) -> Whom:
        """What waits, and what failed; then until nothing is on its way, and what may land late has landed."""
        found = await asyncio.to_thread(self.find, whom)
        while True:
            busy, now = await self._store.end_open(number, found.positions, self._now())
            course.ended, course.late, course.quiet_at = now.ended, now.late, now.quiet_at
            if not busy and self._now() >= course.quiet_at:
                return whom
            course.waits_for = "what is on its way"
            await self._keep(number, whom, course)
            await self._house.clock.sleep(LOOK if busy else SLOW)

    async def _ask(self, number: int, whom: Whom, course: Course) -> Whom:
        await self._store.ask(number, course.round, whom, self._now())
        if course.round == 1:
            course.again_at = self._now() + ONCE_MORE if course.late else 0
        else:
            course.phase = "wait"  # here they are gone already
        self._notify()
        return whom

    async def _clean(self, number: int, whom: Whom, course: Course) -> Whom:
        found = await asyncio.to_thread(self.find, whom)
        course.events = max(course.events, found.events)
        course.deliveries = max(course.deliveries, await self._store.blank(found.positions))
        await self._store.drop_memory(whom.names, found.browsers)
        self._house.forget_names(whom.names)
        await asyncio.to_thread(self._house.erase_elsewhere, whom.names, found.positions)
        return whom

    async def _erase(self, number: int, whom: Whom, course: Course) -> Whom:
        """The gateway alone writes the log's files. It may be down, or starting: it is asked until it has answered."""
        wanted = self.ask_gateway()
        while self._erased_to < wanted:
            self._heard.clear()
            waiting = asyncio.create_task(self._heard.wait())
            await asyncio.wait({waiting}, timeout=REMIND)
            waiting.cancel()
            if self._erased_to < wanted and not self._heard.is_set():
                self.ask_gateway()
                if not course.waits_for:
                    course.waits_for = "the gateway to rewrite the event log"
                    await self._keep(number, whom, course)
        return whom

    async def _wait(self, number: int, whom: Whom, course: Course) -> Whom:
        """Until every destination that is still there has answered; those that may have got something late, twice."""
        while True:
            waits = self._waits(number, whom)
            if not waits and self._now() >= course.again_at:
                break
            words = "; ".join(waits) or "15 minutes, since a request may have arrived late"
            if words != course.waits_for:
                course.waits_for = words
                await self._keep(number, whom, course)
            await self._house.clock.sleep(SLOW if waits else QUIET)
        if course.again_at and course.round == 1:
            course.round, course.phase = 2, "ask"
            return msgspec.structs.replace(whom, at={d: n for d, n in whom.at.items() if d in course.late})
        return whom

    def _waits(self, number: int, whom: Whom) -> list[str]:
        """Which destinations have not deleted them yet, and why."""
        there, health = {d.id: d for d in self._house.store.snapshot().destinations}, self._house.health()
        said: dict[str, None] = {}
        for asked in self.answers(number, whom, Course()):
            destination = there.get(asked.destination_id)
            if destination is None or asked.state == State.DELIVERED or asked.code == Code.REMOVED:
                continue
            known = health.get(destination.id)
            why = asked.reason or str(asked.code)
            if not destination.enabled:
                why = "it is disabled; enable it, or remove it"
            elif known is not None and known.state != "running" and asked.state != State.DEAD:
                why = known.reason
            elif asked.state == State.DEAD:
                why += " Ask again once the cause is mended."
            said[f"{destination.name}: {why}"] = None
        return sorted(said)

    async def _sweep(self, number: int, whom: Whom, course: Course) -> Whom:
        """What asking has left behind; the answers stand in the record from here on."""
        course.answers = tuple(self.answers(number, whom, course))
        await self._keep(number, whom, course)
        await self._store.sweep(number, whom.names)
        await asyncio.to_thread(self._house.erase_elsewhere, whom.names, (), places(number))
        cleared = Whom(whom.hashes)
        await self._keep(number, cleared, course)
        await self._store.vacuum()
        self._house.store.record("Headrace", f"person {number} was forgotten")
        return cleared

    # --- where they are --------------------------------------------------------------------------------------------

    def find(self, whom: Whom) -> Found:
        """Walks the whole log: an email stands in no index."""
        wanted, found, after = set(whom.names), Found(), 0
        theirs: set[int] = set()
        while events := self._house.log.read(after, READ):
            after = events[-1].position
            for event in events:
                if event.forgotten or not (event.duplicate_of in theirs or names(event) & wanted):
                    continue
                theirs.add(event.position)
                if event.duplicate_of is None:
                    found.events += 1
                    found.browsers |= {event.anonymous_id, event.user_id} - {""}
        for position, letter in self._store.letters():
            if position not in theirs and named("", msgspec.json.decode(letter)) & wanted:
                theirs.add(position)
                found.events += 1
        theirs |= set(self._store.shown_as(whom.names))
        found.positions = sorted(theirs)
        return found

    def answers(self, number: int, whom: Whom, course: Course) -> list[Deletion]:
        """A destination may repeat in its answer whom it was asked for: that is not shown."""
        hidden = [name[2:] for name in whom.names]
        live = course.answers or self._store.asked(number)
        return [msgspec.structs.replace(a, reason=without(a.reason, hidden)) for a in live]

    async def _keep(self, number: int, whom: Whom, course: Course) -> None:
        await self._store.keep(number, whom, course, self._now())
        self._changed()

    def _now(self) -> int:
        return self._house.clock.now_ms()
