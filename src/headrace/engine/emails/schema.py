"""Tables of emails."""

from __future__ import annotations

# email_message.kind: workflow or transactional; parent: the id of either
TABLES = """
create table email_message(
  id text primary key, kind text not null, parent text not null,
  subject text not null default '', preview text not null default '', from_name text not null default '',
  from_local text not null default '', reply_to text not null default '', cc text not null default '',
  bcc text not null default '', language text not null default '', format text not null default 'styled',
  lmx text not null default '', fallbacks text not null default '{}', revision text not null,
  updated_at integer not null) without rowid;
create index email_message_parent on email_message(kind, parent);
create table theme(
  id text primary key, name text not null, styles text not null, is_default integer not null,
  created_at integer not null, updated_at integer not null) without rowid;
create table transactional(
  id text primary key, name text not null, draft text, published text,
  created_at integer not null, updated_at integer not null) without rowid;
create index transactional_created on transactional(created_at, id);
create table transactional_key(key text primary key, at integer not null) without rowid;
create index transactional_key_at on transactional_key(at);
"""
