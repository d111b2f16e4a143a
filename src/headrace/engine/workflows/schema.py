"""Tables of workflows: the workflow with its graph, its revisions, each contact's run, and what an event started or not."""

from __future__ import annotations

# run.state: ready (goes on at once), waiting (a timer until `due`), done, left, refused (never entered), ended
TABLES = """
create table workflow(
  id text primary key, name text not null, description text not null, status text not null, list text,
  revision text not null, graph text not null, trigger text not null, trigger_key text, every_time integer not null,
  paused_at integer, created_at integer not null, updated_at integer not null) without rowid;
create index workflow_trigger on workflow(trigger, trigger_key);
create table workflow_revision(
  seq integer primary key, id text not null unique, workflow text not null, at integer not null, what text not null,
  graph text not null);
create index workflow_revision_of on workflow_revision(workflow, seq);
create table run(
  seq integer primary key autoincrement, id text not null unique, workflow text not null, revision text not null,
  contact text not null, log integer, event text, node text not null, state text not null, due integer not null,
  guards text not null default '[]', entered_at integer not null, ended_at integer, why text not null default '',
  trail text not null default '[]');
create index run_due on run(workflow, state, due, seq);
create index run_contact on run(contact, workflow);
create index run_log on run(log) where log is not null;
create table workflow_start(
  log integer not null, workflow text not null, started integer not null, why text not null,
  primary key(log, workflow)) without rowid;
create table workflow_tally(
  workflow text not null, message text not null, kind text not null, times integer not null,
  primary key(workflow, message, kind)) without rowid;
"""

FIGURES = """
insert into send_tally select 'workflow', workflow, message, kind, times from workflow_tally;
drop table workflow_tally;
create table run_tally(workflow text not null, state text not null, times integer not null,
  primary key(workflow, state)) without rowid;
create index run_ended on run(ended_at) where ended_at is not null;
"""

# whoever has been in a workflow whose run is no longer kept: what "one time" asks for. `contact`: its number
LOOKS = """
create table been(contact integer not null, workflow text not null, primary key(contact, workflow)) without rowid;
create index run_of on run(workflow, seq);
create index run_inside on run(workflow, node, seq) where state in ('ready', 'waiting');
create index run_refused on run(ended_at) where state='refused';
create index run_knowing on run(ended_at) where event is not null or trail!='[]';
"""
