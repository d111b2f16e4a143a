"""Replays and backfills at work: counts first, then step by step behind live events, over restarts and interruptions."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import apsw
import msgspec
import structlog

from headrace.app.backfilling import decide, memory_prefix
from headrace.clock import Clock
from headrace.delivery.gate import account_of
from headrace.destinations.port import Builtin, Catalog
from headrace.errors import Conflict, HeadraceError, NotFound, WorkspaceError
from headrace.event import Facts
from headrace.eventlog.port import EventLogReader
from headrace.fate import Code, State
from headrace.journal.jobs import Job, Kind, Preview, Progress, Returned, Selection, warnings
from headrace.routing.message import decode, part
from headrace.routing.repeats import choices_in
from headrace.routing.router import Notes, place
from headrace.storage.sqlite.delivery.db import DeliveryDb
from headrace.storage.sqlite.delivery.jobs import Candidate
from headrace.workspace.model import Workspace
from headrace.workspace.store import WorkspaceStore

log = structlog.get_logger(__name__)
STEP = 200  # deliveries, or events of the log, of one step
PAUSE = 0.02  # s between two steps, in which live events are routed
NEVER = 2**62
HELD = 0.5  # s between two looks while somebody is being forgotten


class Held(Conflict):
    """A person is being forgotten: until that is done here, nothing is put back."""


class House(Protocol):
    """What of the opened data directory is worked on."""

    clock: Clock
    catalog: Catalog
    store: WorkspaceStore
    delivery: DeliveryDb
    log: EventLogReader

    def builtin(self) -> Builtin | None: ...
    def copy_of(self, position: int) -> bytes | None: ...


class Replays:
    """`run` works off what was started, until it is cancelled; `finish` does so once, where nothing else runs."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._store = house.delivery.jobs
        self._wake = asyncio.Event()
        self.notify: Callable[[], None] = lambda: None  # deliveries may leave
        self.hold: Callable[[], None] = lambda: None  # the log must keep what a backfill has not read yet
        self.held: Callable[[], bool] = lambda: False  # whether somebody is being forgotten
        self.stepping = asyncio.Lock()  # held by each step: who has it knows that none is under way

    # --- counts first ----------------------------------------------------------------------------------------------

    def preview(self, kind: Kind, selection: Selection) -> Preview:
        if (wrong := selection.wrong()) is not None:
            raise WorkspaceError(wrong)
        if kind == "backfill":
            destination, progress = self._backfilled(selection)
            takes_nobody = self._house.catalog[destination.type].needs_identity
            span = (selection.since or 0, selection.until or NEVER)
            return self._store.preview_backfill(destination.id, progress.until, span, selection.events, not takes_nobody)
        accounts = self._accounts()
        return self._store.preview(
            selection, self._destinations(selection), self._positions(selection), accounts, self._now()
        )

    # --- starting and ending ---------------------------------------------------------------------------------------

    async def start(self, kind: Kind, selection: Selection, again: bool, yes: bool) -> tuple[Job, bool]:
        """The job, and whether it is a new one; the same selection is the same job. Raises Conflict without `yes` when
        somebody may get a second email, or events would start workflows."""
        selection = with_delivered(selection, again)
        seen = await asyncio.to_thread(self.preview, kind, selection)
        if not yes and (seen.doubtful or (kind == "backfill" and seen.events)):
            raise Conflict(f"{' '.join(warnings(kind, seen, selection.force))} Say yes to send them (--yes).")
        progress = Progress(total=seen.total)
        if kind == "backfill":
            _, progress = await asyncio.to_thread(self._backfilled, selection)
            progress.total = seen.total
        job, fresh = await self._store.start(kind, selection, progress, again, self._now())
        self.hold()
        self._wake.set()
        log.info("a job begins" if fresh else "a job goes on", kind=kind, job=job.id, deliveries=seen.total)
        return job, fresh

    async def cancel(self, job_id: int) -> Job:
        """What stands in its lanes already will leave; nothing more is put there."""
        self.job(job_id)
        await self._store.end(job_id, "cancelled", self._now())
        return self.job(job_id)

    def job(self, job_id: int) -> Job:
        found = self._store.get(job_id)
        if found is None:
            raise NotFound(f"There is no replay or backfill {job_id}.")
        return found

    def jobs(self) -> list[Job]:
        return self._store.all()

    def outcomes(self, job_id: int) -> dict[str, int]:
        return self._store.outcomes(job_id)

    def held_from(self) -> int | None:
        """The lowest position that a running backfill has not read yet."""
        cursors = [job.cursor for job in self._store.all(running=True) if job.kind == "backfill"]
        return min(cursors, default=None)

    # --- at work ---------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self.finish()
            except Held:
                await self._house.clock.sleep(HELD)
                continue
            except (HeadraceError, OSError, apsw.Error) as error:
                log.error("a replay cannot go on and will be tried again", error=str(error))
                await self._house.clock.sleep(5.0)
                continue
            await self._wake.wait()

    async def finish(self) -> None:
        """One step of each job in turn, until all are done. Raises Held."""
        while going := self._store.all(running=True):
            for job in reversed(going):
                async with self.stepping:
                    if self.held():
                        raise Held("A person is being forgotten. Start Headrace, and replay when that is done.")
                    await self.step(job)
                self.notify()
            await self._house.clock.sleep(PAUSE)

    async def step(self, job: Job) -> None:
        if job.kind == "backfill":
            await self._step_backfill(job)
        else:
            await self._step_replay(job)

    async def _step_replay(self, job: Job) -> None:
        found = await asyncio.to_thread(self._next, job)
        back: list[Returned] = []
        for candidate, destination_id in found:
            if candidate.placed:
                back.append(Returned(candidate.position, destination_id, None, None, candidate.new_key))
            elif (placed := self._placed(candidate.position, destination_id)) is not None:
                back.append(Returned(candidate.position, destination_id, placed[0], placed[1], candidate.new_key))
        cursor = found[-1][0].position if found else job.cursor
        now = self._now()
        await self._store.put_back(job, back, cursor, len(found) - len(back), not found, now)
        await self._keep_copies([(r.position, r.destination_id) for r in back])

    def _next(self, job: Job) -> list[tuple[Candidate, str]]:
        destinations, positions = self._destinations(job.selection), self._positions(job.selection)
        return self._store.candidates(job, destinations, positions, self._now(), STEP)

    def _placed(self, position: int, destination_id: str) -> tuple[tuple[str, ...], bytes] | None:
        """Lanes and facts of one that had left, as its event stands in the log; None when it cannot be sent again.

        What it carried along (`context.traits`) counts as said before: only what the call itself says is sent.
        """
        event = self._house.log.get(position)
        destination = self._workspace().destination(destination_id)
        if event is None or event.forgotten or event.duplicate_of is not None or destination is None:
            return None
        message = decode(event)
        code, _, names = place(self._house.catalog, event, message, destination, Notes(self._house.delivery))
        if code is not Code.ROUTED:
            return None
        facts = Facts((), tuple(sorted(choices_in(part(part(message, "context"), "traits")))))
        return names, msgspec.msgpack.encode(facts)

    async def _step_backfill(self, job: Job) -> None:
        destination = self._workspace().destination(job.selection.destination_id or "")
        if destination is None:
            await self._store.end(job.id, "cancelled", self._now())
            return
        last = max(job.progress.until.values(), default=0)
        events = [e for e in await asyncio.to_thread(self._house.log.read, job.cursor, STEP) if e.position <= last]
        made = decide(events, job, destination, self._house.catalog, self._house.delivery)
        done = not events
        await self._store.backfill(job, made.routed, made.passed, made.memory, made.cursor, done, self._now())
        await self._keep_copies([(r.position, r.destination_id) for r in made.routed if r.state is State.WAITING])
        if done:
            await self._store.forget_memory(memory_prefix(job.id))

    async def _keep_copies(self, where: Sequence[tuple[int, str]]) -> None:
        """Of events whose part of the log may go at any time."""
        copied_to = self._house.delivery.queue.copied_to()
        found = [(p, d, self._house.copy_of(p)) for p, d in where if p <= copied_to]
        if copies := [(p, d, c) for p, d, c in found if c is not None]:
            await self._house.delivery.queue.copy(copies)

    # --- what is meant ---------------------------------------------------------------------------------------------

    def _backfilled(self, selection: Selection) -> tuple[Any, Progress]:
        workspace = self._workspace()
        destination = workspace.destination(selection.destination_id or "")
        if destination is None:
            raise NotFound("Say which destination is to be filled: --destination NAME.")
        until = {c.source_id: c.since for c in workspace.connections if c.destination_id == destination.id and c.since}
        if not until:
            raise Conflict(f"{destination.name} has been connected from the first event on: nothing is missing there.")
        begin = 1
        if selection.since is not None:
            since, read = selection.since, self._house.log
            near = max((h.first for h in itertools.takewhile(lambda h: h.received_at < since, read.sums())), default=1)
            begin = next((h.first for h in read.headers(near - 1) if h.received_at >= since), read.head() + 1)
        return destination, Progress(from_position=begin, until=until)

    def _destinations(self, selection: Selection) -> list[str]:
        present = [d.id for d in self._workspace().destinations]
        if selection.destination_id is None:
            return present
        if selection.destination_id not in present:
            raise NotFound("There is no such destination.")
        return [selection.destination_id]

    def _positions(self, selection: Selection) -> list[int] | None:
        if selection.message_id is None:
            return None
        found = {e.position for e in self._house.log.find("message", selection.message_id) if e.duplicate_of is None}
        return sorted(found | set(self._store.letters_of(selection.message_id)))

    def _accounts(self) -> dict[str, str]:
        """Whose memory of what was sent each destination shares."""
        found = {}
        for destination in self._workspace().destinations:
            address = self._house.catalog[destination.type].address(destination.settings, self._house.builtin())
            if address is not None:
                found[destination.id] = account_of(address, self._house.delivery.team(address.pace_key))
        return found

    def _workspace(self) -> Workspace:
        return self._house.store.snapshot()

    def _now(self) -> int:
        return self._house.clock.now_ms()


def with_delivered(selection: Selection, again: bool) -> Selection:
    """`again` means also what was delivered, and nothing else does."""
    if not again and {State.DELIVERED, State.UNCHANGED} & set(selection.states):
        raise Conflict("These were delivered: add --again to send them again.")
    if again and selection.states == (State.DEAD,):
        return msgspec.structs.replace(selection, states=(State.DEAD, State.DELIVERED))
    return selection
