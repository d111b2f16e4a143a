"""state.db: the workspace, users, sessions, tokens, the audit log. One connection under one lock; writes are rare."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import apsw

from headrace.database import open_database

T = TypeVar("T")
PEOPLE = """
alter table session add column id text not null default '';
alter table session add column address text not null default '';
update session set id=substr(hash, 1, 16);
create table invitation(id text primary key, hash text not null unique, email text not null, role text not null,
  created_at integer not null, invited_by text not null) without rowid;
"""
MIGRATIONS: tuple[str, ...] = (
    """
create table meta(name text primary key, value text not null) without rowid;
create table source(id text primary key, name text not null unique, type text not null, write_key text not null unique,
  enabled integer not null, created_at integer not null, old_write_keys text not null, old_until integer not null,
  updated_at integer not null) without rowid;
create table destination(id text primary key, name text not null unique, type text not null, enabled integer not null,
  settings text not null, created_at integer not null) without rowid;
create table secret(destination text not null, key text not null, sealed blob not null, name text,
  primary key(destination, key)) without rowid;
create table connection(source text not null, destination text not null, since integer not null,
  primary key(source, destination)) without rowid;
create table user(id text primary key, email text not null unique, name text not null, role text not null,
  password text not null, created_at integer not null) without rowid;
create table session(hash text primary key, user text not null, created_at integer not null, seen_at integer not null,
  agent text not null) without rowid;
create table login_link(hash text primary key, created_at integer not null) without rowid;
create table token(id text primary key, name text not null, hash text not null unique, role text not null,
  created_at integer not null, last_used integer) without rowid;
create table audit(id integer primary key, at integer not null, who text not null, what text not null,
  before text, after text);
""",
    PEOPLE,
)


class StateDb:
    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._connection = open_database(path, MIGRATIONS)

    def rows(self, sql: str, *bindings: Any) -> list[Any]:
        with self._lock:
            return list(self._connection.execute(sql, bindings))

    def write(self, run: Callable[[apsw.Connection], T]) -> T:
        """In one durable transaction; undone whole when `run` raises."""
        with self._lock:
            with self._connection:
                result = run(self._connection)
            return result  # noqa: RET504 - after the commit

    def close(self) -> None:
        with self._lock:
            self._connection.close()
