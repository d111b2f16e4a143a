"""`headrace engine …`: what concerns Loops (built-in)."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from headrace.cli.common import Data, Json, operations

CLOUD = "https://app.loops.so/api"
engine = typer.Typer(no_args_is_help=True, help="Loops (built-in).")


@engine.callback()
def main() -> None:
    """Loops (built-in)."""


@engine.command()
def mirror(
    api_key: Annotated[str, typer.Option(help="Of the account, from Settings → API there.", envvar="LOOPS_API_KEY")],
    base_url: Annotated[str, typer.Option(help="Where the account is.")] = CLOUD,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Copy an account's mailing lists with their ids, contact properties and events. The account is only read."""
    with operations(data) as ways:
        report = ways.mirror(base_url, api_key)
    if as_json:
        print(json.dumps(report, indent=2, ensure_ascii=False))
        return
    for line in report["changes"]:
        print(line)
    team = f" of {report['team']}" if report["team"] else ""
    read = f"{report['lists']} lists, {report['properties']} properties and {report['events']} events{team}"
    print(f"Read {read}; {'nothing to change' if not report['changes'] else 'they are here now'}.")
