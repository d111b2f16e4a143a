"""delivery.db: its tables, how it is opened, and how an older file is brought up to date."""

from __future__ import annotations

from pathlib import Path

import apsw

from headrace.errors import DataDamaged, DataTooNew

BUSY_MS = 10_000  # only the checkpoint thread ever competes with the writer, for milliseconds
CACHE_KIB = 16_384
# A delivery's id is position * 65536 + the destination's small number: one B-tree, in order of acceptance, no index.
SHIFT = 16

_FIRST = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;

-- Small numbers for texts that every row would repeat. 0 is "no destination".
CREATE TABLE destination (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
CREATE TABLE source (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
CREATE TABLE topic (number INTEGER PRIMARY KEY, type TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (type, name));

-- One row per event and destination, or one with destination 0 when nothing was to be delivered.
-- `blocked`: in how many of its lanes an older delivery stands. `due`, `turn`: its place in `ready`, NULL outside.
-- `lanes`, `facts`: only while it is open. `reason`: NULL where it is the code's own sentence.
CREATE TABLE delivery (
  id INTEGER PRIMARY KEY,
  state INTEGER NOT NULL,
  code TEXT NOT NULL,
  reason TEXT,
  at INTEGER NOT NULL,
  source INTEGER NOT NULL,
  topic INTEGER NOT NULL,
  person TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  key_turn INTEGER NOT NULL DEFAULT 0,
  key_open_since INTEGER,
  first_left_at INTEGER,
  next_at INTEGER,
  patience_used REAL NOT NULL DEFAULT 0,
  blocked INTEGER NOT NULL DEFAULT 0,
  due INTEGER,
  turn INTEGER,
  lanes BLOB,
  facts BLOB,
  intent BLOB,
  carried_by TEXT,
  warnings BLOB
);
CREATE INDEX delivery_sending ON delivery (id) WHERE state = 1;
CREATE INDEX delivery_retrying ON delivery (id) WHERE state = 2;
CREATE INDEX delivery_dead ON delivery (code, id) WHERE state = 6;

-- Who stands where: the open deliveries of a destination that name an identifier (a 64-bit hash), oldest first.
CREATE TABLE lane (
  destination INTEGER NOT NULL, identifier INTEGER NOT NULL, position INTEGER NOT NULL,
  PRIMARY KEY (destination, identifier, position)
) WITHOUT ROWID;

-- First in all their lanes. Due 0: now, by turn. Otherwise: ms at which the retry's time has come.
CREATE TABLE ready (
  destination INTEGER NOT NULL, due INTEGER NOT NULL, turn INTEGER NOT NULL, position INTEGER NOT NULL,
  PRIMARY KEY (destination, due, turn)
) WITHOUT ROWID;

-- What routing remembers; `at` is the receivedAt of the event that wrote it last.
CREATE TABLE note (key TEXT PRIMARY KEY, value BLOB NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;

-- The event of a dead letter, so that it outlives the log's segment; NULL until it was copied.
CREATE TABLE letter (position INTEGER PRIMARY KEY, event BLOB);
CREATE INDEX letter_missing ON letter (position) WHERE event IS NULL;

CREATE TABLE state_count (
  destination INTEGER NOT NULL, state INTEGER NOT NULL, code TEXT NOT NULL,
  count INTEGER NOT NULL, newest INTEGER NOT NULL,
  PRIMARY KEY (destination, state, code)
) WITHOUT ROWID;
CREATE TABLE source_count (
  source INTEGER NOT NULL, topic INTEGER NOT NULL, count INTEGER NOT NULL, last_seen INTEGER NOT NULL,
  PRIMARY KEY (source, topic)
) WITHOUT ROWID;
CREATE TABLE destination_count (
  destination INTEGER NOT NULL, topic INTEGER NOT NULL,
  delivered INTEGER NOT NULL, last_delivered INTEGER, failed INTEGER NOT NULL, last_failed INTEGER,
  PRIMARY KEY (destination, topic)
) WITHOUT ROWID;

-- What the rows that retention removed would still say in the audit; destination 0 with code "unique": events.
CREATE TABLE archived (
  source INTEGER NOT NULL, destination INTEGER NOT NULL, label TEXT NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (source, destination, label)
) WITHOUT ROWID;

CREATE TABLE health (destination TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
"""

# Each entry brings a file one version further; entries are never changed once released, only added.
MIGRATIONS: tuple[str, ...] = (_FIRST,)


def connect(path: Path) -> apsw.Connection:
    """A connection that writes durably: WAL, fsync at every commit, checkpoints left to their own thread."""
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(BUSY_MS)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    except (apsw.NotADBError, apsw.CorruptError) as error:
        connection.close()
        raise DataDamaged(f"{path} is not a readable database: {error}. Restore it from a backup.") from error
    return connection


def connect_to_read(path: Path) -> apsw.Connection:
    """A connection that only reads, and sees what was committed."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    connection.set_busy_timeout(BUSY_MS)
    connection.execute("PRAGMA query_only = 1")
    return connection


def migrate(connection: apsw.Connection, path: Path) -> None:
    """Bring the file to this version; each step and its number are one transaction, so a reset repeats nothing."""
    version = int(connection.pragma("user_version"))
    if version > len(MIGRATIONS):
        raise DataTooNew(f"{path} was written by a newer version of Headrace. Start that version, or a newer one.")
    for number, statements in enumerate(MIGRATIONS[version:], version + 1):
        with connection:
            connection.execute(statements)
            connection.execute(f"PRAGMA user_version = {number}")
