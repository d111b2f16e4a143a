"""T9: from an event's acknowledgement to its mail at the SMTP server, real processes; events a second straight into the engine."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp
from aiosmtpd.smtp import SMTP, Envelope, Session
from tests.engine.mailing import Post, post
from tests.harness.instance import Running

from benchmarks.limited import wait_for
from benchmarks.report import Report, at, options

RATE = 5.0  # events a second
WARMING = 10  # events that meet processes which have just begun
CONNECTIONS = (1, 16)
SINK = {"mode": "smtp", "host": "127.0.0.1", "security": "none", "domain": "mail.ada.dev"}
LMX = "<H1>Welcome, {contact.firstName}</H1><Paragraph>You have {event.plan}.</Paragraph>"


class Sink(Post):
    """Keeps only when the mail to each address was there, whole."""

    def __init__(self) -> None:
        super().__init__()
        self.came: dict[str, float] = {}

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        self.came.setdefault(envelope.rcpt_tos[0], time.monotonic())
        return "250 OK"


def draw(running: Running) -> None:
    """A workflow: the event `signup`, then one email."""

    def ask(path: str, body: Any, method: str = "POST") -> Any:
        return running._json(method, f"{running.engine}/api/v1{path}", running.engine_key, body)

    ask("/events/send", {"email": "first@x.dev", "eventName": "signup", "eventProperties": {"plan": "Pro"}})  # defines it
    made = ask("/workflows", {"name": "Welcome"})
    path, root = f"/workflows/{made['id']}", made["rootNodeId"]
    trigger = {"typeName": "EventTrigger", "eventName": "signup"}
    seen = ask(f"{path}/nodes/{root}", {"expectedRevisionId": made["workflowRevisionId"], "payload": trigger})
    wanted = {"insertMode": "after", "nodeTypeName": "SendEmailAction", "fromNodeId": root}
    made = ask(f"{path}/nodes", {"expectedRevisionId": seen["workflow"]["workflowRevisionId"], **wanted})
    message = made["node"]["config"]["emailMessageId"] if "config" in made["node"] else made["node"]["emailMessageId"]
    revision = ask(f"/email-messages/{message}", None, "GET")["contentRevisionId"]
    said = {"subject": "Hi {contact.firstName}", "fromName": "Ada", "fromEmail": "hello", "lmx": LMX}
    ask(f"/email-messages/{message}", {"expectedRevisionId": revision, **said})
    running.api("POST", f"/engine{path}/state", {"to": "start"})


def journeys(running: Running, sink: Sink, seconds: float) -> list[float]:
    """ms of each, sorted."""
    dice, acknowledged = random.Random("mail"), dict[str, float]()
    for n in range(int(seconds * RATE) + WARMING):
        user, email = f"user{n}", f"user{n}@x.dev"
        running.send("/v1/identify", {"userId": user, "traits": {"email": email, "firstName": "Ada"}})
        status, _ = running.send("/v1/track", {"userId": user, "event": "signup", "properties": {"plan": "Pro"}})
        acknowledged[email] = time.monotonic()
        assert status == 200
        time.sleep(dice.uniform(0.5, 1.5) / RATE)
    wait_for(lambda: acknowledged.keys() <= sink.came.keys(), 60)
    return sorted(max(0.0, sink.came[email] - acknowledged[email]) * 1000 for email in list(acknowledged)[WARMING:])


async def pushed(running: Running, connections: int, seconds: float) -> float:
    """Events a second that the engine answered 200, each durable before its answer."""
    end, done = time.monotonic() + seconds, 0
    headers = {"Authorization": f"Bearer {running.engine_key}"}

    async def push(session: aiohttp.ClientSession, place: int) -> None:
        nonlocal done
        number = 0
        while time.monotonic() < end:
            number += 1
            body = {
                "email": f"user{(place * 97 + number) % 50}@x.dev",
                "eventName": "used",
                "eventProperties": {"n": number},
            }
            async with session.post(f"{running.engine}/api/v1/events/send", json=body, headers=headers) as answer:
                await answer.read()
                done += answer.status == 200

    began = time.monotonic()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections)) as session:
        await asyncio.gather(*(push(session, place) for place in range(connections)))
    return done / (time.monotonic() - began)


def main(arguments: Sequence[str] | None = None) -> None:
    given = options(__doc__, arguments)
    report = Report("engine", "T9  acknowledged track → its mail at the SMTP server, 5 a second, real processes", given)
    sink = Sink()
    with tempfile.TemporaryDirectory() as folder, post(handler=sink) as server, Running(Path(folder) / "data") as running:
        running.api("PATCH", "/engine/sending", SINK | {"port": server.port})
        draw(running)
        found = journeys(running, sink, 300 if given.long else 30)
        report.figure("p50 ms", at(0.5, found), f"p50 {at(0.5, found):.0f} ms of {len(found)} mails")
        report.figure("p95 ms", at(0.95, found), f"p95 {at(0.95, found):.0f} ms, worst {found[-1]:.0f} ms", "≤ 1,000 ms")
        for connections in CONNECTIONS:
            rate = asyncio.run(pushed(running, connections, 30 if given.long else 5))
            words = f"{rate:,.0f} events/s straight to POST /v1/events/send over {connections} connections"
            report.figure(f"events/s, {connections} connections", rate, words)
    report.close()


if __name__ == "__main__":
    main()
