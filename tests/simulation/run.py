"""Runs the simulation of a seed, and of its plain twin where the two must end alike."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import structlog

from headrace.delivery import loop
from tests.simulation import verdict
from tests.simulation.disk import Disk
from tests.simulation.plan import Plan, draw
from tests.simulation.world import World

MEMORY = Path("/dev/shm")  # where there is one: files that cost no disk


class Outcome(msgspec.Struct):
    seed: int
    failures: list[str]
    story: list[str]
    figures: dict[str, int]


@contextmanager
def machine() -> Iterator[tuple[Path, Disk]]:
    root = Path(tempfile.mkdtemp(prefix="headrace-simulation-", dir=MEMORY if MEMORY.is_dir() else None))
    disk = Disk(root)
    try:
        yield root, disk
    finally:
        disk.unregister()
        shutil.rmtree(root, ignore_errors=True)


@contextmanager
def settings_of(plan: Plan, world: list[World]) -> Iterator[None]:
    """Limits that a seed draws too, and a log whose errors are failures."""
    kept, limits = structlog.get_config(), (loop.IDLE, loop.IN_FLIGHT)

    def hear(_: Any, level: str, event: Any) -> Any:
        world[-1].trace("log:", level, event)
        if level in ("error", "exception"):
            world[-1].fail(f"an error was logged: {event}")
        raise structlog.DropEvent

    structlog.configure(
        processors=[hear], wrapper_class=structlog.make_filtering_bound_logger(0), cache_logger_on_first_use=False
    )
    loop.IDLE, loop.IN_FLIGHT = plan.idle, plan.in_flight
    try:
        yield
    finally:
        structlog.configure(**kept)
        loop.IDLE, loop.IN_FLIGHT = limits


def simulate(seed: int, trace: bool = False) -> Outcome:
    plan = draw(seed)
    outcome = Outcome(seed, [], [], {})
    if trace:
        outcome.story += [
            f"seed {seed}",
            *(f"  {name}: {getattr(plan, name)}" for name in plan.__struct_fields__ if name != "calls"),
        ]
    first = _one(plan, outcome, plain=False, trace=trace)
    if plan.calm and not outcome.failures and verdict.is_comparable(first):
        second = _one(plan, outcome, plain=True, trace=trace)
        if not outcome.failures and verdict.is_comparable(second):
            outcome.figures["compared"] = 1
            outcome.failures += verdict.difference(first, second)
    return outcome


def _one(plan: Plan, outcome: Outcome, plain: bool, trace: bool) -> World:
    with machine() as (root, disk):
        worlds: list[World] = []
        with settings_of(plan, worlds):
            world = World(plan, root, disk, plain, trace)
            worlds.append(world)
            world.run()
            if not world.failures:
                verdict.check(world)
        outcome.failures += world.failures
        outcome.story += world.story or []
        outcome.figures |= verdict.figures(world)
    return world
