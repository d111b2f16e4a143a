"""`headrace forget`: whom it would concern, a question, then how far it has come."""

from __future__ import annotations

import json
import sys
import time
from typing import Annotated, Any

import typer

from headrace.cli.common import Data, Json, listed, operations
from headrace.errors import Conflict, NotFound, SettingsError

LOOK = 0.5  # s between two looks
PATIENCE = 60.0  # s after which the command lets it go on alone
MISSING = "Say who: --user-id or --email. `headrace forget --list` shows what was done."


def forget(
    data: Data = None,
    as_json: Json = False,
    user_id: Annotated[str | None, typer.Option(help="The person's user ID.")] = None,
    email: Annotated[str | None, typer.Option(help="Or the person's email.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say whom it would concern; change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    unknown: Annotated[bool, typer.Option("--unknown", help="Also when nothing here tells of this person.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="Who was forgotten, without saying who.")] = False,
    lift: Annotated[
        bool, typer.Option("--lift", help="Collect this person, or that of --record, again from now on.")
    ] = False,
    record: Annotated[int | None, typer.Option(help="With --lift: the number of the record.")] = None,
) -> None:
    """Delete a person: here, and at every destination. Nothing of them is collected afterwards. Cannot be undone."""
    person = {"user_id": user_id, "email": email}
    if (record is None or not lift) and not listing and bool(user_id) == bool(email):
        raise SettingsError(MISSING)
    with operations(data) as reached:
        forgetting = reached.forgetting
        if listing:
            listed(forgetting.records(), as_json, _line, "Nobody was forgotten.")
        elif lift:
            lifted = [forgetting.lift_record(record)] if record is not None else forgetting.lift(person)
            listed(lifted, as_json, _line, "Nobody was forgotten.")
        else:
            _go(forgetting, person, dry_run, yes, unknown, as_json)


def _go(forgetting: Any, person: dict[str, Any], dry_run: bool, yes: bool, unknown: bool, as_json: bool) -> None:
    if not dry_run:
        forgetting.must_run()
    seen = forgetting.preview(person)
    if as_json and dry_run:
        print(json.dumps(seen, indent=2))
        return
    if not as_json:
        _tell(seen)
    if dry_run:
        return
    if not seen["known"] and not unknown and seen["record"] is None:
        raise NotFound(
            "Nothing here names this person: check the spelling. Destinations may know more than Headrace still does; to ask"
            " them all the same, and to collect nothing of this person, add --unknown."
        )
    if not yes:
        if not sys.stdin.isatty():
            raise Conflict("Nobody is here to ask: add --yes.")
        typer.confirm("Delete all of this for good?", abort=True)
    record = forgetting.start(person, unknown)
    end = time.monotonic() + PATIENCE
    while record["state"] == "running" and time.monotonic() < end:
        time.sleep(LOOK)
        record = forgetting.record(record["id"])
    print(json.dumps(record, indent=2) if as_json else _line(record))
    if record["state"] == "running" and not as_json:
        print("It goes on without this command. `headrace forget --list` shows how far it is.")


def _tell(seen: dict[str, Any]) -> None:
    print(f"{_events(seen['events'])} {_values(seen['names'])}.")
    for asked in seen["destinations"]:
        print(f"{asked['destination']} will be asked to delete {_values(asked['names'])}.")
    for destination in seen["not_asked"]:
        print(f"{destination} has no request for this: tell it by other means.")
    if seen["record"] is not None:
        print(f"This person was forgotten before: record {seen['record']}.")


def _events(number: int) -> str:
    return "1 event names" if number == 1 else f"{number:,} events name"


def _values(names: list[dict[str, str]]) -> str:
    return ", ".join(name["value"] for name in names)


def _line(record: dict[str, Any]) -> str:
    how = "done" if record["state"] == "done" else f"under way ({record['phase']})"
    waits = f", waiting for {record['waits_for']}" if record["waits_for"] else ""
    lifted = ", lifted: collected again" if record["lifted"] else ""
    there = len({row["destination_id"] for row in record["asked"]})
    asked = f", {'1 destination' if there == 1 else f'{there} destinations'} asked" if there else ""
    events = "1 event" if record["events"] == 1 else f"{record['events']:,} events"
    return f"record {record['id']}: {how}{waits}; {events} removed{asked}{lifted}"
