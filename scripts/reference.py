"""Writes docs/reference/ from the code itself: settings, commands, destinations, states and codes, the control API."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import typer

from headrace.cli.commands import cli
from headrace.fate import SENTENCES, Code, State
from headrace.settings import TABLE, shown

OUT = Path(__file__).parents[1] / "docs" / "reference"
MADE = "<!-- made by scripts/reference.py from the code; do not edit -->\n\n"
STATES = {
    State.WAITING: ("Waiting", "It stands in its lanes and has not left yet."),
    State.SENDING: ("Sending", "It is written down and on its way."),
    State.RETRYING: ("Retrying", "It left at least once and will leave again by itself."),
    State.DELIVERED: ("Delivered", "The destination accepted it. Final."),
    State.UNCHANGED: ("Skipped (no change)", "The same contact was sent already. Final."),
    State.FILTERED: ("Filtered", "A setting, consent or its type leaves it out. Final."),
    State.DEAD: ("Failed", "It will not be retried by itself; it is kept with its reason. Final until replayed."),
}


def cell(value: Any) -> str:
    return str("" if value is None else value).replace("|", "\\|").replace("\n", " ")


def settings() -> str:
    rows = [
        f"| `{row.variable}` | {cell(row.help)} | `{cell(shown(row, row.default))}` | {cell(row.why)} |"
        if row.default is not None
        else f"| `{row.variable}` | {cell(row.help)} | | {cell(row.why)} |"
        for row in TABLE
    ]
    head = "# Settings\n\nEnvironment variables. An unknown `HEADRACE_*` name is an error. "
    head += "Durations: seconds, or `30m`, `24h`, `7d`; sizes: bytes, or `500mb`, `20gb`; lists: with commas.\n\n"
    return head + "| variable | meaning | default | why |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"


def commands() -> str:
    group = typer.main.get_command(cli)
    lines = [
        "# Commands\n",
        "Every command takes `--data DIR`, before or after its name. Default: `HEADRACE_DATA`, else the user-data folder.\n",
    ]

    def describe(name: str, command: Any) -> None:
        if hasattr(command, "commands"):
            for child, inner in command.commands.items():
                describe(f"{name} {child}", inner)
            return
        given = [parameter for parameter in command.params if parameter.name not in ("help", "data")]
        words = [
            f"[{p.name.upper()}]" if not p.required else p.name.upper() for p in given if p.param_type_name == "argument"
        ]
        needed = [f"{p.opts[0]} …" for p in given if p.required and p.param_type_name == "option"]
        lines.append(f"## `{' '.join((name, *words, *needed))}`\n\n{command.help or ''}\n")
        for parameter in given:
            is_word = parameter.param_type_name == "argument"
            names = f"`{parameter.name.upper()}`" if is_word else ", ".join(f"`{n}`" for n in parameter.opts)
            lines.append(f"- {names}: {cell(getattr(parameter, 'help', None) or '')}")
        lines.append("")

    describe("headrace", group)
    return "\n".join(lines)


def codes() -> str:
    states = "\n".join(f"| `{s}` | {STATES[s][0]} | {STATES[s][1]} |" for s in State)
    rows = "\n".join(f"| `{code}` | {cell(SENTENCES[code])} |" for code in Code)
    return (
        "# States and codes\n\n| state | in the console | meaning |\n|---|---|---|\n" + states
        + "\n\nCodes are stable; sentences may be worded better.\n\n| code | sentence |\n|---|---|\n" + rows + "\n"
    )  # fmt: skip


def destinations() -> str:
    from headrace.destinations.register import CATALOG

    lines = ["# Destinations and their settings\n"]
    for kind in CATALOG.values():
        lines.append(f"## {kind.label} (`{kind.name}`)\n\n{kind.description}\n\n| key | default | meaning |\n|---|---|---|")
        for field in kind.fields:
            default = "" if field.default in (None, "", [], {}) else f"`{json.dumps(field.default)}`"
            choices = f" One of {', '.join(f'`{c}`' for c in field.choices)}." if field.choices else ""
            lines.append(f"| `{field.key}` | {default} | **{cell(field.label)}**. {cell(field.help)}{choices} |")
        lines.append("")
    return "\n".join(lines)


def engine_api() -> str:
    sys.path.insert(0, str(OUT.parents[1]))  # whether it is run or imported
    from scripts.loops_operations import OPERATIONS as ALL
    from scripts.loops_operations import plain, table

    from headrace.engine.api.app import OPERATIONS

    built = [(method, path) for path, methods in OPERATIONS.items() for method in methods]
    known = {plain(path) for _, path, _ in ALL}
    own = [f"`{method} /api{path}`" for method, path in built if plain(path) not in known]
    here = len({(m, plain(p)) for m, p in built} & {(m, plain(p)) for m, p, _ in ALL})
    return (
        "# API of Loops (built-in)\n\nBase address: the engine's listener and `/api`, with `Authorization: Bearer <key>`. "
        f"Of Loops' {len(ALL)} operations (1.22.6) {here} are built; the others answer 404 in Loops' shape, "
        "a wrong verb 405. "
        "The last column says what you would notice; [Differences](../differences.md) says why.\n\n"
        + table(built) + "\n\nOur own, beside them: " + ", ".join(own) + ".\n"
    )  # fmt: skip


def lmx() -> str:
    from headrace.engine.lmx.tags import BLOCK, STYLE, TAGS, TEXTS

    def names(attributes: Any, without: Any = ()) -> str:
        return ", ".join(f"`{name}` {kind.said()}" for name, kind in attributes.items() if name not in without)

    def row(name: str, tag: Any) -> str:
        groups = (("a text", TEXTS), ("a block", BLOCK))
        shared = next(((said, group) for said, group in groups if set(group) <= set(tag.attributes)), ("", {}))
        own = "see below" if name == "Style" else names(tag.attributes, shared[1])
        all_of_them = " and ".join(part for part in (own, shared[0] and f"those of {shared[0]}") if part)
        needed = f" Needs {', '.join(f'`{n}`' for n in tag.required)}." if tag.required else ""
        return f"| `{name}` | {tag.help}{needed} | {tag.said()} | {all_of_them or '–'} |"

    rows = "\n".join(row(name, tag) for name, tag in TAGS.items())
    return (
        f"# LMX\n\n{LMX}\n\n| tag | | holds | attributes |\n|---|---|---|---|\n{rows}\n\n"
        f"A block has {names(BLOCK)}.\n\nA text has, beside those of a block, {names(TEXTS, BLOCK)}.\n\n"
        f"`Style` has `themeId`, {names(STYLE)}.\n\n{VARIABLES}\n"
    )


LMX = """The markup of emails, as Loops has it: XML with the tags below, at most 100 KB. An unknown tag, a missing
attribute, and an address of a scheme beside http, https, mailto, tel and sms are errors. An unknown attribute has no
effect, and a number beyond its bounds is brought inside; both are told."""
VARIABLES = """Variables stand in text, in the label of a button, in `href`, `alt` and `dynamicSrc`:
`{contact.firstName}`, `{event.plan}`, `{data.loginUrl}`, `{system.unsubscribe_link}`. The older `{firstName}`,
`{EVENT_PROPERTY:plan}`, `{DATA_VARIABLE:loginUrl}` and `{unsubscribe_link}` mean the same."""


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    for name, make in {
        "settings": settings,
        "commands": commands,
        "codes": codes,
        "destinations": destinations,
        "engine-api": engine_api,
        "lmx": lmx,
    }.items():
        (OUT / f"{name}.md").write_text(MADE + make())


if __name__ == "__main__":
    main()
