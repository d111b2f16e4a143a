"""Tables of the audience: custom properties that are searched quickly, segments, what contacts did, suppressed addresses."""

from __future__ import annotations

# `custom` becomes SQLite's binary JSON: a filter over a million contacts reads it three times faster (docs/decisions/0002).
TABLES = """
update contact set custom=jsonb(custom);
create table deed(id integer primary key, action text not null, target text not null, name text not null,
  unique(action, target, name));
create table activity(deed integer not null, contact text not null, times integer not null, first_at integer not null,
  last_at integer not null, primary key(deed, contact)) without rowid;
create index activity_contact on activity(contact);
create table segment(id text primary key, name text not null unique, description text, filter text not null,
  created_at integer not null, updated_at integer not null) without rowid;
create index segment_at on segment(created_at desc, id desc);
create table if not exists suppression(email_key text primary key, reason text not null, at integer not null) without rowid;
create table removal(id integer primary key, email_key text not null, at integer not null);
create index removal_at on removal(at);
"""
