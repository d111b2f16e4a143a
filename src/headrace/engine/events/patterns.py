"""Event patterns as Loops' API lists them: the definitions, and one with its properties."""

from __future__ import annotations

from typing import Any

import apsw

from headrace.engine.events import definitions
from headrace.engine.refusal import LoopsError
from headrace.engine.store import rows


def page(c: apsw.Connection, cursor: str, per_page: int) -> tuple[list[dict[str, Any]], int, str | None]:
    """(rows behind the cursor, how many there are at all, the next cursor). A cursor is the last id seen."""
    ((total,),) = rows(c, "select count(*) from definition")
    ((left,),) = rows(c, "select count(*) from definition where id>?", (cursor,))
    found = rows(c, "select id, name from definition where id>? order by id limit ?", (cursor, per_page))
    data = [{"id": i, "eventName": name, "incomingWebhookPlatform": None} for i, name in found]
    return data, total, found[-1][0] if left > len(found) else None


def one(c: apsw.Connection, column: str, value: str) -> dict[str, Any]:
    found = rows(c, f"select id, name from definition where {column}=?", (value,))  # noqa: S608 - one of two words of ours
    if not found:
        raise LoopsError(404, "Event pattern not found.")
    ((identifier, name),) = found
    return {
        "id": identifier,
        "eventName": name,
        "eventProperties": definitions.properties_of(c, identifier),
        "incomingWebhookPlatform": None,
    }
