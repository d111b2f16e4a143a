"""Database files: opened, made when there is none, brought to this version or refused when newer; and written anew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import apsw

from headrace.errors import DataDamaged, DataTooNew

WAITS = 10_000  # ms for somebody else's transaction
MOST_PAGES = 65_536  # of 4096 bytes in a WAL, above which a checkpoint waits for readers
DURABLE = "pragma synchronous=full"
RESTORE = "Restore it from a backup."


def open_database(
    path: Path, migrations: Sequence[str], write: bool = True, pragmas: str = DURABLE, advice: str = RESTORE
) -> apsw.Connection:
    """A connection to a file in WAL mode; `write` False: it must be there, and is not changed.

    Each migration is one transaction with its version. Raises DataTooNew, or DataDamaged with `advice`.
    """
    flags = apsw.SQLITE_OPEN_READWRITE | (apsw.SQLITE_OPEN_CREATE if write else 0)
    connection = apsw.Connection(str(path), flags=flags)
    connection.set_busy_timeout(WAITS)
    try:
        version: Any = connection.pragma("user_version")
        if version > len(migrations):
            raise DataTooNew(f"{path} was written by a newer version of Headrace. Install that one; nothing was changed.")
        if write:
            connection.execute(f"pragma journal_mode=wal; {pragmas}").fetchall()
            _migrate(connection, migrations, version)
    except (apsw.NotADBError, apsw.CorruptError) as error:
        connection.close()
        raise DataDamaged(f"{path} is damaged: {error}. {advice}") from error
    except BaseException:
        connection.close()
        raise
    return connection


def tidy(connection: apsw.Connection) -> None:
    """Writes the file anew: what was deleted is no longer in it, nor in its journal. BusyError while somebody reads."""
    connection.execute("vacuum")
    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)


def checkpoint(connection: apsw.Connection) -> None:
    """Moves what the WAL holds into the file. Nobody is waited for, unless the WAL is over 256 MB. BusyError then."""
    connection.pragma("user_version")  # a connection that has never read knows of no WAL, and would move nothing
    pages, _ = connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
    if pages > MOST_PAGES:  # readers follow each other closely: passive alone would never begin the WAL anew
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_RESTART)


def _migrate(connection: apsw.Connection, migrations: Sequence[str], version: int) -> None:
    for number, script in enumerate(migrations[version:], version + 1):
        with connection:
            connection.execute(script)
            connection.execute(f"pragma user_version={number}")
