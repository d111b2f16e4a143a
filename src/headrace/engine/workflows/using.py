"""Which workflow asks for a contact property."""

from __future__ import annotations

import apsw

from headrace.engine.store import rows
from headrace.engine.workflows.shelf import graph_of
from headrace.engine.workflows.types import of


def uses(c: apsw.Connection, key: str) -> str | None:
    """The first that does, in words."""
    for name, text in rows(c, "select name, graph from workflow order by id"):
        for node in graph_of(text).nodes.values():
            if key in of(node).properties(node.config):
                return f"the workflow {name} asks for it ({of(node).title})"
    return None
