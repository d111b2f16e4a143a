"""Tables of the Inbox."""

from __future__ import annotations

# inbox.mark: '' or a sentence shown beside the mail
TABLES = """
create table inbox(
  n integer primary key autoincrement, id text not null unique, send text unique, at integer not null,
  sender text not null, recipients text not null, subject text not null, size integer not null,
  mark text not null default '', seen integer not null default 0, raw blob not null);
create index inbox_at on inbox(at);
create table inbox_to(inbox integer not null, email_key text not null, primary key(email_key, inbox)) without rowid;
create index inbox_to_mail on inbox_to(inbox);
"""

# what is held, counted as it comes and goes: the limits ask at every mail
HELD = """
create table inbox_held(mails integer not null, bytes integer not null);
insert into inbox_held select count(*), coalesce(sum(size), 0) from inbox;
create trigger inbox_comes after insert on inbox begin
  update inbox_held set mails=mails+1, bytes=bytes+new.size; end;
create trigger inbox_goes after delete on inbox begin
  update inbox_held set mails=mails-1, bytes=bytes-old.size; end;
"""
