"""Every command, its options and what it prints."""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from headrace import __version__
from headrace.cli import forgetting, replaying
from headrace.cli.common import Chosen, Data, Json
from headrace.cli.common import directory as _directory
from headrace.cli.common import operations as _operations
from headrace.cli.common import settings as _settings
from headrace.cli.engine import engine
from headrace.errors import NotFound, SettingsError

cli = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Events from RudderStack's and Segment's SDKs become contacts and events in Loops.",
)
token = typer.Typer(no_args_is_help=True, help="Tokens for the control API.")
START, LOOK, CONFIGURE, ACT = "Start", "Look", "Configure", "Send again, or delete"  # as `--help` groups them


@cli.callback(invoke_without_command=True)
def main(
    data: Data = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    Chosen.data = data
    if version:
        print(f"headrace {__version__}")
        raise typer.Exit


@cli.command(rich_help_panel=START)
def up(
    data: Data = None,
    host: Annotated[str | None, typer.Option(help="Address of gateway and engine. Default 127.0.0.1.")] = None,
    console_host: Annotated[str | None, typer.Option(help="Address of the console. Default 127.0.0.1.")] = None,
    gateway_port: Annotated[int | None, typer.Option(min=0, max=65535, help="Default 8080; 0 picks a free one.")] = None,
    console_port: Annotated[int | None, typer.Option(min=0, max=65535, help="Default 8081; 0 picks a free one.")] = None,
    engine_port: Annotated[int | None, typer.Option(min=0, max=65535, help="Default 8082; 0 picks a free one.")] = None,
    no_engine: Annotated[bool, typer.Option("--no-engine", help="Run without Loops (built-in).")] = False,
    restored: Annotated[
        bool, typer.Option("--restored", help="The data is a backup: start with every destination paused.")
    ] = False,
) -> None:
    """Run everything: gateway, worker, console and Loops (built-in)."""
    from headrace.app import logs
    from headrace.app.supervisor import Supervisor
    from headrace.cli import banner

    values = _settings()
    given = {
        "host": host,
        "console_host": console_host,
        "gateway_port": gateway_port,
        "console_port": console_port,
        "engine_port": engine_port,
    }
    values |= {key: value for key, value in given.items() if value is not None}
    directory = _directory(data)
    values |= {"data": str(directory.root), "restored": restored}
    chosen = bool(data or Chosen.data)

    def say(report: dict[str, Any]) -> None:
        if report["kind"] == "up":
            banner.up(report, str(directory.root), chosen)
        else:
            banner.event(report)

    logs.configure(values, "supervisor")
    asyncio.run(Supervisor(directory, values, not no_engine, say).run())


@cli.command(rich_help_panel=LOOK)
def status(data: Data = None, as_json: Json = False) -> None:
    """What runs, what is configured, and what became of the events."""
    from headrace.cli import show

    with _operations(data) as operations:
        value = operations.status()
    if as_json:
        print(json.dumps(value, indent=2))
    else:
        show.status(value)


@cli.command("apply", rich_help_panel=CONFIGURE)
def apply_file(
    file: Annotated[Path, typer.Argument(help="The workspace as YAML; - reads standard input.")],
    data: Data = None,
    prune: Annotated[bool, typer.Option("--prune", help="Remove what the file does not name.")] = False,
    force: Annotated[bool, typer.Option("--force", help="With --prune: even a destination with a queue.")] = False,
    waiting: Annotated[
        str | None,
        typer.Option(help="Events that wait for a destination that moves or comes back: send, drop, since:TIME."),
    ] = None,
    twice: Annotated[bool, typer.Option("--twice", help="That every event arrives twice is meant.")] = False,
) -> None:
    """Make the workspace as the file says. Repeating it changes nothing."""
    from headrace.settings import environment_value
    from headrace.workspace.questions import Answers

    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError:
        raise SettingsError(f"{file} is no text in UTF-8.") from None
    with _operations(data, create=True) as operations:
        result = operations.apply(text, environment_value, prune, force, Answers(waiting, twice))
    for line in result["changes"]:
        print(line)
    for line in result["warnings"]:
        print(f"warning: {line}", file=sys.stderr)
    if not result["changes"]:
        print("Nothing to change.")


@cli.command(rich_help_panel=CONFIGURE)
def export(data: Data = None) -> None:
    """Print the workspace as YAML, secrets as references."""
    with _operations(data) as operations:
        print(operations.export(), end="")


@cli.command(rich_help_panel=LOOK)
def events(
    data: Data = None,
    as_json: Json = False,
    state: Annotated[str | None, typer.Option(help="Only with a delivery in this state, such as dead or waiting.")] = None,
    destination: Annotated[str | None, typer.Option(help="Only this destination, by name.")] = None,
    person: Annotated[str | None, typer.Option(help="userId, email or anonymousId.")] = None,
    rejected: Annotated[bool, typer.Option("--rejected", help="The calls that were refused.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="Newest so many; 0 = all.")] = 50,
) -> None:
    """What came in, newest first, and what became of it."""
    from headrace.cli import show

    state = show.state_named(state) if state else None
    with _operations(data) as operations:
        if destination is not None and destination not in (d["name"] for d in operations.status()["destinations"]):
            raise NotFound(f"There is no destination named {destination!r}.")
        found = operations.rejected() if rejected else operations.events(state, destination, person)
        rows = itertools.islice(found, limit) if limit else found
        if as_json:
            for row in rows:
                print(json.dumps(row, ensure_ascii=False))
        elif rejected:
            show.rejected(list(rows))
        else:
            show.events(list(rows), bool(state or destination or person))


@cli.command(rich_help_panel=LOOK)
def audit(data: Data = None, as_json: Json = False) -> None:
    """Prove that every accepted event has a fate. Exit code 1 with the difference when not."""
    from headrace.cli import show

    with _operations(data) as operations:
        report = operations.audit()
    if as_json:
        print(json.dumps(report, indent=2))
    else:
        show.audit(report)
    if report["differences"]:
        raise typer.Exit(1)


@cli.command(rich_help_panel=ACT)
def resume(
    destination: Annotated[str, typer.Option(help="Name of the destination.")],
    data: Data = None,
) -> None:
    """Let a paused destination try again now."""
    with _operations(data) as operations:
        print(operations.resume(destination))


@cli.command(rich_help_panel=LOOK)
def check(
    destination: Annotated[str, typer.Option(help="Name of the destination.")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Compare what is sent with what Loops defines. Exit code 1 when it could not be checked."""
    from headrace.cli import show_check

    with _operations(data) as operations:
        report = operations.check(destination)
    if as_json:
        print(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        show_check.check(report)
    if not report["ok"]:
        raise typer.Exit(1)


@cli.command(rich_help_panel=START)
def send(
    kind: Annotated[str, typer.Argument(help="identify or track.")],
    event: Annotated[str | None, typer.Argument(help="track: the event's name, such as newUser.")] = None,
    data: Data = None,
    user_id: Annotated[str | None, typer.Option(help="Whom it is about; one of the three is needed.")] = None,
    anonymous_id: Annotated[str | None, typer.Option(help="Of a visitor who is not known yet.")] = None,
    email: Annotated[str | None, typer.Option(help="Becomes traits.email.")] = None,
    trait: Annotated[list[str] | None, typer.Option(help="name=value; may be repeated. JSON values are understood.")] = None,
    prop: Annotated[list[str] | None, typer.Option("--property", help="track: name=value; may be repeated.")] = None,
    source: Annotated[str | None, typer.Option(help="Name of the source. Default: the first one.")] = None,
) -> None:
    """Send one call through the gateway, as an SDK would: headrace send track newUser --user-id ada."""
    from headrace.cli.sending import call

    with _operations(data) as operations:
        value = operations.status()
    print(call(value, kind, event, user_id, anonymous_id, email, trait or [], prop or [], source))


@cli.command(rich_help_panel=START)
def demo(data: Data = None) -> None:
    """Make the three calls for a new person, and follow each to the contact it became."""
    from headrace.cli import demo as shown
    from headrace.cli.show import terminal
    from headrace.clock import SystemChance, SystemClock

    with _operations(data) as operations:
        if not shown.run(operations, SystemClock(), SystemChance(), lambda line: terminal.print(line, highlight=False)):
            raise typer.Exit(1)


@cli.command(rich_help_panel=START)
def login(data: Data = None) -> None:
    """Print a new one-time login link (15 minutes)."""
    with _operations(data) as operations:
        print(operations.login_link())


@cli.command(rich_help_panel=LOOK)
def doctor(data: Data = None) -> None:
    """Check the files of a stopped or running instance. Exit code 1 when something is wrong."""
    from headrace.app.doctor import examine

    findings = examine(_directory(data), _settings())
    for line in findings:
        print(line)
    if findings:
        raise typer.Exit(1)
    print("All files are well.")


@cli.command(rich_help_panel=CONFIGURE)
def settings(data: Data = None, as_json: Json = False) -> None:
    """Every setting: its variable, value, default and reason."""
    from rich.table import Table

    from headrace.cli.show import terminal
    from headrace.settings import TABLE, shown

    values = _settings()
    values["data"] = str(_directory(data).root)
    if as_json:
        print(
            json.dumps([{"name": r.variable, "default": r.default, "help": r.help, "why": r.why} for r in TABLE], indent=2)
        )
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("Variable", "Value", "Default", "Meaning", "Why this default"):
        table.add_column(title, overflow="fold")
    for row in TABLE:
        value = "set" if row.secret and values[row.key] else shown(row, values[row.key])
        table.add_row(row.variable, value, shown(row, row.default), row.help, row.why)
    terminal.print(table)


@token.command("create")
def token_create(name: Annotated[str, typer.Argument(help="What it is for.")], data: Data = None) -> None:
    """Make a token for the control API; it is shown once."""
    with _operations(data) as operations:
        print(operations.create_token(name))


cli.add_typer(token, name="token", rich_help_panel=CONFIGURE)
cli.add_typer(engine, name="engine", rich_help_panel=CONFIGURE)
cli.command("replay", rich_help_panel=ACT)(replaying.replay)
cli.command("backfill", rich_help_panel=ACT)(replaying.backfill)
cli.command("forget", rich_help_panel=ACT)(forgetting.forget)
