"""Lives one seed: what happens, what the runner does with it, and an oracle that watches."""

from __future__ import annotations

from typing import Any

import msgspec

from headrace.engine.audience import contacts
from headrace.engine.store import rows
from headrace.engine.workflows import running, states
from headrace.engine.workflows.graph import Refused
from headrace.engine.workflows.shelf import load
from tests.engine.workflows.simulation.oracle import Oracle
from tests.engine.workflows.simulation.world import DAY, Deed, PowerCut, World

QUIET = 40 * DAY  # what is still on its way at the end may finish


class Outcome(msgspec.Struct):
    seed: int
    failures: list[str]
    mails: int = 0
    runs: int = 0
    cuts: int = 0


def simulate(seed: int) -> Outcome:
    return Life(seed).live()


class Life:
    def __init__(self, seed: int) -> None:
        self.seed, self.world = seed, World(seed)
        self.oracle = Oracle(self.world)
        self.back_at: int | None = None  # real time at which the power is back
        self.cuts = 0

    def live(self) -> Outcome:
        world, ahead = self.world, list(self.world.plan)
        ahead.append(Deed(3 * DAY + 1, "all"))
        end = 3 * DAY + QUIET
        while world.real < end and not self.oracle.failures:
            moments = [deed.at for deed in ahead[:1]] + ([self.back_at] if self.back_at is not None else [])
            timer = running.next_due(world.c) if self.back_at is None else None
            if timer is not None:
                moments.append(world.real + max(0, timer - world.wall))
            if not moments:
                break
            self._pass(min(moments) - world.real)
            if self.back_at is not None and world.real >= self.back_at:
                self.back_at = None
            while ahead and ahead[0].at <= world.real:
                self._happen(ahead.pop(0))
            if self.back_at is None:
                self._work()
        self.oracle.at_the_end()
        mails, runs = (rows(world.c, f"select count(*) from {table}")[0][0] for table in ("mailed", "run"))
        return Outcome(self.seed, self.oracle.failures, mails, runs, self.cuts)

    def _pass(self, ms: int) -> None:
        self.world.real += ms
        self.world.wall += ms

    def _work(self) -> None:
        """Until nothing is due; each batch is one commit, which the power may undo."""
        world = self.world
        if world.chance.random() < 0.3:
            world.post.cut_in = world.chance.randint(1, 4)
        while ahead := running.due(world.c, world.wall, world.chance.randint(1, 6)):
            survives = world.chance.randint(0, len(ahead)) if world.chance.random() < 0.2 else len(ahead)
            try:
                with world.c:
                    if world.chance.random() < 0.1:
                        running.stop_queueing(world.desk())
                    for number, seq in enumerate(ahead):
                        if number == survives:
                            raise PowerCut
                        with world.c:
                            running.step(world.desk(), seq, world.tools)
            except PowerCut:
                self.cuts += 1
                world.post.cut_in = None
        world.post.cut_in = None
        self.oracle.quiet()

    def _happen(self, deed: Deed) -> None:
        world = self.world
        if deed.what == "cut":
            self.back_at = world.real + deed.value
            self.cuts += 1
        elif deed.what == "jump":
            world.wall += deed.value
            self.oracle.jumped(deed.value)
        elif deed.what in ("pause", "start", "stop", "all"):
            self._switch(deed)
        elif self.back_at is None:  # nobody can be told anything while the power is off
            self._told(deed)

    def _switch(self, deed: Deed) -> None:
        world = self.world
        which = world.workflows if deed.what == "all" else [world.workflows[deed.value]]
        for workflow in which:
            with world.c:
                try:
                    if deed.what == "pause":
                        states.pause(world.desk(), workflow.id)
                        self.oracle.paused(workflow.id)
                    elif deed.what == "stop":
                        states.stop(world.desk(), workflow.id)
                        self.oracle.stopped(workflow.id)
                    else:
                        states._set(world.desk(), load(world.c, workflow.id), "Sending", None)
                        self.oracle.started(workflow.id)
                except Refused:
                    pass  # paused already

    def _told(self, deed: Deed) -> None:
        world, email = self.world, f"{deed.who}@x.dev"
        known = rows(world.c, "select id from contact where email_key=?", (email,))
        with world.c:
            if deed.what in ("add", "plan", "join", "leave"):
                body: dict[str, Any] = {"email": email, "plan": deed.value}
                if deed.what in ("join", "leave"):
                    body["mailingLists"] = {"news": deed.what == "join"}
                was = self.oracle.on_list(known[0][0]) if known else False
                found = contacts.upsert(world.desk(), body)
                if not known:
                    self.oracle.triggered("SignupTrigger", found.id)
                if deed.what == "join" and not was:
                    self.oracle.triggered("AddToListTrigger", found.id)
            elif deed.what == "event" and known:
                log = next(world.logs)
                world.desk().happened("event", known[0][0], name="e", properties={}, log=log)
                self.oracle.triggered("EventTrigger", known[0][0], log)
            elif deed.what == "delete" and known:
                contacts.delete(world.desk(), contacts.Who(email, None))
