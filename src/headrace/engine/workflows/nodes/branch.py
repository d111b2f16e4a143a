"""Branch: its audience filters are asked from left to right, the first that matches is the way. Pure."""

from __future__ import annotations

from headrace.engine.workflows.graph import Graph, Node
from headrace.engine.workflows.nodes.port import Leave, Look, NodeType, Pass, Situation

CHILD = "AudienceFilter"


class BranchNode(NodeType):
    name, title = "BranchNode", "Branch"

    def problems(self, graph: Graph, identifier: str, situation: Situation) -> list[str]:
        for child in graph.nodes[identifier].next:
            if graph.nodes[child].type != CHILD:
                return ["Each path of a branch must begin with an audience filter."]
        return []

    def act(self, graph: Graph, identifier: str, node: Node, run: str, look: Look) -> Pass | Leave:
        for child in node.next:
            if graph.nodes[child].type != CHILD or look.matches(graph.nodes[child].config):
                return Pass(child)
        return Leave("No branch matches the contact.")
