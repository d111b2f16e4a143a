"""Exit: the end of every path. Pure."""

from __future__ import annotations

from headrace.engine.workflows.graph import Graph, Node
from headrace.engine.workflows.nodes.port import Leave, Look, NodeType, Pass


class ExitAction(NodeType):
    name, title, creatable = "ExitAction", "Exit", False

    def act(self, graph: Graph, identifier: str, node: Node, run: str, look: Look) -> Pass | Leave:
        return Leave("Finished.", done=True)
