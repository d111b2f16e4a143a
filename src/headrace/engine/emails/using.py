"""Which email says something of a contact property."""

from __future__ import annotations

import apsw

from headrace.engine.emails import guardian, messages
from headrace.engine.emails.message import reading
from headrace.engine.lmx.document import Document, Variable
from headrace.engine.store import rows

# those that can still leave or be edited: what was published before is kept for mail that had been decided then
PRESENT = """
select m.id, 'workflow ' || w.name from email_message m join workflow w on m.kind='workflow' and w.id=m.parent
  where instr(w.graph, m.id)
union all
select m.id, 'transactional email ' || t.name from email_message m join transactional t on m.id in (t.draft, t.published)
"""


def uses(c: apsw.Connection, key: str) -> str | None:
    """The first that does, in words."""
    wanted = Variable("contact", key)
    for identifier, of in rows(c, PRESENT):
        message = messages.one(c, identifier)
        if not any(key in text for text in (message.lmx, *message.lines)):
            continue
        document = reading(message.lmx)
        if isinstance(document, Document) and wanted in guardian.variables(message, document):
            called = f" “{message.subject}”" if message.subject else ""
            return f"the email{called} of the {of} says {wanted}"
    return None
