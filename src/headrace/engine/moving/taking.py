"""Some rows of an import become contacts, in the transaction that says how far the import is."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from headrace.engine.audience import contacts
from headrace.engine.desk import Desk
from headrace.engine.refusal import LoopsError
from headrace.engine.values import check_lengths

SOURCES = {"csv": "CSV import", "loops": "Loops account"}


class Row(msgspec.Struct, frozen=True):
    """`body` as of an update; None: there is none, and `why` says so. `line` as it stands in the file."""

    body: dict[str, Any] | None
    line: dict[str, Any]
    why: str = ""


def take(desk: Desk, job: dict[str, Any], batch: list[Row]) -> None:
    """`job["rows"]` counts the batch already."""
    told = desk if job["trigger"] else desk.quiet()
    made = {"created": 0, "updated": 0, "failed": 0}
    for number, row in enumerate(batch, job["rows"] - len(batch) + 1):
        taken, text = _one(told, job, row, made)
        if text:
            values = (job["id"], number, int(taken), text, json.dumps(row.line, ensure_ascii=False))
            desk.c.execute("insert or replace into import_row values(?,?,?,?,?)", values)
    desk.c.execute(
        "update import set rows=?, created=created+?, updated=updated+?, failed=failed+? where id=?",
        (job["rows"], made["created"], made["updated"], made["failed"], job["id"]),
    )


def _one(desk: Desk, job: dict[str, Any], row: Row, made: dict[str, int]) -> tuple[bool, str]:
    """Whether it was taken, and what is to be said about it."""
    try:
        if row.body is None:
            raise LoopsError(400, row.why)
        body = {key: value for key, value in row.body.items() if value is not None}
        check_lengths(body)
        if job["list"]:
            body["mailingLists"] = {**body.get("mailingLists", {}), job["list"]: True}
        with desk.c:  # a savepoint: a row that fails leaves nothing
            found = contacts.upsert(desk, body)
            if found.created and "source" not in body:
                desk.c.execute("update contact set source=? where id=?", (SOURCES[job["source"]], found.id))
    except LoopsError as error:
        made["failed"] += 1
        return False, error.message
    made["created" if found.created else "updated"] += 1
    return True, " ".join(note.text for note in found.notes if note.kind != "converted")
