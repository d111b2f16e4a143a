"""What commands share: the data directory, the settings, how the instance is reached, and a list of what was done."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any

import typer

Data = Annotated[
    str | None, typer.Option("--data", help="Data directory. Default: HEADRACE_DATA, else the user-data folder.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


class Chosen:
    """`headrace --data DIR command` and `headrace command --data DIR` are the same."""

    data: str | None = None


def settings() -> dict[str, Any]:
    from headrace import settings

    return settings.read_environment()


def directory(data: str | None) -> Any:
    from headrace.app import paths

    return paths.locate(data or Chosen.data or settings()["data"])


def listed(records: list[dict[str, Any]], as_json: bool, line: Callable[[dict[str, Any]], str], none: str) -> None:
    """What was done, newest first, with its time; `none` is said where there is none."""
    if as_json:
        print(json.dumps(records, indent=2))
        return
    for record in records:
        print(f"{record['at'][:19].replace('T', ' ')}  {line(record)}")
    if not records:
        print(none)


def operations(data: str | None, create: bool = False) -> Any:
    """The running instance over HTTP, or the files themselves when none runs (made when `create`)."""
    from headrace.app.operations.reach import reach

    return reach(directory(data), settings(), create)
