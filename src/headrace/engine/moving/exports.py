"""Contacts and the Event Log as files, some rows at a time."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from headrace.engine.audience import contacts, table
from headrace.engine.core import Core
from headrace.engine.events import log

AT_ONCE = 500
# what a spreadsheet would take for a formula
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def people(core: Core, search: str, wanted: Any) -> Iterator[dict[str, Any]]:
    cursor: str | None = None
    while True:
        data, cursor = core.survey(lambda c: _page(c, search, wanted, cursor))  # noqa: B023 - called at once
        yield from data
        if cursor is None:
            return


def _page(c: Any, search: str, wanted: Any, cursor: str | None) -> tuple[list[dict[str, Any]], str | None]:
    listed, following = table.page(c, search, wanted, cursor, AT_ONCE)
    return [contacts.as_loops(c, row) for row in listed], following


def contacts_csv(core: Core, search: str, wanted: Any) -> Iterator[str]:
    keys = [p["key"] for p in core.read(lambda c: contacts.properties(c, False))]
    lists = {entry["id"]: entry["name"] for entry in core.read(contacts.mailing_lists)}
    yield _line(["id", *keys, "optInStatus", "mailingLists"])
    for person in people(core, search, wanted):
        names = ", ".join(lists.get(i, i) for i in person["mailingLists"])
        yield _line([person["id"], *(person.get(key) for key in keys), person["optInStatus"], names])


def contacts_jsonl(core: Core, search: str, wanted: Any) -> Iterator[str]:
    for person in people(core, search, wanted):
        yield json.dumps(person, ensure_ascii=False) + "\n"


def event_log_jsonl(core: Core) -> Iterator[str]:
    before: int | None = None
    while True:
        data, before = core.survey(lambda c: log.page(c, before, AT_ONCE, log.Wanted()))  # noqa: B023 - called at once
        for row in data:
            yield json.dumps(row, ensure_ascii=False) + "\n"
        if before is None:
            return


def complaints_csv(complaints: list[dict[str, Any]]) -> Iterator[str]:
    """The rows as they stood in the file, with the reason before them."""
    columns = list(dict.fromkeys(key for row in complaints for key in row["line"]))
    yield _line(["row", "taken", "reason", *columns])
    for row in complaints:
        yield _line([row["row"], row["taken"], row["text"], *(row["line"].get(key, "") for key in columns)])


def _line(values: list[Any]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([_cell(value) for value in values])
    return out.getvalue()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "'" + value if isinstance(value, str) and value.startswith(FORMULA) else value
