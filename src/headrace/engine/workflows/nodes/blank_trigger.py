"""A trigger that nobody has chosen yet. Pure."""

from __future__ import annotations

from headrace.engine.workflows.graph import Graph
from headrace.engine.workflows.nodes.port import NodeType, Situation


class BlankTrigger(NodeType):
    name, title, trigger, creatable = "BlankTrigger", "Trigger", True, False

    def problems(self, graph: Graph, identifier: str, situation: Situation) -> list[str]:
        return ["Choose what starts this workflow."]
