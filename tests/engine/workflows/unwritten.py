"""Email messages before anybody can write them: an id, and nothing wrong with it."""

from __future__ import annotations

import apsw

from headrace.engine.desk import Desk


class Unwritten:
    def create_message(self, desk: Desk, kind: str, parent: str) -> str:
        return desk.new_id()

    def subject(self, c: apsw.Connection, message: str) -> str:
        return ""

    def problems(self, c: apsw.Connection, message: str) -> list[str]:
        return []
