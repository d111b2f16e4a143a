"""What an edit may ask about the team, from the database."""

from __future__ import annotations

from typing import Any

import apsw
import msgspec

from headrace.engine.audience import contacts, segments
from headrace.engine.refusal import LoopsError
from headrace.engine.store import rows
from headrace.engine.workflows.graph import Refused


class Team(msgspec.Struct, frozen=True):
    c: apsw.Connection

    def event_name(self, pattern: str) -> str | None:
        found = rows(self.c, "select name from definition where id=?", (pattern,))
        return found[0][0] if found else None

    def has_event(self, name: str) -> bool:
        return bool(rows(self.c, "select 1 from definition where name=?", (name,)))

    def property_type(self, key: str) -> str | None:
        return next((p["type"] for p in contacts.properties(self.c, False) if p["key"] == key), None)

    def has_segment(self, identifier: str) -> bool:
        return bool(rows(self.c, "select 1 from segment where id=?", (identifier,)))

    def check_filter(self, tree: Any) -> None:
        """Raises Refused for a filter that could not be answered."""
        try:
            segments.where(self.c, tree)
        except LoopsError as error:
            raise Refused(error.message) from None
