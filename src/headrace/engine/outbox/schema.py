"""Tables of the outbox."""

from __future__ import annotations

# send.state: queued, sending, sent, delivered, bounced, refused, skipped, ambiguous; send.via: smtp or inbox
TABLES = """
create table send(
  n integer primary key, id text not null unique, key text not null unique,
  kind text not null, source_id text not null, message_id text not null,
  contact text, email text not null, mailing_list text, event text, data text, log integer, mail_id text not null,
  state text not null, why text not null default '', at integer not null, due integer not null,
  attempts integer not null default 0, first_left integer, sent_at integer, via text not null default '',
  subject text not null default '', opens integer not null default 0, clicks integer not null default 0,
  opened_at integer, clicked_at integer);
create index send_due on send(due, n) where state='queued';
create index send_unsettled on send(n) where state='sending';
create index send_state on send(state, n);
create index send_contact on send(contact, n);
create index send_source on send(source_id, message_id, n);
create index send_log on send(log) where log is not null;
create table attachment(send text not null, place integer not null, filename text not null, content_type text not null,
  data blob not null, primary key(send, place)) without rowid;
create table if not exists suppression(email_key text primary key, reason text not null, at integer not null) without rowid;
create table sealed(name text primary key, value blob not null) without rowid;
"""

# send_tally.figure: see tally.py; returned.kind: hard, soft or complaint, each told once of a send
FIGURES = """
create table send_tally(
  sender text not null, source text not null, message text not null, figure text not null, times integer not null,
  primary key(source, message, figure, sender)) without rowid;
create table returned(send text not null, kind text not null, at integer not null, primary key(send, kind)) without rowid;
create index send_at on send(at);
create index send_email on send(email collate nocase, n);
"""

# asked_at: when a person last asked for it again; patience with a mail server counts from then
ASKED = """
alter table send add column asked_at integer;
"""
