"""One seed's world: an engine's tables in memory, workflows drawn at random, and a plan of what happens when."""

from __future__ import annotations

import itertools
from random import Random
from typing import Any

import apsw
import msgspec

from headrace.engine.desk import Desk, Happening
from headrace.engine.mail_port import Mail
from headrace.engine.schema import MIGRATIONS
from headrace.engine.workflows import edits, entering, shelf
from headrace.engine.workflows.graph import Graph, Node, blank
from headrace.engine.workflows.port import Tools
from headrace.engine.workflows.shelf import Workflow
from headrace.engine.workflows.types import FORKS
from tests.engine.workflows.drawing import edited, ids
from tests.engine.workflows.unwritten import Unwritten

NOON = 1_800_000_000_000
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
PEOPLE = ("ada", "bob", "eve")
PLANS = ("free", "pro")
WHAT = (
    "event", "event", "event", "event", "plan", "join", "leave", "pause", "start", "start", "stop", "cut", "jump", "delete",
    "add",
)  # fmt: skip


class PowerCut(BaseException):
    """Everything that is not committed is gone."""


class Post:
    """An outbox that keeps every mail it is told of, also one that comes twice; the power may fail in it."""

    def __init__(self) -> None:
        self.cut_in: int | None = None

    def enqueue(self, desk: Desk, mail: Mail) -> str:
        run = mail.key.split(":")[1]
        desk.c.execute(
            "insert into mailed(run, workflow, contact, log, message, at) values(?,?,?,?,?,?)",
            (run, mail.source_id, mail.contact, mail.log, mail.message_id, desk.now),
        )
        if self.cut_in is not None:
            self.cut_in -= 1
            if self.cut_in <= 0:
                raise PowerCut
        return mail.key


class Deed(msgspec.Struct, frozen=True):
    """Something that happens outside, `after` so many ms of real time."""

    at: int
    what: str
    who: str = ""
    value: Any = None


class World:
    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.c = apsw.Connection(":memory:")
        for script in MIGRATIONS:
            self.c.execute(script)
        self.c.execute(
            "create table mailed(id integer primary key, run text, workflow text, contact text, log integer, message text,"
            " at integer)"
        )
        self.c.execute("insert into list(id, name, at) values('news', 'News', 0)")
        self.c.execute("insert into property values('plan', 'Plan', 'string', 0)")
        self.post = Post()
        self.tools = Tools(Unwritten(), self.post)
        self.new_id = ids("i")
        self.real, self.wall = 0, NOON
        self.logs = itertools.count(1)
        self.listeners = (entering.heard,)
        self.workflows = [self._workflow(number) for number in range(self.chance.randint(1, 3))]
        self.plan = self._plan()

    def desk(self) -> Desk:
        return Desk(self.c, self.wall, self.new_id, tuple(self._hear(one) for one in self.listeners))

    @staticmethod
    def _hear(listener: Any) -> Any:
        def heard(desk: Desk, happening: Happening) -> None:
            listener(desk, happening)

        return heard

    def _workflow(self, number: int) -> Workflow:
        chance = self.chance
        kind = chance.choice(("EventTrigger", "EventTrigger", "SignupTrigger", "AddToListTrigger"))
        listed = kind == "AddToListTrigger" or (kind == "EventTrigger" and chance.random() < 0.3)
        made = shelf.create(self.desk(), f"w{number}", None, "news" if listed else None)
        drawn = msgspec.structs.replace(made, graph=self._graph(kind), status="Sending")
        return shelf.save(self.desk(), drawn, "drawn")

    def _graph(self, kind: str) -> Graph:
        chance, names = self.chance, ids(f"n{self.chance.randrange(10**6)}_")
        graph = blank("root", "exit")
        for _ in range(chance.randint(2, 14)):
            graph = edited(graph, chance, names)
        for wanted in ("SendEmailAction", "TimerAction", "SendEmailAction"):
            places = [(i, to) for i, node in graph.nodes.items() for to in node.next if node.type not in FORKS]
            graph = edits.insert_between(graph, wanted, *chance.choice(places), names).graph
        config: dict[str, Any] = {"eventName": "e", "reEligible": chance.random() < 0.6} if kind == "EventTrigger" else {}
        nodes = {i: self._configured(i, node) for i, node in graph.nodes.items()}
        return Graph("root", {**nodes, "root": Node(kind, graph.nodes["root"].next, config)})

    def _configured(self, identifier: str, node: Node) -> Node:
        chance = self.chance
        if node.type == "SendEmailAction":
            return msgspec.structs.replace(node, config={"emailMessageId": f"m{identifier}"})
        if node.type == "TimerAction":
            config = {"amount": chance.choice((0, 1, 1, 7, 30)), "unit": chance.choice("mhh")}
            return msgspec.structs.replace(node, config=config)
        if node.type == "AudienceFilter":
            wanted = {"type": "property", "key": "plan", "operator": "equals", "value": chance.choice(PLANS)}
            tree = {"match": "all", "conditions": [wanted]} if chance.random() < 0.7 else None
            chosen = {"audienceFilter": tree, "audienceSegmentId": None, "appliesDownstream": chance.random() < 0.5}
            return msgspec.structs.replace(node, config=chosen)
        return node

    def _plan(self) -> list[Deed]:
        """Three days, most of them quiet."""
        chance = self.chance
        deeds = [Deed(chance.randrange(HOUR), "add", who, chance.choice(PLANS)) for who in PEOPLE]
        for _ in range(chance.randint(5, 40)):
            what = chance.choice(WHAT)
            value: Any = chance.choice(PLANS)
            if what in ("pause", "start", "stop"):
                value = chance.randrange(len(self.workflows))
            if what == "jump":
                value = chance.choice((-2 * HOUR, -MINUTE, MINUTE, 5 * HOUR, 2 * DAY))
            if what == "cut":
                value = chance.choice((0, 1, MINUTE, 6 * HOUR))  # ms until the power is back
            if what == "delete" and chance.random() < 0.7:
                continue
            deeds.append(Deed(chance.randrange(3 * DAY) // 1000 * 1000, what, chance.choice(PEOPLE), value))
        return sorted(deeds, key=lambda deed: deed.at)
