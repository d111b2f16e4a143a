"""watch.db: what watching keeps across restarts: alarms, how far the audit is, checks, and notices not yet handed over."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from headrace.alarms.notice import MOST_KEPT, Notice
from headrace.database import open_database, tidy

MIGRATIONS: tuple[str, ...] = (
    """
create table kept(name text primary key, value blob not null) without rowid;
create table notice(id text primary key, next_at integer not null, at integer not null, value blob not null) without rowid;
create index notice_due on notice(next_at);
""",
)
ANEW = "Move it away: it holds nothing that cannot be made anew."


class WatchDb:
    """Small and rarely written. `kept`: values by name, as their owners encode them. Safe from any thread."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._connection = open_database(path, MIGRATIONS, pragmas="pragma synchronous=normal", advice=ANEW)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def recall(self, name: str) -> bytes | None:
        with self._lock:
            found: list[Any] = list(self._connection.execute("select value from kept where name=?", (name,)))
        return found[0][0] if found else None

    def keep(self, values: Mapping[str, bytes | None]) -> None:
        """None forgets."""
        with self._lock, self._connection:
            for name, value in values.items():
                if value is None:
                    self._connection.execute("delete from kept where name=?", (name,))
                else:
                    self._connection.execute("insert or replace into kept values(?,?)", (name, value))

    def tidy(self) -> None:
        """Writes the file anew: what was forgotten is in it no longer."""
        with self._lock:
            tidy(self._connection)

    # --- alarms.port.Outbox ----------------------------------------------------------------------------------------

    def add_notices(self, notices: list[Notice]) -> None:
        with self._lock, self._connection:
            for notice in notices:
                self._put(notice)
            # a channel that nobody repairs must not fill the disk: the oldest go
            self._connection.execute(
                "delete from notice where id in (select id from notice order by at desc limit -1 offset ?)", (MOST_KEPT,)
            )

    def due_notices(self, now: int) -> list[Notice]:
        with self._lock:
            found = self._connection.execute(
                "select value from notice where next_at<=? order by at, id limit 100", (now,)
            ).fetchall()
        return [msgspec.json.decode(value, type=Notice) for (value,) in found]  # type: ignore[arg-type]

    def change_notice(self, notice_id: str, after: Notice | None) -> None:
        with self._lock, self._connection:
            self._connection.execute("delete from notice where id=?", (notice_id,))
            if after is not None:
                self._put(after)

    def _put(self, notice: Notice) -> None:
        row = (notice.id, notice.next_at, notice.at, msgspec.json.encode(notice))
        self._connection.execute("insert or replace into notice values(?,?,?,?)", row)
