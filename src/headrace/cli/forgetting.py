"""`headrace forget`: whom it would concern, a question, then how far it has come."""

from __future__ import annotations

import json
import sys
import time
from typing import Annotated, Any

import typer

from headrace.cli.common import Data, Json, operations
from headrace.errors import Conflict

LOOK = 0.5  # s between two looks
PATIENCE = 60.0  # s after which the command lets it go on alone


def forget(
    data: Data = None,
    as_json: Json = False,
    user_id: Annotated[str | None, typer.Option(help="The person's user ID.")] = None,
    email: Annotated[str | None, typer.Option(help="Or the person's email.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say whom it would concern; change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="Who was forgotten, without saying who.")] = False,
    lift: Annotated[bool, typer.Option("--lift", help="Collect this person again from now on.")] = False,
) -> None:
    """Delete a person: here, and at every destination. Nothing of them is collected afterwards. Cannot be undone."""
    person = {"user_id": user_id, "email": email}
    with operations(data) as reached:
        forgetting = reached.forgetting
        if listing:
            _list(forgetting.records(), as_json)
        elif lift:
            print(f"Collected again from now on ({forgetting.lift(person)} records).")
        else:
            _go(forgetting, person, dry_run, yes, as_json)


def _go(forgetting: Any, person: dict[str, Any], dry_run: bool, yes: bool, as_json: bool) -> None:
    seen = forgetting.preview(person)
    if as_json and dry_run:
        print(json.dumps(seen, indent=2))
        return
    if not as_json:
        _tell(seen)
    if dry_run:
        return
    if not yes:
        if not sys.stdin.isatty():
            raise Conflict("Nobody is here to ask: add --yes.")
        typer.confirm("Delete all of this for good?", abort=True)
    record = forgetting.start(person)
    end = time.monotonic() + PATIENCE
    while record["state"] == "running" and time.monotonic() < end:
        time.sleep(LOOK)
        record = forgetting.record(record["id"])
    print(json.dumps(record, indent=2) if as_json else _line(record))
    if record["state"] == "running" and not as_json:
        print("It goes on without this command. `headrace forget --list` shows how far it is.")


def _tell(seen: dict[str, Any]) -> None:
    print(f"{seen['events']:,} events name {', '.join(name[2:] for name in seen['names'])}.")
    for destination, names in seen["destinations"].items():
        print(f"{destination} will be asked to delete {', '.join(name[2:] for name in names)}.")
    for destination in seen["not_asked"]:
        print(f"{destination} has no request for this: tell it by other means.")


def _list(records: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print(json.dumps(records, indent=2))
        return
    for record in records:
        print(f"{record['at'][:19].replace('T', ' ')}  {_line(record)}")
    if not records:
        print("Nobody was forgotten.")


def _line(record: dict[str, Any]) -> str:
    how = record["state"] if record["state"] == "done" else f"{record['phase']}"
    waits = f", waiting for {record['waits_for']}" if record["waits_for"] else ""
    lifted = ", lifted" if record["lifted"] else ""
    asked = f", {len(record['asked'])} deletions asked for" if record["asked"] else ""
    return f"record {record['id']}: {how}{waits}; {record['events']:,} events{asked}{lifted}"
