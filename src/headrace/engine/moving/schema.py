"""Tables of imports."""

from __future__ import annotations

# state: uploading, running, done, stopped; source: csv or loops; secret: the account's key, sealed, until it is done
TABLES = """
create table import(
  id text primary key, name text not null, source text not null, state text not null, mapping text not null, list text,
  trigger integer not null, address text not null default '', secret blob, size integer not null,
  read integer not null default 0, rows integer not null default 0, created integer not null default 0,
  updated integer not null default 0, failed integer not null default 0, why text not null default '',
  at integer not null, ended_at integer) without rowid;
create index import_at on import(at);
create table import_row(import text not null, row integer not null, taken integer not null, text text not null,
  line text not null, primary key(import, row)) without rowid;
"""
