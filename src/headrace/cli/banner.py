"""What `headrace up` prints once everything answers."""

from __future__ import annotations

import shlex
import shutil
import sys
from typing import Any

from headrace.cli.show import plain, terminal


def up(report: dict[str, Any], data: str, chosen: bool) -> None:
    """`report` comes from the supervisor: urls, public, write_key, engine_api_key, login_url, list_id, hosts."""
    public = report["public"]
    # a checkout's own program is not on the PATH: say what can be typed
    program = "headrace" if shutil.which("headrace") else shlex.quote(sys.argv[0])
    command = program + (f" --data {shlex.quote(data)}" if chosen else "")
    terminal.print("[bold green]Headrace is up.[/]")
    terminal.print(f"  Data plane URL  [bold]{plain(public['gateway'])}[/]   (your SDKs talk to it)")
    if report.get("write_key"):
        terminal.print(f"  Write key       [bold]{plain(report['write_key'])}[/]")
    terminal.print(f"  Console         [bold]{plain(public['console'])}[/]")
    if public.get("engine"):
        terminal.print(f"  Loops API       [bold]{plain(public['engine'])}/api[/]   (Loops, built in)")
        terminal.print(f"  Engine API key  {report['engine_api_key']}")
    if report.get("login_url"):
        terminal.print(f"  Log in          [bold]{plain(report['login_url'])}[/]   (once, within 15 minutes)")
    if report.get("write_key"):
        terminal.print("\nTry it:")
        body = '{"userId":"ada","traits":{"email":"ada@example.com","firstName":"Ada"}}'
        address = f"{public['gateway']}/v1/identify"
        print(f"  curl -u {report['write_key']}: {address} -H 'Content-Type: application/json' -d '{body}'")
    terminal.print("\nIn another terminal:")
    print(f"  {command} demo\n  {command} status\n  {command} events")
    for name, untold in report["hosts"].items():
        if untold:
            terminal.print(
                f"[yellow]The {name} is reachable from the network, but HEADRACE_{name.upper()}_URL is not set: "
                "links and snippets will name an address that others may not reach.[/]"
            )
    terminal.print("\nCtrl+C stops it.")
    sys.stdout.flush()


def event(report: dict[str, Any]) -> None:
    """A line for what happens later."""
    if report["kind"] == "refused":
        terminal.print(f"[yellow]refused[/] {plain(report['line'])}")
    elif report["kind"] == "restart":
        terminal.print(f"[yellow]The {report['name']} process ended (code {report['code']}); starting it again.[/]")
    else:
        terminal.print(f"[red]{plain(report.get('message', report))}[/]")
    sys.stdout.flush()
