"""How the CLI shows things to a person."""

from __future__ import annotations

import sys
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from headrace.errors import SettingsError

COLOURS = {
    "delivered": "green",
    "unchanged": "bright_black",
    "filtered": "bright_black",
    "duplicate": "bright_black",
    "forgotten": "bright_black",
    "waiting": "yellow",
    "sending": "yellow",
    "retrying": "yellow",
    "dead": "red",
}
LABELS = {
    "delivered": "Delivered",
    "unchanged": "Skipped (no change)",
    "filtered": "Filtered",
    "duplicate": "Duplicate",
    "forgotten": "Forgotten",
    "waiting": "Waiting",
    "sending": "Sending",
    "retrying": "Retrying",
    "dead": "Failed",
}
# a pipe has no width: long enough that nothing is folded
terminal = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 220)
NO_EVENTS = "No events yet. `headrace send identify --user-id ada --email ada@example.com` sends one."
QUIET = ("delivered", "waiting")  # states whose reason says nothing more


def plain(text: object) -> str:
    """What somebody else wrote, as it is: no colours of theirs, and nothing that moves the cursor."""
    return escape("".join(c if c.isprintable() else "\ufffd" for c in str(text or "")))


def state(name: str) -> str:
    colour = COLOURS.get(name)
    label = LABELS.get(name, name)
    return f"[{colour}]{label}[/]" if colour else label


def state_named(text: str) -> str:
    """`dead` as well as `Failed`, its name in the console. Raises SettingsError with all of them."""
    wanted = text.strip().lower()
    for name, label in LABELS.items():
        if wanted in (name, label.lower(), label.lower().partition(" (")[0]):
            return name
    known = ", ".join(name if name == label.lower() else f"{name} ({label})" for name, label in LABELS.items())
    raise SettingsError(f"There is no state {text!r}. States: {known}.")


def events(rows: list[dict[str, Any]], asked: bool = False) -> None:
    """`asked`: only some were asked for."""
    none = "No event fits. `headrace events` shows all of them." if asked else NO_EVENTS
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("Received (UTC)", "Source", "Type", "Event", "Person", "Destination", "Status", "Reason"):
        table.add_column(title, overflow="fold", no_wrap=title in ("Received (UTC)", "Type", "Destination", "Status"))
    for row in rows:
        for number, fate in enumerate(
            row["fates"] or [{"destination": None, "state": "waiting", "reason": "not routed yet"}]
        ):
            first = (
                [_time(row["receivedAt"]), *(plain(row[name]) for name in ("source", "type", "event", "person"))]
                if number == 0
                else [""] * 5
            )
            table.add_row(*first, plain(fate["destination"]), state(fate["state"]), _reason(fate))
    terminal.print(table if rows else none)


def rejected(rows: list[dict[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("At (UTC)", "Status", "Reason", "Path", "Source", "SDK", "From"):
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*(plain(row.get(key)) for key in ("at", "status", "reason", "path", "source", "sdk", "ip")))
    terminal.print(table if rows else "No call was refused.")


def status(value: dict[str, Any]) -> None:
    terminal.print(f"Headrace {value['version']}: {'[green]running[/]' if value['running'] else 'stopped'}")
    for name in ("gateway", "console", "engine"):
        if value[name]:
            terminal.print(f"  {name:<9}{value[name]}")
    for source in value["sources"]:
        off = "" if source["enabled"] else " (disabled)"
        terminal.print(f"Source       {plain(source['name'])}  write key {plain(source['write_key'])}{off}")
    for destination in value["destinations"]:
        colour = {"running": "green", "paused": "red", "down": "red"}.get(destination["state"], "bright_black")
        why = f"  {plain(destination['reason'])}" if destination["reason"] else ""
        terminal.print(
            f"Destination  {plain(destination['name'])} ({destination['type']})  [{colour}]{destination['state']}[/]{why}"
        )
    log = value["log"]
    terminal.print(
        f"Events       {log['accepted']} accepted, {log['duplicates']} duplicates, {log['unrouted']} not routed yet"
    )
    for alarm in value["alarms"]:
        terminal.print(f"[red]Alarm[/]        {plain(alarm['sentence'])}  (since {_time(alarm['since'])} UTC)")
    audit = value["audit"]
    well = f"all well up to event {audit['checked_to']}"
    word = well if audit["ok"] else "[red]differences: `headrace audit` shows them[/]"
    terminal.print(f"Audit        {word}")
    counts = ", ".join(f"{LABELS[name]} {number}" for name, number in value["deliveries"].items() if number)
    terminal.print(f"Deliveries   {counts or 'none yet'}")


def audit(report: dict[str, Any]) -> None:
    for row in report["sources"]:
        mark = "[green]✓[/]" if row["ok"] else "[red]✗[/]"
        terminal.print(
            f"{mark} source {plain(row['source'])}: {row['accepted']} accepted = {row['duplicate']} duplicate"
            f" + {row['forgotten']} forgotten + {row['unique']} unique"
        )
    for row in report["connections"]:
        mark = "[green]✓[/]" if row["ok"] else "[red]✗[/]"
        states = " + ".join(f"{number} {name}" for name, number in row["states"].items() if number) or "0"
        pair = f"{plain(row['source'])} → {plain(row['destination'])}"
        terminal.print(f"{mark} {pair}: {row['routed']} routed = {states}")
    if report["unrouted"]:
        terminal.print(f"  {report['unrouted']} events are not routed yet")
    for line in report["differences"]:
        terminal.print(f"[red]{plain(line)}[/]")


def _time(at: str) -> str:
    """2026-11-24 10:00:00, in UTC as everything that is stored."""
    return at[:19].replace("T", " ")


def _reason(fate: dict[str, Any]) -> str:
    return "" if fate["state"] in QUIET else plain(fate["reason"])
