"""What a type of node answers: what it starts with, how it is changed and shown, what stops a start, what it does. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from headrace.engine.workflows.graph import Graph, Node, Refused

Config = dict[str, Any]
NOTHING_TO_SET = "This node update is not implemented."


class Pass(msgspec.Struct, frozen=True):
    """Go on to `to`; `send`: the email of this node leaves; `guards`: this filter is asked again at every later node."""

    to: str
    send: bool = False
    guards: bool = False


class Leave(msgspec.Struct, frozen=True):
    """Out of the workflow; `done`: by its exit."""

    why: str
    done: bool = False


class Look(Protocol):
    """What a node may ask about the contact that stands at it."""

    def matches(self, config: Mapping[str, Any]) -> bool:
        """Whether the contact passes an audience filter's configuration: its segment and its filter."""


class Facts(Protocol):
    """What an update may ask about the team."""

    def event_name(self, pattern: str) -> str | None: ...

    def has_event(self, name: str) -> bool: ...

    def property_type(self, key: str) -> str | None: ...

    def has_segment(self, identifier: str) -> bool: ...

    def check_filter(self, tree: Any) -> None:
        """Raises Refused."""


class Situation(msgspec.Struct, frozen=True):
    """What a check before start may look at."""

    mailing_list: str | None = None
    emails: Mapping[str, list[str]] = {}  # by node, what is wrong with its email


class NodeType:
    """A type of node, with what most of them do."""

    name = ""
    title = ""
    trigger = False
    creatable = True

    def start(self) -> Config:
        """The configuration of a new node."""
        return {}

    def update(self, config: Config, payload: Mapping[str, Any], facts: Facts) -> Config:
        """Raises Refused."""
        raise Refused(NOTHING_TO_SET, 501)

    def shown(self, config: Config, mailing_list: str | None) -> Config:
        """Its own fields in Loops' answers, in the short view and in the full one."""
        return {}

    def detail(self, config: Config) -> Config:
        """What only the full view has."""
        return {}

    def problems(self, graph: Graph, identifier: str, situation: Situation) -> list[str]:
        """What has to be set right before a start, a sentence each."""
        return []

    def properties(self, config: Config) -> set[str]:
        """Contact properties that it asks for."""
        return set()

    def wait(self, config: Config) -> int:
        """Milliseconds to stay before `act`."""
        return 0

    def act(self, graph: Graph, identifier: str, node: Node, run: str, look: Look) -> Pass | Leave:
        return Pass(node.next[0])


def allow(payload: Mapping[str, Any], *keys: str) -> None:
    """Raises Refused for a payload that is empty or has something else."""
    if not payload:
        raise Refused("The payload is empty.")
    for key in payload:
        if key not in keys:
            raise Refused(f"`{key}` cannot be set on this node.")


def flag(payload: Mapping[str, Any], key: str, otherwise: bool) -> bool:
    value = payload.get(key, otherwise)
    if not isinstance(value, bool):
        raise Refused(f"`{key}` must be true or false.")
    return value


def number(payload: Mapping[str, Any], key: str, least: float, most: float) -> float:
    value = payload[key]
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise Refused(f"`{key}` must be a number between {least:g} and {most:g}.")
    return value


def share(run: str, node: str) -> float:
    """Where a run falls in [0, 1) at a node: always the same, and even over many runs."""
    return int.from_bytes(hashlib.sha256(f"{run}:{node}".encode()).digest()[:8], "big") / 2**64
