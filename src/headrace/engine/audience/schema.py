"""Tables of the audience: custom properties that are searched quickly, segments, what contacts did."""

from __future__ import annotations

# `custom` becomes SQLite's binary JSON, and contacts get numbers in the order in which a filter reads them, by which
# `activity` finds them: what a million contacts need (docs/decisions/0002-filters.md).
TABLES = """
create table numbered(
  n integer primary key, id text not null unique, email text not null, email_key text not null unique, user_id text unique,
  first_name text, last_name text, source text not null, subscribed integer not null, user_group text not null,
  notes text, created_at integer not null, opt_in text, custom blob not null, changed integer not null);
insert into numbered(id, email, email_key, user_id, first_name, last_name, source, subscribed, user_group, notes,
    created_at, opt_in, custom, changed)
  select id, email, email_key, user_id, first_name, last_name, source, subscribed, user_group, notes,
    created_at, opt_in, jsonb(custom), changed from contact;
drop table contact;
alter table numbered rename to contact;
create index contact_changed on contact(changed desc, id);
create table deed(id integer primary key, action text not null, target text not null, name text not null,
  unique(action, target, name));
create table activity(deed integer not null, contact integer not null, times integer not null, first_at integer not null,
  last_at integer not null, primary key(deed, contact)) without rowid;
create index activity_contact on activity(contact);
create table segment(id text primary key, name text not null unique, description text, filter text not null,
  created_at integer not null, updated_at integer not null) without rowid;
create index segment_at on segment(created_at desc, id desc);
create table removal(id integer primary key, email_key text not null, at integer not null);
create index removal_at on removal(at);
"""

# one row for each contact, kept by triggers; its other columns are those of the properties (columns.py)
VALUES = """
create table contact_value(n integer primary key);
create table value_column(place integer primary key, key text not null unique);
insert into contact_value select n from contact;
create trigger contact_value_new after insert on contact begin
  insert or replace into contact_value(n) values(new.n); end;
create trigger contact_value_gone after delete on contact begin
  delete from contact_value where n=old.n; end;
"""
