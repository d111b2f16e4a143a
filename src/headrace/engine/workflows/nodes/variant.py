"""Variant: one path of an experiment; at most one of them is the control. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headrace.engine.workflows.graph import Graph
from headrace.engine.workflows.nodes.port import Config, Facts, NodeType, Situation, allow, flag

PARENT = "ExperimentBranchNode"


class VariantNode(NodeType):
    name, title = "VariantNode", "Variant"

    def start(self) -> Config:
        return {"isControl": False}

    def update(self, config: Config, payload: Mapping[str, Any], facts: Facts) -> Config:
        allow(payload, "isControl")
        return {"isControl": flag(payload, "isControl", False)}

    def shown(self, config: Config, mailing_list: str | None) -> Config:
        return config

    def problems(self, graph: Graph, identifier: str, situation: Situation) -> list[str]:
        stray = any(graph.nodes[parent].type != PARENT for parent in graph.parents(identifier))
        return ["A variant stands directly below its experiment: delete it or move it there."] if stray else []
