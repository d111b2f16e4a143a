"""Experiment: a part of the contacts goes into its variants, evenly; the rest to the control, or out. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headrace.engine.workflows.graph import Graph, Node
from headrace.engine.workflows.nodes.port import (
    Config,
    Facts,
    Leave,
    Look,
    NodeType,
    Pass,
    Situation,
    allow,
    number,
    share,
)

CHILD = "VariantNode"


class ExperimentBranchNode(NodeType):
    name, title = "ExperimentBranchNode", "Experiment"

    def start(self) -> Config:
        return {"samplingRate": 50}

    def update(self, config: Config, payload: Mapping[str, Any], facts: Facts) -> Config:
        allow(payload, "samplingRate")
        return {"samplingRate": number(payload, "samplingRate", 0, 100)}

    def shown(self, config: Config, mailing_list: str | None) -> Config:
        return config

    def problems(self, graph: Graph, identifier: str, situation: Situation) -> list[str]:
        children = [graph.nodes[child] for child in graph.nodes[identifier].next]
        if any(child.type != CHILD for child in children):
            return ["Each path of an experiment must begin with a variant."]
        if all(child.config.get("isControl") for child in children):
            return ["An experiment needs at least one variant beside its control."]
        return []

    def act(self, graph: Graph, identifier: str, node: Node, run: str, look: Look) -> Pass | Leave:
        control = [child for child in node.next if graph.nodes[child].config.get("isControl")]
        variants = [child for child in node.next if child not in control]
        rate, fallen = node.config["samplingRate"] / 100, share(run, identifier)
        if fallen < rate and variants:
            return Pass(variants[min(int(fallen / rate * len(variants)), len(variants) - 1)])
        return Pass(control[0]) if control else Leave("Not sampled by the experiment, which has no control.")
