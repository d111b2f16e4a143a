"""Tables of the events: what the Event Log has to say about a row besides its warnings."""

from __future__ import annotations

TABLES = """
alter table log add column notes text not null default '[]';
create index log_at on log(at);
create index log_contact on log(contact, id);
"""

# log.result: processed or refused
REFUSED = """
create index log_refused on log(id) where result='refused';
"""
