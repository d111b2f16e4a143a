"""One exchange with a destination: draws from the pace, sends, lets the pace learn, keeps the attempt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from headrace.clock import Chance, Clock
from headrace.delivery import render
from headrace.delivery.gate import Gate
from headrace.delivery.port import DeliveryStore, EventSource, NoAnswer, Outgoing, Transport
from headrace.destinations.port import Answer, Builtin, Catalog, DestinationType, Rendered
from headrace.journal.port import AttemptWriter
from headrace.workspace.model import Workspace

# Told of each request that is to be sent to a destination, of a type, under settings; may lay warnings on it.
Notice = Callable[[str, DestinationType, Mapping[str, Any], Rendered], Rendered]


class Tools(msgspec.Struct, frozen=True):
    """What every destination's loop works with."""

    store: DeliveryStore
    attempts: AttemptWriter
    events: EventSource
    workspace: Callable[[], Workspace]
    catalog: Catalog
    transport: Transport
    clock: Clock
    chance: Chance
    builtin: Callable[[], Builtin | None]
    agent: str
    notice: Notice = lambda destination_id, kind, settings, made: made


class Exchange(msgspec.Struct, frozen=True):
    """A request that left and what came back."""

    request: Outgoing
    got: Answer | NoAnswer
    at: int  # ms when it left


async def exchange(tools: Tools, gate: Gate, request: Outgoing) -> Exchange:
    """Send now; the slot was taken. The pace learns from the answer."""
    at, began = tools.clock.now_ms(), tools.clock.monotonic()
    got = await tools.transport.send(request)
    if isinstance(got, Answer):
        gate.answered(
            began,
            got.status,
            _number(got.headers.get("x-ratelimit-limit")),
            _number(got.headers.get("x-ratelimit-remaining")),
        )
    return Exchange(request, got, at)


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None


class Story:
    """Numbers the attempts of one delivery as they are made."""

    def __init__(self, tools: Tools, position: int, destination_id: str, first: int, secrets: tuple[str, ...]) -> None:
        self._tools = tools
        self._where = (position, destination_id)
        self._next = first
        self._secrets = secrets
        self._names: tuple[str, ...] = ()
        self.told_delivery = False

    def hide(self, names: tuple[str, ...]) -> None:
        """These people are shown nowhere."""
        self._names = names

    def tell(self, kind: str, done: Exchange, outcome: str) -> None:
        position, destination_id = self._where
        self.told_delivery = self.told_delivery or kind == "delivery"
        self._tools.attempts.record(
            [
                render.attempt(
                    position,
                    destination_id,
                    self._next,
                    kind,
                    done.at,
                    done.request,
                    done.got,
                    outcome,
                    self._secrets,
                    self._names,
                )
            ]
        )
        self._next += 1
