"""What must be true whatever happened: who entered, each step once and in place, timers exact, each mail once."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from headrace.engine.store import rows
from tests.engine.workflows.simulation.world import DAY, World

UNITS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}


class Oracle:
    """Knows the rules by itself: nothing of the engine's own decisions is asked."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.failures: list[str] = []
        self.status: dict[str, tuple[str, int]] = {workflow.id: ("sending", 0) for workflow in world.workflows}
        self.entered: Counter[tuple[str, str, int | None]] = Counter()
        self.set_back = False

    # --- what it is told --------------------------------------------------------------------------------------------

    def jumped(self, by: int) -> None:
        self.set_back = self.set_back or by < 0

    def paused(self, workflow: str) -> None:
        self.status[workflow] = ("paused", self.world.wall)

    def stopped(self, workflow: str) -> None:
        self.status[workflow] = ("stopped", 0)

    def started(self, workflow: str) -> None:
        self.status[workflow] = ("sending", 0)

    def on_list(self, contact: str) -> bool:
        return bool(rows(self.world.c, "select 1 from member where contact=? and subscribed=1", (contact,)))

    def triggered(self, kind: str, contact: str, log: int | None = None) -> None:
        for workflow in self.world.workflows:
            root = workflow.graph.nodes["root"]
            state, since = self.status[workflow.id]
            if state == "paused" and self.world.wall - since > DAY:
                self.status[workflow.id] = ("stopped", 0)  # also when the clock is set back later
                state = "stopped"
            before = any((w, c) == (workflow.id, contact) for w, c, _ in self.entered)
            if (
                root.type == kind
                and state != "stopped"
                and (not before or root.config.get("reEligible"))
                and (workflow.list is None or self.on_list(contact))
            ):
                self.entered[workflow.id, contact, log] += 1

    # --- what it checks ---------------------------------------------------------------------------------------------

    def quiet(self) -> None:
        """Nothing is due any more."""
        for seq, workflow, state, trail, entered, node in self._runs():
            if state in ("ready", "waiting") and self.status[workflow][0] == "sending":
                due = self._due(workflow, node, trail, entered)
                if due <= self.world.wall:
                    self._fail(f"run {seq} should have left {node} at {due} and it is {self.world.wall}")

    def at_the_end(self) -> None:
        found = Counter(
            (w, c, log) for w, c, log in rows(self.world.c, "select workflow, contact, log from run where state!='refused'")
        )
        if found != self.entered:
            self._fail(f"entered: {dict(found - self.entered)} too many, {dict(self.entered - found)} missing")
        mailed = rows(self.world.c, "select run, message, at from mailed order by id")
        for seq, workflow, _, trail, entered, _ in self._runs():
            self._check_trail(seq, workflow, trail, entered)
            ((identifier,),) = rows(self.world.c, "select id from run where seq=?", (seq,))
            expected = [(f"m{node}", at) for node, at, did in trail if did == "sent"]
            if [(message, at) for run, message, at in mailed if run == identifier] != expected:
                self._fail(f"run {seq}: mails are not those of its steps {expected}")
        self._check_mails()

    def _check_trail(self, seq: int, workflow: str, trail: list[Any], entered: int) -> None:
        graph = next(one.graph for one in self.world.workflows if one.id == workflow)
        place, moment = "root", entered
        for number, (node, at, did) in enumerate(trail):
            if node != place and place is not None and not (number and node in graph.nodes[trail[number - 1][0]].next):
                self._fail(f"run {seq}: {node} does not follow {place}")
            config = graph.nodes[node].config
            wait = config["amount"] * UNITS[config["unit"]] if graph.nodes[node].type == "TimerAction" else 0
            if wait and at < moment + wait:
                self._fail(f"run {seq}: left {node} at {at}, before {moment + wait}")
            if graph.nodes[node].type == "SendEmailAction" and did not in ("sent", "left"):
                self._fail(f"run {seq}: the email of {node} was skipped")
            place, moment = node, at
        if len({node for node, _, _ in trail}) != len(trail):
            self._fail(f"run {seq}: a step was done twice: {trail}")

    def _check_mails(self) -> None:
        c = self.world.c
        twice = rows(c, "select workflow, contact, log, message from mailed where log is not null"
                        " group by 1, 2, 3, 4 having count(*)>1")  # fmt: skip
        if twice:
            self._fail(f"one mail for one event, but twice: {twice}")
        if not self.set_back:
            order: dict[Any, int] = {}
            for workflow, contact, message, seq in rows(
                c, "select m.workflow, m.contact, m.message, r.seq from mailed m join run r on r.id=m.run order by m.id"
            ):
                if order.get((workflow, contact, message), 0) > seq and self._same_way(workflow):
                    self._fail(f"{contact} got {message} of a later event first")
                order[workflow, contact, message] = seq

    def _same_way(self, workflow: str) -> bool:
        """A fork may be quicker on one side."""
        graph = next(one.graph for one in self.world.workflows if one.id == workflow)
        return all(len(node.next) < 2 for node in graph.nodes.values())

    def _runs(self) -> list[Any]:
        found = rows(self.world.c, "select seq, workflow, state, trail, entered_at, node from run")
        return [(seq, w, state, json.loads(trail), entered, node) for seq, w, state, trail, entered, node in found]

    def _due(self, workflow: str, node: str, trail: list[Any], entered: int) -> int:
        graph = next(one.graph for one in self.world.workflows if one.id == workflow)
        config = graph.nodes[node].config
        if graph.nodes[node].type != "TimerAction":
            return -1
        return int((trail[-1][1] if trail else entered) + config["amount"] * UNITS[config["unit"]])

    def _fail(self, why: str) -> None:
        self.failures.append(why)
