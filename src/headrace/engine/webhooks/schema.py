"""Tables of the webhooks."""

from __future__ import annotations

# webhook_message.state: queued, delivered, failed; attempts: JSON, the newest last
TABLES = """
create table webhook_endpoint(
  id text primary key, url text not null, events text not null, secret blob not null, enabled integer not null,
  why text not null default '', at integer not null, failing_since integer) without rowid;
create table webhook_message(
  n integer primary key autoincrement, id text not null unique, endpoint text not null, type text not null,
  contact text not null default '', payload text not null, at integer not null, state text not null,
  due integer not null, tries integer not null default 0, fresh integer not null default 1,
  attempts text not null default '[]');
create index webhook_due on webhook_message(endpoint, due, n) where state='queued';
create index webhook_shown on webhook_message(endpoint, n);
create index webhook_at on webhook_message(at);
"""
