"""Forgetting people: whom it would concern, asking for it, lifting it, and who is left out of everything meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import apsw
import structlog

from headrace.app.forgetting_steps import House, Steps
from headrace.clock import HEX
from headrace.delivery.masking import without
from headrace.errors import Conflict, HeadraceError, NotFound, WorkspaceError
from headrace.event import LoggedEvent
from headrace.eventlog.suppression import Suppression, hashed
from headrace.journal.forgetting import LONGEST, TAKING_OUT, Deletion, Forgotten, Seen, Whom, name_of
from headrace.workspace.model import Destination

log = structlog.get_logger(__name__)
AGAIN = 5.0  # s after a step that failed
MOST = 900  # names of one person; each has its place among the requests
WHO = f"Say who: a user ID or an email, one of the two, of at most {LONGEST} characters."


class Forgetting:
    """`run` sees through whatever was asked for, until it is cancelled."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._store = house.delivery.forgetting
        self._wake = asyncio.Event()
        self._starting = asyncio.Lock()
        self._steps = Steps(house, self.whom_again, self.refresh)
        self.hidden = Suppression()  # whoever was forgotten and not lifted
        self._taking_out = False
        self.notify: Callable[[], None] = lambda: None  # deliveries may leave
        self.refresh()

    def refresh(self) -> None:
        """After any change of a record."""
        found = self._store.all()
        shut = (f.whom.hashes for f in found if not f.course.lifted)
        self.hidden = Suppression(self._store.known_salt(), frozenset(h for hashes in shut for h in hashes))
        self._taking_out = any(f.course.phase in TAKING_OUT for f in found)

    def hides(self, event: LoggedEvent) -> bool:
        return self.hidden.hides(event)

    def is_taking_out(self) -> bool:
        """Whether somebody is being taken out of our files right now: nothing may be put back meanwhile."""
        return self._taking_out

    # --- what is asked for -----------------------------------------------------------------------------------------

    def preview(self, user_id: str | None, email: str | None) -> Seen:
        """Whom it would be, how many events name them, and whether they are known here at all."""
        name = _named(user_id, email)
        whom = self._whom(name, "")
        events = self._steps.find(whom).events
        before = self._records(name)
        return Seen(whom, events, bool(events) or self._knows(whom), before[0].id if before else None)

    async def start(self, user_id: str | None, email: str | None, who: str, unknown: bool = False) -> Forgotten:
        """Suppressed when it returns. Asking again for somebody who is being forgotten goes on with that.

        Raises NotFound when nothing here knows them, unless `unknown`: destinations may know more.
        """
        name = _named(user_id, email)
        async with self._starting:
            salt = await self._store.salt(self._house.chance.token(32, HEX))
            before = self._records(name)
            going = next((f for f in before if f.state == "running"), None)
            if going is not None:
                await self._store.ask_again(going.id, self._house.clock.now_ms())
                self.notify()
                return going
            whom = self._whom(name, salt)
            if not unknown and not await asyncio.to_thread(self._is_known, whom):
                if before:
                    return before[0]
                raise NotFound(
                    f"Nothing here names {name[2:]}: check the spelling. Destinations may know more than Headrace still"
                    " does; to ask them all the same, and to collect nothing of this person, add --unknown."
                )
            number = await self._store.start(whom, who, self._house.clock.now_ms())
            self.refresh()
            self._house.store.record(who, f"person {number} is to be forgotten")
        await self._house.changed()  # the gateway keeps nothing of them from here on
        self._wake.set()
        return self.get(number)

    async def lift(self, user_id: str | None, email: str | None, who: str) -> list[Forgotten]:
        """Collects them again from now on; every record of them."""
        found = self._records(_named(user_id, email))
        if not found:
            raise NotFound("Nobody with this identifier was forgotten.")
        return await self._lift(found, who)

    async def lift_record(self, number: int, who: str) -> Forgotten:
        found = self.get(number)
        if found.course.lifted:
            return found
        return (await self._lift([found], who))[0]

    async def _lift(self, found: list[Forgotten], who: str) -> list[Forgotten]:
        if any(f.state == "running" for f in found):
            raise Conflict("They are still being forgotten. Lift it when that is done.")
        for f in found:
            f.course.lifted = True
            await self._store.keep(f.id, f.whom, f.course, self._house.clock.now_ms())
            self._house.store.record(who, f"person {f.id} may be collected again")
        self.refresh()
        await self._house.changed()
        return [self.get(f.id) for f in found]

    # --- records ---------------------------------------------------------------------------------------------------

    def all(self) -> list[Forgotten]:
        """Newest first."""
        return self._store.all()

    def get(self, number: int) -> Forgotten:
        found = next((f for f in self._store.all() if f.id == number), None)
        if found is None:
            raise NotFound(f"There is no record {number} of somebody who was forgotten.")
        return found

    def asked(self, found: Forgotten) -> list[Deletion]:
        """What destinations were asked and said; of nobody's name anything."""
        return self._steps.answers(found.id, found.whom, found.course)

    def _records(self, name: str) -> list[Forgotten]:
        """Of this person, lifted ones aside; newest first."""
        mark = hashed(self._store.known_salt(), name)
        return [f for f in self._store.all() if mark in f.whom.hashes and not f.course.lifted]

    # --- who is meant ----------------------------------------------------------------------------------------------

    def whom_again(self, whom: Whom) -> Whom:
        """Calls that were routed meanwhile may have named another identifier beside it."""
        salt = self._store.known_salt()
        fresh = self._whom(whom.names[0], salt)
        both = tuple(dict.fromkeys((*whom.names, *fresh.names)))[:MOST]
        at = {d: tuple(dict.fromkeys((*whom.at.get(d, ()), *fresh.at.get(d, ())))) for d in {*whom.at, *fresh.at}}
        return Whom(tuple(hashed(salt, n) for n in both), both, at)

    def _whom(self, name: str, salt: str) -> Whom:
        """Whoever was last seen with this identifier, and what each destination is to be asked to delete."""
        at: dict[str, tuple[str, ...]] = {}
        everyone = {name: None}
        for destination in self._house.store.snapshot().destinations:
            linked = (name, *self._store.seen_with(destination.id, name))
            everyone |= dict.fromkeys(linked)
            if self._can_delete(destination):
                at[destination.id] = tuple(n for n in dict.fromkeys(linked) if not n[2:].startswith("#"))
        names = tuple(everyone)[:MOST]
        return Whom(tuple(hashed(salt, n) for n in names), names, at)

    def _is_known(self, whom: Whom) -> bool:
        return self._knows(whom) or bool(self._steps.find(whom).positions)

    def _knows(self, whom: Whom) -> bool:
        destinations = [d.id for d in self._house.store.snapshot().destinations]
        return self._store.known(whom.names, destinations) or self._house.engine_knows(whom.names)

    def _can_delete(self, destination: Destination) -> bool:
        kind = self._house.catalog.get(destination.type)
        return kind is not None and kind.deletion("x", None) is not None

    # --- at work ---------------------------------------------------------------------------------------------------

    def ask_gateway_by(self, ask: Callable[[], int]) -> None:
        """`ask` tells the gateway to take everybody out who is suppressed, and says which list of them that is."""
        self._steps.ask_gateway = ask

    def erased(self, revision: int) -> None:
        """The gateway has taken everybody out of the log who stands in this list."""
        self._house.log.read_anew()
        self._steps.erased(revision)

    async def run(self) -> None:
        """Each person by themselves: a destination that does not answer for one keeps nobody else from being forgotten."""
        going: dict[int, asyncio.Task[None]] = {}
        waking: asyncio.Task[bool] | None = None
        try:
            while True:
                self._wake.clear()
                for found in reversed(self.all()):
                    if found.state == "running" and found.id not in going:
                        going[found.id] = asyncio.create_task(self._see_through(found.id))
                waking = asyncio.create_task(self._wake.wait())
                done, _ = await asyncio.wait({waking, *going.values()}, return_when=asyncio.FIRST_COMPLETED)
                waking.cancel()
                for number in [n for n, task in going.items() if task in done]:
                    going.pop(number).result()
        finally:
            left = [*going.values(), *([waking] if waking else [])]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _see_through(self, number: int) -> None:
        while True:
            try:
                await self._steps.see_through(self.get(number), self.notify)
                return
            except (HeadraceError, OSError, apsw.Error) as error:
                whom = self.get(number).whom
                told = without(str(error), [name[2:] for name in whom.names])
                log.error("forgetting a person cannot go on and will be tried again", record=number, error=told)
                await self._house.clock.sleep(AGAIN)


def _named(user_id: str | None, email: str | None) -> str:
    name = name_of(user_id, email)
    if name is None:
        raise WorkspaceError(WHO)
    return name
