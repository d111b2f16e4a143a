"""One simulation: lives of the process one after the other, with everything outside going on all the time."""

from __future__ import annotations

import asyncio
import heapq
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from headrace.workspace.model import Connection, Destination, Source, Workspace
from tests.simulation.disk import Disk
from tests.simulation.life import Life
from tests.simulation.log_model import MemoryLog
from tests.simulation.loops_model import Loops
from tests.simulation.network import Network, Weather
from tests.simulation.oracle import Oracle
from tests.simulation.plan import Cut, Happening, Plan
from tests.simulation.virtual import NOON, PowerCut, VirtualLoop

KEYS = ("k" * 32, "e" * 32)
ADDRESS = "https://loops.test/api"
NEVER = Cut()
MOST_STEPS = 2_000_000  # of the event loops of one simulation; a usual one takes some thousands


class World:
    """`run` lives it through. `failures` says what was wrong; the first one ends it."""

    def __init__(self, plan: Plan, root: Path, disk: Disk, plain: bool, trace: bool) -> None:
        self.plan, self.root, self.disk = plan, root, disk
        self.now = 0.0
        self.offset_ms = 0
        self.boots = False
        self.failures: list[str] = []
        self.is_cut = False
        self.story: list[str] | None = [] if trace else None
        self.log = MemoryLog()
        self.loops = Loops(plan.nature, {KEYS[0], KEYS[1]})
        self.oracle = Oracle(self.fail, lambda: self.now)
        self.oracle.clock_jumps = any(h.what == "clock" for h in plan.happenings)
        self.network = Network(self.dice("network", 0), self.loops, self.oracle, lambda: self.now, self.at, self.trace)
        self.network.weather = msgspec.structs.replace(plan.weather)
        self.network.rate_of = lambda: max(float(d.settings["rate"]) for d in self.workspace.destinations)
        self.life: Life | None = None
        self.lives = 0
        self.workspace = self._workspace(plain)
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = 0
        self._cut = NEVER
        self._cuts = list(plan.cuts)
        self._done = {"steps": 0, "writes": 0, "request": 0}
        self._image: Path | None = None
        self._somebody = 0.0
        self._steps = 0
        disk.wrote = self._wrote
        for d in self.workspace.destinations:
            self.oracle.since[d.id] = 0
            self.oracle.sources_of[d.id] = tuple(c.source_id for c in self.workspace.connections if c.destination_id == d.id)

    def dice(self, what: str, number: int) -> random.Random:
        return random.Random(f"{self.plan.seed}/{what}/{number}")

    def trace(self, *said: Any) -> None:
        if self.story is not None:
            self.story.append(
                f"{self.now:12.4f} {'plain ' if self._plain else ''}" + " ".join(str(s) for s in said if s is not None)
            )

    def fail(self, text: str) -> None:
        self.trace("WRONG:", text)
        self.failures.append(text)

    def _workspace(self, plain: bool) -> Workspace:
        self._plain = plain
        plan = self.plan
        settings = {"base_url": ADDRESS, "api_key": KEYS[0], "rate": plan.rate} | plan.settings
        if plain:
            settings |= {"fold": "never", "skip_unchanged": 0}
        destinations = [
            Destination(f"d{n}", f"d{n}", "loops", True, settings | ({"api_key": KEYS[n]} if plan.two_keys else {}))
            for n in range(plan.destinations)
        ]
        sources = [Source(f"s{n}", f"s{n}", "http", f"w{n}") for n in range(plan.habits.sources)]
        connections = [
            Connection(s.id, d.id)
            for s in sources
            for d in destinations
            if not (len(sources) == 2 and (s.id, d.id) == ("s1", "d1"))
        ]
        return Workspace(1, tuple(sources), tuple(destinations), tuple(connections))

    # --- outside ---------------------------------------------------------------------------------------------------

    def at(self, when: float, what: Callable[[], None]) -> None:
        self._order += 1
        heapq.heappush(self._heap, (when, self._order, what))

    def next_at(self) -> float | None:
        return self._heap[0][0] if self._heap else None

    def happen(self) -> None:
        heapq.heappop(self._heap)[2]()

    def between_steps(self) -> None:
        self._count("steps")
        self._steps += 1
        if self._steps > MOST_STEPS:
            self.fail(f"it goes on for ever: {MOST_STEPS:,} steps")
        if self.is_cut or self.failures:
            raise PowerCut

    def power_on(self, what: str) -> bool:
        self._count(what)
        return not self.is_cut

    def _wrote(self) -> None:
        if self.life is not None:
            self._count("writes")

    def _count(self, what: str) -> None:
        self._done[what] += 1
        most = {"steps": self._cut.steps, "writes": self._cut.writes, "request": self._cut.requests}[what]
        if most is not None and self._done[what] == most and not self.is_cut and self.life is not None:
            self._go_dark(f"{what} {most}")

    def _go_dark(self, why: str) -> None:
        """What the disk holds at this very moment is what the next process finds."""
        assert self.life is not None
        self.is_cut = True
        power = self._cut.power
        self._image = self.root / f"life{self.lives + 1}"
        pending = self.disk.image(self.life.directory, self._image, self.dice("torn", self.lives) if power else None)
        self.trace("CRASH", "power cut" if power else "kill -9", "at", why, f"with {pending} writes not synced")
        self.boots = power

    # --- lives -----------------------------------------------------------------------------------------------------

    def run(self) -> None:
        for call in self.plan.calls:
            self.at(call.at, lambda call=call: self._accept(call))  # type: ignore[misc]
        for happening in self.plan.happenings:
            self.at(happening.at, lambda h=happening: self._happens(h))  # type: ignore[misc]
        self.at(self.plan.troubles_end, self._all_well)
        directory = self.root / "life0"
        directory.mkdir()
        while not self.failures:
            ended = self._live(directory)
            if ended:
                self.directory = directory
                return
            if self._image is not None:
                shutil.rmtree(directory)
                directory = self._image
            self._image = None
            self._let_pass(self._cut.down_for)

    def _live(self, directory: Path) -> bool:
        """One process; whether everything was settled when it ended."""
        self._cut = self._cuts.pop(0) if self._cuts else NEVER
        self._done = {"steps": 0, "writes": 0, "request": 0}
        self.is_cut = False
        loop = VirtualLoop(self)
        asyncio.set_event_loop(loop)
        self.trace("BEGINS", f"life {self.lives}")
        self.life = life = Life(self, self.lives, directory)
        try:
            loop.run_until(life.run())
        except PowerCut:
            life.dead = True
        finally:
            self.life = None
            self.lives += 1
            loop.abandon()
            asyncio.set_event_loop(None)
            if not life.dead or self.is_cut or self.failures:
                life.close()
            self.disk.forget(directory)
        return life.settled and not self.is_cut

    def _let_pass(self, seconds: float) -> None:
        """Nobody runs; what is on its way arrives."""
        until = self.now + seconds
        while self._heap and self._heap[0][0] <= until:
            self.now = max(self.now, self._heap[0][0])
            self.happen()
        self.now = until

    # --- what happens ----------------------------------------------------------------------------------------------

    def _accept(self, call: Any) -> None:
        entry = self.log.append(call, NOON + int(self.now * 1000) + self.offset_ms)
        self.trace("accepted", entry.position, "again" if entry.duplicate_of else None, call.source, call.payload)
        if entry.duplicate_of is None:
            self.oracle.accepted(entry.position, call)
        if self.life is not None and not self._router_sleeps:
            self.life.router_wakes.set()

    _router_sleeps = False

    def _happens(self, h: Happening) -> None:
        self.trace("HAPPENS", h.what, *h.args)
        if h.what == "outage":
            self.network.weather.outage = h.args[0]
        elif h.what in ("revoke", "restore"):
            self.loops.keys = set(KEYS) if h.what == "restore" else set()
        elif h.what in ("pause", "resume"):
            self._by_hand(h.what, h.args[0])
        elif h.what in ("enable", "disable"):
            self._change(h.args[0], enabled=h.what == "enable")
        elif h.what == "settings":
            self._change(h.args[0], **h.args[1])
        elif h.what == "clock":
            self.offset_ms += h.args[0] * 1000
        elif h.what == "restart":
            self._cut = msgspec.structs.replace(self._cut, down_for=h.args[0])
            if self.life is not None:
                self.life.over.set()
        elif h.what in ("somebody", "nobody"):
            self._somebody = h.args[0] if h.what == "somebody" else 0.0
            self._use_up()
        else:
            self._router_sleeps = h.what == "router sleeps"

    def _use_up(self) -> None:
        if self._somebody and self.now < self.plan.troubles_end:
            self.loops.somebody_else(self.now)
            self.at(self.now + 1 / self._somebody, self._use_up)

    def _by_hand(self, what: str, destination: str) -> None:
        if self.life is None or self.life.deliverer is None or self.life.over.is_set():
            return
        deliverer = self.life.deliverer
        coming = deliverer.pause(destination) if what == "pause" else deliverer.resume(destination)
        self._by_hand_tasks = asyncio.get_running_loop().create_task(coming)

    def _change(self, destination: str, enabled: bool | None = None, **settings: Any) -> None:
        changed = tuple(
            d if d.id != destination
            else msgspec.structs.replace(
                d, enabled=d.enabled if enabled is None else enabled, settings=d.settings | settings
            )
            for d in self.workspace.destinations
        )  # fmt: skip
        self.workspace = msgspec.structs.replace(self.workspace, destinations=changed, revision=self.workspace.revision + 1)
        if self.life is not None and self.life.deliverer is not None and not self.life.over.is_set():
            self.life.deliverer.workspace_changed()

    def _all_well(self) -> None:
        """From now on everything must become final; a person resumes what was paused by hand or for refusals."""
        self.trace("ALL WELL")
        self.network.weather = Weather()
        self.loops.keys = set(KEYS)
        self._somebody, self._router_sleeps = 0.0, False
        self._cuts = []
        self._cut = msgspec.structs.replace(NEVER, down_for=self._cut.down_for)
        for d in self.workspace.destinations:
            self._change(d.id, enabled=True)
        self._resume()

    def _resume(self) -> None:
        for d in self.workspace.destinations:
            self._by_hand("resume", d.id)
        self.at(self.now + 600, self._resume)
