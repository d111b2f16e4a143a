"""`headrace demo`: the three calls of the integration, and what becomes of each, from the call to the contact."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from rich.markup import escape

from headrace.cli import sending
from headrace.clock import Chance, Clock, rfc3339
from headrace.errors import HeadraceError

PATIENCE = 20.0  # s for one call
LOOK = 0.1  # s
FINAL = ("delivered", "unchanged", "filtered", "dead")
LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Asks(Protocol):
    """What it needs of the running instance (`app.operations`)."""

    def status(self) -> dict[str, Any]: ...
    def trail(self, message_id: str) -> dict[str, Any]: ...
    def lists(self) -> list[dict[str, Any]]: ...


def calls(name: str, list_id: str | None) -> Iterator[dict[str, Any]]:
    """A new person signs up. Loops sends no mail to @example.com."""
    traits: dict[str, Any] = {"email": f"{name}@example.com", "firstName": "Adrian", "lastName": "Brown"}
    yield {"type": "identify", "userId": name, "traits": traits}
    if list_id is not None:
        yield {"type": "identify", "userId": name, "traits": {"email": traits["email"], "mailingLists": {list_id: True}}}
    properties = {"plan": "Pro Annual", "accountType": "Facebook"}
    yield {"type": "track", "userId": name, "event": "newUser", "properties": properties}


def run(asks: Asks, clock: Clock, chance: Chance, say: Callable[[str], None]) -> bool:
    """Whether every call was delivered."""
    status = asks.status()
    key = sending.write_key(status, None)
    name = f"demo-{chance.token(6, LETTERS)}"
    list_id = next((row["id"] for row in asks.lists()), None)
    went, trail = True, {}
    for made in calls(name, list_id):
        message = made | {"messageId": chance.uuid4(), "originalTimestamp": rfc3339(clock.now_ms()), "channel": "cli"}
        sending.post(status["gateway"], key, message)
        say(f"[bold]{title(made)}[/bold]")
        say("  received   200 ok, on disk")
        trail = asyncio.run(followed(asks, clock, message["messageId"]))
        for fate in trail["event"]["fates"]:
            went = went and fate["state"] in ("delivered", "unchanged")
            say(escape(f"  {fate['state']:<10} {fate['destination'] or 'no destination'}: {fate['reason']}"))
    for line in found(trail):
        say(line)
    if status["console"]:
        say(f"All of it with its story: {status['console']}/people/{name}")
    return went


async def followed(asks: Asks, clock: Clock, message_id: str) -> dict[str, Any]:
    """What became of it, once that is final. Raises HeadraceError when it takes too long."""
    until = clock.monotonic() + PATIENCE
    while clock.monotonic() < until:
        trail = asks.trail(message_id)
        if trail["event"] and trail["event"]["fates"] and all(f["state"] in FINAL for f in trail["event"]["fates"]):
            return trail
        await clock.sleep(LOOK)
    raise HeadraceError("It still waits. `headrace status` says whether a destination is paused or down.")


def title(made: dict[str, Any]) -> str:
    if made["type"] == "track":
        return f"track {made['event']}"
    return "identify with mailingLists" if "mailingLists" in made["traits"] else "identify"


def found(trail: dict[str, Any]) -> Iterator[str]:
    """What Loops (built-in) made of it."""
    contact = trail["contact"]
    if not contact:
        return
    lists = [row["name"] for row in contact.get("lists") or [] if row["subscribed"]]
    name = f"{contact['firstName'] or ''} {contact['lastName'] or ''}".strip()
    yield "[bold]In Loops (built-in)[/bold]"
    yield escape(f"  contact    {contact['email']}, {name}" + (f", on {', '.join(lists)}" if lists else ""))
    for row in trail["log"][:1]:
        properties = ", ".join(f"{key}: {value}" for key, value in row["processed"].get("eventProperties", {}).items())
        yield escape(f"  event      {row['eventName']} ({properties})")
