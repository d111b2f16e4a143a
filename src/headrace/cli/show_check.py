"""How the terminal shows a destination's definitions beside what is sent to it."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from headrace.cli.show import plain, terminal

UNCHECKED = "[yellow]not checked yet[/]"  # it was sent first after the last check


def check(report: dict[str, Any]) -> None:
    if report["problem"]:
        terminal.print(f"[yellow]{plain(report['problem'])}[/]")
    if report["at"]:
        terminal.print(f"Checked {_time(report['at'])}")
    _events(report.get("events") or [])
    _contact(report.get("contactProperties") or [])
    _lists(report.get("lists") or [], report.get("unknownLists") or [])


def _events(rows: list[dict[str, Any]]) -> None:
    table = _table("Event", "Sent last", "In Loops", "Properties")
    for row in rows:
        said = "[green]defined[/]" if row["defined"] else "[red]not defined[/]" if row["checked"] else UNCHECKED
        if row["near"]:
            said += f"; did you mean {plain(row['near'])}?"
        table.add_row(plain(row["name"]), _time(row["seen"]), said, ", ".join(_property(p) for p in row["properties"]))
    if rows:
        terminal.print(table)


def _property(row: dict[str, Any]) -> str:
    name, seen, defined = plain(row["name"]), row["type_seen"], row["type_defined"]
    if defined is None:
        return f"{name} ({seen}, [red]not defined[/])"
    if seen is not None and seen != defined:
        return f"{name} ({defined}, [yellow]sent as {seen}[/])"
    return f"{name} ({defined})"


def _contact(rows: list[dict[str, Any]]) -> None:
    table = _table("Contact property", "Type", "Sent last", "In Loops")
    for row in rows:
        missing = "[red]not defined: its values are dropped[/]" if row["checked"] else UNCHECKED
        said = "[green]defined[/]" if row["defined"] else missing
        table.add_row(plain(row["name"]), plain(row["type"]), _time(row["seen"]), said)
    if rows:
        terminal.print(table)


def _lists(rows: list[dict[str, Any]], unknown: list[str]) -> None:
    table = _table("Mailing list", "Id", "Sent last")
    for row in rows:
        table.add_row(plain(row["name"]), plain(row["id"]), _time(row["seen"]))
    for identifier in unknown:
        table.add_row("[red]Loops has no such list[/]", plain(identifier), "")
    if rows or unknown:
        terminal.print(table)


def _table(*titles: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in titles:
        table.add_column(title, overflow="fold")
    return table


def _time(at: str | None) -> str:
    return at[:19].replace("T", " ") if at else ""
