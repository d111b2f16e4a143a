"""Tables of the Inbox."""

from __future__ import annotations

# inbox.mark: '' or a sentence shown beside the mail
TABLES = """
create table inbox(
  id text primary key, send text unique, at integer not null, sender text not null, recipients text not null,
  subject text not null, size integer not null, mark text not null default '', seen integer not null default 0,
  raw blob not null);
create index inbox_at on inbox(at desc, id desc);
create table inbox_to(inbox text not null, email_key text not null, at integer not null,
  primary key(inbox, email_key)) without rowid;
create index inbox_to_email on inbox_to(email_key, at desc);
"""
