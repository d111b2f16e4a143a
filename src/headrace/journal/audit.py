"""The audit: what the log accepted against the fates that are kept. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from headrace.fate import State

STATES = tuple(State)


class AuditedSource(msgspec.Struct):
    source: str
    accepted: int
    duplicate: int
    forgotten: int
    unique: int
    ok: bool


class AuditedConnection(msgspec.Struct):
    source: str
    destination: str
    routed: int
    states: dict[str, int]
    forgotten: int
    ok: bool


class Audit(msgspec.Struct):
    sources: list[AuditedSource]
    connections: list[AuditedConnection]
    unrouted: int
    differences: list[str]


Tally = Iterable[tuple[str, str | None, str, int]]


def audit(
    names: Mapping[str, str],
    accepted: Mapping[str, tuple[int, int]],
    routed: Mapping[tuple[str, str], int],
    tally: Tally,
    unrouted: int,
) -> Audit:
    """`names`: of sources and destinations by id; `accepted`: (entries, duplicates) per source up to the cursor, from the
    log; `routed`: unique events per connection since it began, from the log; `tally`: the fates (Journal.tally)."""
    duplicate: dict[str, int] = {}
    unique: dict[str, int] = {}
    forgotten: dict[str, int] = {}
    states: dict[tuple[str, str], dict[str, int]] = {}
    for source, destination, state, number in tally:
        if state == "unique":
            unique[source] = number
        elif destination is None and state == "duplicate":
            duplicate[source] = number
        elif destination is None and state == "forgotten":
            forgotten[source] = number
        elif destination is not None:
            states.setdefault((source, destination), {})[state] = number
    result = Audit([], [], unrouted, [])
    for source in sorted(set(accepted) | set(unique) | set(duplicate), key=lambda s: names.get(s, s)):
        _source(source, names, accepted.get(source, (0, 0)), duplicate, unique, forgotten, result)
    for (source, destination), number in routed.items():
        counted = states.get((source, destination), {})
        total = sum(counted.values())
        ok = total == number
        shown = {str(s): counted.get(s, 0) for s in STATES}
        forgotten_here = counted.get("forgotten", 0)
        result.connections.append(
            AuditedConnection(
                names.get(source, source), names.get(destination, destination), number, shown, forgotten_here, ok
            )
        )
        if not ok:
            result.differences.append(
                f"{names.get(source, source)} → {names.get(destination, destination)}: {number} events were routed, "
                f"{total} have a fate."
            )
    return result


def _source(
    source: str,
    names: Mapping[str, str],
    accepted: tuple[int, int],
    duplicate: Mapping[str, int],
    unique: Mapping[str, int],
    forgotten: Mapping[str, int],
    result: Audit,
) -> None:
    entries, repeated = accepted
    row = AuditedSource(
        names.get(source, source), entries, duplicate.get(source, 0), forgotten.get(source, 0), unique.get(source, 0), True
    )
    row.ok = entries == row.duplicate + row.forgotten + row.unique and repeated == row.duplicate
    result.sources.append(row)
    if not row.ok:
        result.differences.append(
            f"source {row.source}: {entries} accepted, but {row.duplicate} duplicate + {row.forgotten} forgotten"
            f" + {row.unique} unique have a fate (the log knows {repeated} duplicates)."
        )
