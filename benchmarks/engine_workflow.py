"""Contacts through a workflow of three emails: `python -m benchmarks.engine_workflow --contacts 10000`."""

from __future__ import annotations

import argparse
import asyncio
import resource
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from headrace.clock import SystemChance
from headrace.engine.emails import messages
from headrace.engine.engine import Engine
from headrace.engine.events import sending
from headrace.engine.store import rows
from headrace.engine.workflows import shelf, states
from headrace.engine.workflows.graph import Graph, Node
from headrace.workspace.secretbox import SecretBox

NOON = 1_800_000_000_000
HOUR = 3_600_000  # ms
TEXT = "<Paragraph>Hello {contact.firstName}, your plan is {event.plan}.</Paragraph>"
PEER = 5  # contacts a second of a peer that was measured


class Moved:
    """A wall clock that the benchmark moves; paces are real."""

    now = NOON

    def now_ms(self) -> int:
        return self.now

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def draw(engine: Engine) -> str:
    """event → email → 1 h → email → 1 h → email → exit"""

    def run(desk: Any) -> str:
        made = shelf.create(desk, "Welcome", None, None)
        nodes = {"t": Node("EventTrigger", ("m1",), {"eventName": "signup", "reEligible": True})}
        for number, following in ((1, "w1"), (2, "w2"), (3, "x")):
            message = engine.emails.create_message(desk, "workflow", made.id)
            latest = messages.one(desk.c, message).revision
            change = {"expectedRevisionId": latest, "subject": f"Welcome {number}", "fromName": "Ada", "fromEmail": "ada",
                      "lmx": TEXT, "contactPropertiesFallbacks": {"firstName": "you"},
                      "eventPropertiesFallbacks": {"plan": "free"}}  # fmt: skip
            messages.update(desk, message, change)
            nodes[f"m{number}"] = Node("SendEmailAction", (following,), {"emailMessageId": message})
        nodes |= {w: Node("TimerAction", (to,), {"amount": 1, "unit": "h"}) for w, to in (("w1", "m2"), ("w2", "m3"))}
        graph = Graph("t", nodes | {"x": Node("ExitAction")})
        shelf.save(desk, msgspec.structs.replace(made, graph=graph), "drawn")
        states.start(desk, made.id, engine.emails)
        return made.id

    return engine.write(run).result()


async def until_quiet(work: Callable[[], Awaitable[float]]) -> None:
    while await work() == 0:
        pass


def timed(name: str, contacts: int, run: Callable[[], None]) -> float:
    began, cpu = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
    run()
    took, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF)
    own = after.ru_utime + after.ru_stime - cpu.ru_utime - cpu.ru_stime
    print(f"{name:<42} {took:7.1f} s  {contacts / took:8.0f} a second   (own processor time {own:.1f} s)")
    return took


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine_workflow", description=__doc__)
    parser.add_argument("--contacts", type=int, default=10_000)
    contacts = parser.parse_args().contacts
    with tempfile.TemporaryDirectory() as folder:
        clock = Moved()
        box = SecretBox.at(Path(folder) / "secret.key", None)
        engine = Engine.open(Path(folder) / "engine.db", clock, SystemChance(), box)
        try:
            measure(engine, clock, contacts)
        finally:
            engine.close()


def measure(engine: Engine, clock: Moved, contacts: int) -> None:
    first = {"email": "x@x.dev", "eventName": "signup", "eventProperties": {"plan": "pro"}}  # defines the event
    engine.write(lambda desk: sending.send(desk, first, None)).result()
    draw(engine)

    def enter() -> None:
        bodies = [
            {"email": f"p{n}@x.dev", "firstName": f"P{n}", "eventName": "signup", "eventProperties": {"plan": "pro"}}
            for n in range(contacts)
        ]
        for future in [engine.write(lambda desk, body=body: sending.send(desk, body, None)) for body in bodies]:  # type: ignore[misc]
            future.result()

    def walk() -> None:
        for _ in range(3):
            asyncio.run(until_quiet(engine.workflows.work))
            clock.now += HOUR

    entered = timed("events that enter the workflow", contacts, enter)
    walked = timed("three emails and two timers decided", contacts, walk)
    mailed = timed(
        "mails composed and put into the Inbox", 3 * contacts, lambda: asyncio.run(until_quiet(engine.outbox.step))
    )
    states_of = engine.read(lambda c: dict(rows(c, "select state, count(*) from run group by state")))
    sends = engine.read(lambda c: dict(rows(c, "select state, count(*) from send group by state")))
    ahead = entered + walked + mailed
    print(f"runs {states_of}, mails {sends}")
    print(f"all of it: {contacts / ahead:.0f} contacts a second, {contacts / ahead / PEER:.0f} times a peer's {PEER}")


if __name__ == "__main__":
    main()
