"""delivery.db: its tables, and how an older file becomes this version's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw

from headrace.database import DURABLE, open_database
from headrace.fate import State
from headrace.storage.sqlite.delivery.rollups import SCHEMA as ROLLUPS

STATES: tuple[str, ...] = (
    "",
    State.WAITING,
    State.SENDING,
    State.RETRYING,
    State.DELIVERED,
    State.UNCHANGED,
    State.FILTERED,
    State.DEAD,
    "duplicate",
    "forgotten",
)
NUMBER = {name: number for number, name in enumerate(STATES)}
WAITING, SENDING, RETRYING, DEAD = (NUMBER[s] for s in (State.WAITING, State.SENDING, State.RETRYING, State.DEAD))
OPEN = (WAITING, SENDING, RETRYING)

# destination 0: what became of an event without a delivery (duplicate, no destination)
FIRST = """
create table word(id integer primary key, text text not null unique);
create table progress(name text primary key, value integer not null) without rowid;
create table note(key text primary key, value blob not null, at integer not null) without rowid;
create table delivery(
  position integer not null, destination integer not null, state integer not null, code text not null, reason text,
  attempts integer not null default 0, key_turn integer not null default 0, key_open_since integer,
  first_left_at integer, next_at integer, patience real not null default 0, at integer not null,
  received_at integer not null, warnings text, facts blob, lanes text, blocked integer not null default 0,
  source integer not null, type text not null, name text not null, person text not null, intent text,
  primary key(position, destination)) without rowid;
create index by_state on delivery(destination, state, position) where state in (1, 2, 3, 7);
create table lane(destination integer not null, identifier text not null, position integer not null,
  primary key(destination, identifier, position)) without rowid;
create table ready(destination integer not null, due integer not null, turn integer not null, position integer not null,
  primary key(destination, due, turn)) without rowid;
create unique index ready_position on ready(destination, position);
create table letter(position integer not null, destination integer not null, event blob not null,
  primary key(position, destination)) without rowid;
create table health(destination integer primary key, value blob not null);
create table count_state(destination integer not null, state integer not null, number integer not null,
  primary key(destination, state)) without rowid;
create table count_source(source integer not null, type text not null, name text not null, number integer not null,
  last_seen integer not null, primary key(source, type, name)) without rowid;
create table count_destination(destination integer not null, type text not null, name text not null,
  delivered integer not null default 0, last_delivered integer, failed integer not null default 0,
  last_failed integer, primary key(destination, type, name)) without rowid;
"""
# Folding, skipping what is unchanged, replays that give way to live events.
# `job`: the replay or backfill that put a delivery into its lanes, 0 for a live one. `carried_by`: position of the
# delivery whose request carried this one. `alone`: 1 once a fold with it was refused. `held`: the request of a fold whose
# outcome is unknown. `ready.background`: 1 for what gives way: of a job, and no live delivery waits in any of its lanes.
# `sent`: of each identifier of a team, the hash of the last contact payload that a request carried (null: not known), and
# the position of the last delivered one.
SECOND = """
alter table delivery add column job integer not null default 0;
alter table delivery add column carried_by integer;
alter table delivery add column alone integer not null default 0;
alter table delivery add column held blob;
alter table lane add column live integer not null default 1;
create index lane_live on lane(destination, identifier) where live=1;
create table ready_new(destination integer not null, background integer not null, due integer not null,
  turn integer not null, position integer not null, primary key(destination, background, due, turn)) without rowid;
insert into ready_new select destination, 0, due, turn, position from ready;
drop table ready;
alter table ready_new rename to ready;
create unique index ready_position on ready(destination, position);
create table sent(team text not null, identifier text not null, hash text, at integer not null, position integer not null,
  carrier integer not null, primary key(team, identifier)) without rowid;
create table job(id integer primary key, kind text not null, destination integer not null, selection text not null,
  force integer not null default 0, cursor integer not null default 0, counts text not null, state text not null,
  at integer not null, changed_at integer not null);
"""
# `sent.clearer`: the delivery whose request left last, naming this identifier. `team`: who is behind a key (kept as its
# hash). `configured`: a fingerprint of a destination's settings when it last ran.
THIRD = """
create table team(account text primary key, name text not null) without rowid;
create table configured(destination integer primary key, fingerprint text not null);
alter table sent add column clearer text;
"""
# What a replay or backfill has put into lanes: its progress is counted by it.
FOURTH = "create index by_job on delivery(job, state) where job>0;"
# A destination's list of deliveries is one walk, however many others lie between.
FIFTH = "create index by_destination on delivery(destination, position) where destination>0;"
MIGRATIONS: tuple[str, ...] = (FIRST, SECOND, THIRD, ROLLUPS, FOURTH, FIFTH)
PRAGMAS = f"{DURABLE}; pragma wal_autocheckpoint=0; pragma cache_size=-8000"  # Checkpointer moves the WAL


def rows(connection: apsw.Connection, sql: str, bindings: tuple[Any, ...] = ()) -> list[Any]:
    return list(connection.execute(sql, bindings))


def connect(path: Path, write: bool) -> apsw.Connection:
    """Raises DataTooNew or DataDamaged. Only the one writer migrates."""
    return open_database(path, MIGRATIONS, write, PRAGMAS)
