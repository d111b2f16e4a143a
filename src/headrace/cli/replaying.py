"""`headrace replay` and `headrace backfill`: counts first, a question, then the progress."""

from __future__ import annotations

import json
import sys
import time
from datetime import datetime
from typing import Annotated, Any

import typer

from headrace.cli.common import Data, Json, listed, operations
from headrace.errors import Conflict, SettingsError

LOOK = 0.5  # s between two looks at the progress
OPEN = ("waiting", "sending", "retrying")

DryRun = Annotated[bool, typer.Option("--dry-run", help="Count only; change nothing.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask, although somebody may get a second email.")]
Since = Annotated[str | None, typer.Option(help="Received at this time (RFC 3339) or later.")]
Until = Annotated[str | None, typer.Option(help="Received before this time (RFC 3339).")]
Again = Annotated[bool, typer.Option("--again", help="Start anew, and send again what was delivered.")]


def replay(
    data: Data = None,
    as_json: Json = False,
    destination: Annotated[str | None, typer.Option(help="Only this destination, by name.")] = None,
    state: Annotated[
        list[str] | None, typer.Option(help="dead (default), filtered, unchanged, delivered; may be repeated.")
    ] = None,
    reason: Annotated[list[str] | None, typer.Option(help="Only this code, such as refused; may be repeated.")] = None,
    since: Since = None,
    until: Until = None,
    message_id: Annotated[str | None, typer.Option(help="Only the call with this messageId.")] = None,
    person: Annotated[str | None, typer.Option(help="userId, email or anonymousId.")] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    again: Again = False,
    force: Annotated[bool, typer.Option("--force", help="Also what is older than values delivered since.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="Replays and backfills, newest first.")] = False,
    cancel: Annotated[int | None, typer.Option(help="Put nothing more back of the one with this number.")] = None,
) -> None:
    """Send failed events again, in their order, behind live ones. Says first what it would do."""
    from headrace.cli.show import state_named

    state = [state_named(name) for name in state or []]
    with operations(data) as reached:
        replays = reached.replays
        if listing:
            listed(replays.jobs(), as_json, _line, "There was no replay yet.")
            return
        if cancel is not None:
            print(_line(replays.cancel(cancel)))
            return
        wanted = {
            "kind": "replay",
            "destination_id": replays.destination(destination) if destination else None,
            "states": state or ["dead", "delivered"] if again else state or ["dead"],
            "codes": reason or [],
            "since": _time(since),
            "until": _time(until),
            "message_id": message_id,
            "person": person,
            "force": force,
        }
        _go(replays, wanted, dry_run, yes, again, as_json)


def backfill(
    destination: Annotated[str, typer.Option(help="Name of the destination.")],
    data: Data = None,
    as_json: Json = False,
    since: Since = None,
    until: Until = None,
    events: Annotated[bool, typer.Option("--events", help="Events too: they may send emails.")] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    again: Annotated[bool, typer.Option("--again", help="Look through the log once more.")] = False,
) -> None:
    """Send a new destination what came before it was connected: contacts, and only when asked for, events."""
    with operations(data) as reached:
        replays = reached.replays
        wanted = {
            "kind": "backfill",
            "destination_id": replays.destination(destination),
            "since": _time(since),
            "until": _time(until),
            "events": events,
        }
        _go(replays, wanted, dry_run, yes, again, as_json)


def _go(replays: Any, wanted: dict[str, Any], dry_run: bool, yes: bool, again: bool, as_json: bool) -> None:
    seen = replays.preview(wanted)
    if as_json and dry_run:
        print(json.dumps(seen, indent=2))
        return
    if not as_json:
        _tell(seen)
    if dry_run:
        return
    if not yes and (seen["asks"] or (seen["total"] and sys.stdin.isatty())):
        if not sys.stdin.isatty():
            raise Conflict("Nobody is here to ask: add --yes.")
        yes = typer.confirm("Send them?")
        if not yes:
            raise typer.Exit(1)
    job = replays.start(wanted | {"again": again, "yes": yes})
    try:
        job = _follow(replays, job, quiet=as_json)
    except KeyboardInterrupt:
        print(f"\nIt goes on without you. `headrace replay --list` shows it, `--cancel {job['id']}` stops it.")
        raise
    print(json.dumps(job, indent=2) if as_json else _line(job))


def _follow(replays: Any, job: dict[str, Any], quiet: bool) -> dict[str, Any]:
    """Until everything that is selected stands in its lanes; what it comes to is seen in `--list`."""
    while job["state"] == "running":
        if not quiet and sys.stdout.isatty():
            print(f"\r{_line(job)}", end="", flush=True)
        time.sleep(LOOK)
        job = replays.job(job["id"])
    if not quiet and sys.stdout.isatty():
        print("\r", end="")
    return job


def _tell(seen: dict[str, Any]) -> None:
    if not seen["rows"] and not seen["total"]:
        print("Nothing to send.")
    for row in seen["rows"]:
        print(f"{row['number']:>8,}  {row['destination']}: {row['state']}, {row['code']}")
    if seen["total"]:
        print(f"{seen['total']:>8,}  in all: {seen['contacts']:,} contacts, {seen['events']:,} events")
    for line in seen["warnings"]:
        print(line)


def _line(job: dict[str, Any]) -> str:
    became = ", ".join(f"{number:,} {state}" for state, number in sorted(job["outcomes"].items()))
    what = f"{job['kind']} {job['id']} {job['state']}: {job['put_back']:,} put back of {job['total']:,}"
    return f"{what} ({became})" if became else what


def _time(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        raise SettingsError(f"{text!r} is no time. Write it like 2026-11-24T10:00:00Z.") from None
