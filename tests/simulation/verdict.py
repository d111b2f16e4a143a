"""What must hold when a simulation is over: nothing lost, nothing twice, the audit clean, and alike its plain twin."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from headrace.eventlog.counting import count
from headrace.fate import Code, State
from headrace.journal.audit import audit
from headrace.storage.sqlite.delivery.attempts import AttemptReader
from headrace.storage.sqlite.delivery.journal import SqliteJournal

if TYPE_CHECKING:
    from tests.simulation.world import World

TIMING = (Code.CONTACT_UNKNOWN, Code.NEW_CONTACT_NEEDS_EMAIL, Code.OUTCOME_UNKNOWN, Code.PATIENCE)
FINAL = (State.DELIVERED, State.UNCHANGED, State.FILTERED, State.DEAD)


def check(world: World) -> None:
    journal = SqliteJournal(world.directory / "delivery.db", AttemptReader(world.directory / "attempts"))
    try:
        _fates(world, journal)
        _audited(world, journal)
    finally:
        journal.close()
    _effects(world)
    if world.plan.alone and world.loops.throttled:
        world.fail(f"{world.loops.throttled} times 429 although nobody else used the key")


def _fates(world: World, journal: SqliteJournal) -> None:
    """Every accepted event has exactly one fate per connection, and what was final once stayed so."""
    for entry in world.log.entries:
        fates = {f.destination_id: f for f in journal.fates(entry.position)}
        if entry.duplicate_of is not None:
            wanted: set[str | None] = {None}
        else:
            wanted = {d for d in world.oracle.sources_of if world.oracle.goes_to(entry.position, d)} or {None}
        if set(fates) != wanted:
            world.fail(f"event {entry.position} has fates at {sorted(map(str, fates))}, not at {sorted(map(str, wanted))}")
        for destination, fate in fates.items():
            if destination is None:
                continue
            if fate.state not in FINAL:
                world.fail(f"event {entry.position} is {fate.state} at {destination} at the end")
            before = world.oracle.fates.get((destination, entry.position))
            if before is not None and before != (fate.state, fate.code):
                world.fail(f"event {entry.position} was {before}, now {fate.state} ({fate.code})")
            world.oracle.fates[destination, entry.position] = (str(fate.state), str(fate.code))


def _audited(world: World, journal: SqliteJournal) -> None:
    last = journal.cursor()
    counted = {s: (c.accepted, c.duplicates) for s, c in count(world.log, 1, last).items()}
    routed = {}
    for c in world.workspace.connections:
        accepted, duplicates = counted.get(c.source_id, (0, 0))
        routed[c.source_id, c.destination_id] = accepted - duplicates
    report = audit({}, counted, routed, journal.tally(1, last), world.log.head() - last)
    for difference in report.differences:
        world.fail(f"the audit: {difference}")
    states = {
        d: Counter(f[0] for (there, _), f in world.oracle.fates.items() if there == d) for d in world.oracle.sources_of
    }
    for destination, counts in journal.counts().items():
        shown = {str(s): n for s, n in counts.items() if n}
        if shown != {str(s): n for s, n in states[destination].items()}:
            world.fail(f"the counters of {destination} say {shown}, the rows {dict(states[destination])}")


def _effects(world: World) -> None:
    """A track has one effect at most, unless somebody on the way refused what Loops had taken."""
    done: Counter[tuple[str, int]] = Counter()
    for leaving in world.oracle.leavings:
        if leaving.is_event and leaving.effect_at is not None:
            done[leaving.destination, leaving.members[-1]] += 1
    for (destination, position), number in done.items():
        if number > 1 and not any(
            leaving.spurious and leaving.decides for leaving in world.oracle.carrying[destination, position]
        ):
            world.fail(f"event {position} took effect {number} times at {destination}")


def is_comparable(world: World) -> bool:
    """Whether its end does not depend on when something happened."""
    fates = world.oracle.fates.values()
    repaired = any(
        each.body.get("email") and not any(world.oracle.calls[m].emails for m in each.members)
        for each in world.oracle.leavings
    )
    timed = any(code in TIMING for _, code in fates)
    return not (
        repaired or timed or world.network.landed_late or world.network.refused_wrongly or world.network.failed_and_burned
    )


def difference(folded: World, plain: World) -> list[str]:
    one, other = folded.loops.picture(), plain.loops.picture()
    found = []
    for email in sorted(one.keys() | other.keys()):
        if one.get(email) != other.get(email):
            found.append(f"{email} ends as {one.get(email)}; sent one by one, as {other.get(email)}")
    return found


def figures(world: World) -> dict[str, int]:
    leavings = world.oracle.leavings
    return {
        "events": len(world.log.entries),
        "requests": len(leavings),
        "lives": world.lives,
        "folds": sum(len(each.members) > 1 for each in leavings),
        "unchanged": sum(state == "unchanged" for state, _ in world.oracle.fates.values()),
        "seconds": int(world.now),
    }
