"""engine.db, migration by migration. A room's tables stand in its own `schema.py`."""

from __future__ import annotations

from headrace.engine.audience import schema as audience
from headrace.engine.emails import schema as emails
from headrace.engine.events import schema as events
from headrace.engine.inbox import schema as inbox
from headrace.engine.moving import schema as moving
from headrace.engine.outbox import schema as outbox
from headrace.engine.webhooks import schema as webhooks
from headrace.engine.workflows import schema as workflows

MIGRATIONS: tuple[str, ...] = (
    """
create table meta(name text primary key, value text not null) without rowid;
create table api_key(id text primary key, name text not null, hash text not null unique, sealed blob,
  created_at integer not null, last_used integer) without rowid;
create table contact(
  id text primary key, email text not null, email_key text not null unique, user_id text unique,
  first_name text, last_name text, source text not null, subscribed integer not null, user_group text not null,
  notes text, created_at integer not null, opt_in text, custom text not null, changed integer not null);
create index contact_changed on contact(changed desc, id);
create table property(key text primary key, label text not null, type text not null, at integer not null) without rowid;
create table list(id text primary key, name text not null, description text, color text not null default '',
  public integer not null default 0, at integer not null) without rowid;
create table member(contact text not null, list text not null, subscribed integer not null,
  by_contact integer not null default 0, primary key(contact, list)) without rowid;
create index member_list on member(list, subscribed);
create table definition(id text primary key, name text not null unique, at integer not null,
  count integer not null default 0, last_seen integer) without rowid;
create table definition_property(definition text not null, name text not null, type text not null,
  place integer not null, primary key(definition, name)) without rowid;
create table log(
  id integer primary key, at integer not null, event text not null, contact text, email text, user_id text,
  source text not null, result text not null, received text not null, processed text not null, warnings text not null);
create index log_event on log(event, id);
create index log_email on log(email, id);
create index log_user on log(user_id, id);
create table used_key(key text primary key, at integer not null) without rowid;
create index used_key_at on used_key(at);
""",
    outbox.TABLES
    + inbox.TABLES
    + webhooks.TABLES
    + emails.TABLES
    + audience.TABLES
    + events.TABLES
    + moving.TABLES
    + workflows.TABLES,
    outbox.FIGURES + workflows.FIGURES,
    outbox.ASKED + inbox.HELD + events.REFUSED,
    audience.VALUES + workflows.LOOKS,
)
