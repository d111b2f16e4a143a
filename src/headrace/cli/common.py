"""What every command shares: the data directory, the settings, and how the instance is reached."""

from __future__ import annotations

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


def operations(data: str | None, create: bool = False) -> Any:
    """The running instance over HTTP, or the files themselves when none runs (made when `create`)."""
    from headrace.app.operations import reach

    return reach(directory(data), settings(), create)
