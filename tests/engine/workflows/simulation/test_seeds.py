"""Seeds of the workflows' simulation, and bugs planted to show that they would be found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from headrace.engine.workflows import entering, running
from headrace.engine.workflows.nodes.timer import TimerAction
from tests.engine.workflows.simulation.oracle import Oracle
from tests.engine.workflows.simulation.run import simulate
from tests.engine.workflows.simulation.world import PowerCut, World

SEEDS = 320
AT_ONCE = 40
ENOUGH = 120  # seeds in which a planted bug must show


@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE))
def test_nothing_is_skipped_or_repeated_and_every_timer_is_exact(first: int) -> None:
    outcomes = [simulate(seed) for seed in range(first, first + AT_ONCE)]
    assert {o.seed: o.failures for o in outcomes if o.failures} == {}
    assert sum(o.mails for o in outcomes) > AT_ONCE
    assert sum(o.cuts for o in outcomes) > AT_ONCE


def outside_mail(patch: pytest.MonkeyPatch) -> None:
    """The mail leaves before its step is safe."""

    def init(world: World, seed: int) -> None:
        made(world, seed)
        kept: list[Any] = []

        def enqueue(desk: Any, mail: Any) -> str:
            kept.append((mail.key.split(":")[1], mail.source_id, mail.contact, mail.log, mail.message_id, desk.now))
            if world.chance.random() < 0.1:
                raise PowerCut
            return str(mail.key)

        patch.setattr(world.post, "enqueue", enqueue)
        world.outside = kept  # type: ignore[attr-defined]

    made = World.__init__
    patch.setattr(World, "__init__", init)
    end = Oracle.at_the_end

    def at_the_end(oracle: Any) -> None:
        oracle.world.c.executemany(
            "insert into mailed(run, workflow, contact, log, message, at) values(?,?,?,?,?,?)", oracle.world.outside
        )
        end(oracle)

    patch.setattr(Oracle, "at_the_end", at_the_end)


def early(patch: pytest.MonkeyPatch) -> None:
    wait = TimerAction.wait
    patch.setattr(TimerAction, "wait", lambda self, config: wait(self, config) - 1 if wait(self, config) > 1 else 0)


def late(patch: pytest.MonkeyPatch) -> None:
    wait = TimerAction.wait
    patch.setattr(TimerAction, "wait", lambda self, config: wait(self, config) + 1)


def again(patch: pytest.MonkeyPatch) -> None:
    """One time is forgotten."""
    patch.setattr(entering, "entered", lambda c, workflow, contact: False)


def queues_on(patch: pytest.MonkeyPatch) -> None:
    """A pause queues for longer than a day."""
    patch.setattr(entering, "queues", lambda paused_at, now: True)


def open_gate(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(entering, "on_list", lambda c, mailing_list, contact: True)


def last_first(patch: pytest.MonkeyPatch) -> None:
    """Who came last goes first."""
    due = running.due
    patch.setattr(running, "due", lambda c, now, limit=256: due(c, now, 1000)[::-1])


@pytest.mark.parametrize("bug", [outside_mail, early, late, again, queues_on, open_gate, last_first])
def test_a_planted_bug_is_found(bug: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    bug(monkeypatch)
    assert any(simulate(seed).failures for seed in range(ENOUGH))
