"""One segment file of the event log: its tables, and blocks as they are written and read."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import apsw
import msgspec
import zstandard

from headrace.errors import DataDamaged, DataTooNew
from headrace.event import LoggedEvent
from headrace.eventlog.port import BlockHeader

FORMAT = 1
SUFFIX = ".db"
WALK = 64  # headers of one read


class UnbornError(DataDamaged):
    """The file was created, but the process died before its first commit: it holds nothing."""


SCHEMA = """
create table block(
  first integer primary key, count integer not null, received_at integer not null,
  header blob not null, meta blob not null, payload blob not null);
create table key(kind integer not null, hash integer not null, position integer not null,
  primary key(kind, hash, position)) without rowid;
create table sealed(indexed integer not null);
"""


def rows(connection: apsw.Connection, sql: str, bindings: tuple[Any, ...] = ()) -> list[Any]:
    """All rows at once: a cursor left open would hold a snapshot."""
    return list(connection.execute(sql, bindings))


class Meta(msgspec.Struct, array_like=True):
    """What stands beside a payload. `size` is the payload's length in the block."""

    source_id: str
    message_id: str
    received_at: int
    request_ip: str
    rudder_id: str
    type: str | None
    user_id: str
    anonymous_id: str
    duplicate_of: int | None
    size: int
    forgotten: bool = False


class Counts(msgspec.Struct, array_like=True):
    accepted: dict[str, int]
    duplicates: dict[str, int]


_meta_encoder = msgspec.msgpack.Encoder()
_meta_decoder = msgspec.msgpack.Decoder(list[Meta])
read_counts = msgspec.msgpack.Decoder(Counts).decode
write_counts = _meta_encoder.encode


def name(first: int) -> str:
    """File name of the segment that begins at position `first`; names sort as positions do."""
    return f"seg-{first:016d}{SUFFIX}"


def first_of(path: Path) -> int:
    return int(path.stem.removeprefix("seg-"))


def segments(directory: Path) -> list[Path]:
    names = os.listdir(directory) if directory.exists() else []
    return [directory / n for n in sorted(names) if n.startswith("seg-") and n.endswith(SUFFIX)]


def connect(path: Path, create: bool = False) -> apsw.Connection:
    """A connection for the writer (`create`) or a reader. Raises DataTooNew, DataDamaged."""
    flags = apsw.SQLITE_OPEN_READWRITE | (apsw.SQLITE_OPEN_CREATE if create else 0)
    connection = apsw.Connection(str(path), flags=flags)
    connection.set_busy_timeout(10_000)
    try:
        if create:
            connection.execute("pragma journal_mode=wal; pragma synchronous=full; pragma wal_autocheckpoint=0").fetchall()
        version: Any = connection.pragma("user_version")
        if version > FORMAT:
            raise DataTooNew(f"{path} was written by a newer version of Headrace (format {version}). Install that one.")
        if version == 0:
            if not create:
                connection.close()
                raise UnbornError(f"{path} holds no event log.")
            with connection:
                connection.execute(SCHEMA)
                connection.execute(f"pragma user_version={FORMAT}")
    except (apsw.NotADBError, apsw.CorruptError) as error:
        connection.close()
        raise DataDamaged(f"{path} is damaged: {error}. Move it away, or restore it from a backup.") from error
    return connection


def encode(events: Sequence[LoggedEvent], level: int = 1) -> tuple[int, int, int, bytes, bytes, bytes]:
    """A block's row: first, count, received_at, header, meta, payload."""
    accepted: dict[str, int] = {}
    duplicates: dict[str, int] = {}
    metas = []
    for e in events:
        accepted[e.source_id] = accepted.get(e.source_id, 0) + 1
        if e.duplicate_of is not None:
            duplicates[e.source_id] = duplicates.get(e.source_id, 0) + 1
        metas.append(
            Meta(
                e.source_id, e.message_id, e.received_at, e.request_ip, e.rudder_id, e.type, e.user_id, e.anonymous_id,
                e.duplicate_of, len(e.payload), e.forgotten,
            )
        )  # fmt: skip
    compress = zstandard.ZstdCompressor(level=level).compress
    return (
        events[0].position,
        len(events),
        events[0].received_at,
        write_counts(Counts(accepted, duplicates)),
        compress(_meta_encoder.encode(metas)),
        compress(b"".join([e.payload for e in events])),
    )


def decode(first: int, meta: bytes, payload: bytes) -> list[LoggedEvent]:
    expand = zstandard.ZstdDecompressor().decompress
    body = expand(payload)
    events = []
    at = 0
    for offset, m in enumerate(_meta_decoder.decode(expand(meta))):
        events.append(
            LoggedEvent(
                first + offset, m.source_id, m.message_id, m.received_at, m.request_ip, m.rudder_id, m.type, m.user_id,
                m.anonymous_id, m.duplicate_of, body[at : at + m.size], m.forgotten,
            )
        )  # fmt: skip
        at += m.size
    return events


def write(connection: apsw.Connection, events: Sequence[LoggedEvent]) -> int:
    """One durable block; its size in bytes."""
    row = encode(events)
    with connection:
        connection.execute("insert into block values(?,?,?,?,?,?)", row)
    return len(row[4]) + len(row[5])


def block_at(connection: apsw.Connection, position: int) -> list[LoggedEvent]:
    """The events of the block that holds `position`; [] when none does."""
    found = rows(
        connection,
        "select first, meta, payload, count from block where first <= ? order by first desc limit 1",
        (position,),
    )
    if not found or position >= found[0][0] + found[0][3]:
        return []
    return decode(*found[0][:3])


def block_after(connection: apsw.Connection, position: int) -> list[LoggedEvent]:
    """The first block with an entry above `position`; [] at the end."""
    found = rows(
        connection,
        "select first, meta, payload from block where first + count > ?1 and first >="
        " coalesce((select max(first) from block where first <= ?1), 0) order by first limit 1",
        (position + 1,),
    )
    return decode(*found[0]) if found else []


def last(connection: apsw.Connection) -> int:
    """Highest position in the segment, 0 when it is empty."""
    found = rows(connection, "select first + count - 1 from block order by first desc limit 1")
    return int(found[0][0]) if found else 0


def newest(connection: apsw.Connection) -> int:
    """When its last block was received, ms; 0 when it is empty."""
    found = rows(connection, "select received_at from block order by first desc limit 1")
    return int(found[0][0]) if found else 0


def oldest(connection: apsw.Connection) -> int | None:
    found = rows(connection, "select received_at from block order by first limit 1")
    return int(found[0][0]) if found else None


def size(path: Path) -> int:
    """With what lies beside it."""
    found = 0
    for part in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        with contextlib.suppress(FileNotFoundError):
            found += part.stat().st_size
    return found


def headers(connection: apsw.Connection, after: int, until: int | None = None) -> Iterator[BlockHeader]:
    """Costs what lies between: the block that holds `after` is found by its key, not by looking at all before it."""
    wanted = (
        "select first, count, received_at, header from block where first >="
        " coalesce((select max(first) from block where first <= ?1), 0)"
        " and first + count - 1 > ?1 and first <= ?2 order by first"
    )
    for first, count, at, raw in rows(connection, wanted, (after, 2**62 if until is None else until)):
        counts = read_counts(raw)
        yield BlockHeader(first, count, at, counts.accepted, counts.duplicates)


def before(connection: apsw.Connection, position: int, source_id: str) -> int | None:
    """The highest block at or below `position` in which this source has an entry, by its first position; None: no such."""
    wanted = "select first, header from block where first<=? order by first desc limit ?"
    while found := rows(connection, wanted, (position, WALK)):
        for first, raw in found:
            if source_id in read_counts(raw).accepted:
                return int(first)
        position = found[-1][0] - 1
    return None


def is_indexed(connection: apsw.Connection) -> bool:
    return bool(rows(connection, "select 1 from sealed"))


KINDS = {"user": 1, "anon": 2, "message": 3}


def hashed(kind: str, value: str, source_id: str = "") -> int:
    """A 63-bit key for the index; what it finds is always confirmed in the block."""
    text = f"{kind}\0{source_id}\0{value}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 1


def build_index(connection: apsw.Connection) -> None:
    """The key index of a sealed segment: built once, in one transaction, from its blocks."""
    with connection:
        connection.execute("delete from key")  # first: from here on nobody can be taken out of the blocks
        keys: set[tuple[int, int, int]] = set()
        for first, meta, payload in rows(connection, "select first, meta, payload from block"):
            for e in decode(first, meta, payload):
                keys |= set(keys_of(e))
        connection.executemany("insert into key values(?,?,?)", sorted(keys))
        connection.execute("delete from sealed")
        connection.execute("insert into sealed values(1)")
    with contextlib.suppress(apsw.BusyError):  # a reader is in it: the next opening tries again
        connection.pragma("wal_checkpoint", "truncate")


def keys_of(e: LoggedEvent) -> list[tuple[int, int, int]]:
    """What it is found by: (kind, hash, position)."""
    if e.forgotten:
        return []
    found = [(KINDS["message"], hashed("message", e.message_id), e.position)]
    if e.duplicate_of is None:
        if e.user_id:
            found.append((KINDS["user"], hashed("user", e.user_id), e.position))
        if e.anonymous_id:
            found.append((KINDS["anon"], hashed("anon", e.anonymous_id), e.position))
    return found


def indexed_positions(connection: apsw.Connection, kind: str, value: str, below: int) -> list[int]:
    wanted = "select position from key where kind=? and hash=? and position<? order by position desc"
    return [row[0] for row in rows(connection, wanted, (KINDS[kind], hashed(kind, value), below))]


def names(event: LoggedEvent, kind: str, value: str) -> bool:
    if kind == "message":
        return event.message_id == value
    if event.duplicate_of is not None:
        return False
    return (event.user_id if kind == "user" else event.anonymous_id) == value
