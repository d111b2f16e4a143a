"""Audience filter: contacts that do not match leave; asked once, or at every following node too. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headrace.engine.workflows.graph import Graph, Node, Refused
from headrace.engine.workflows.nodes.port import Config, Facts, Leave, Look, NodeType, Pass, Situation, allow, flag


class AudienceFilter(NodeType):
    name, title = "AudienceFilter", "Audience filter"

    def start(self) -> Config:
        return {"audienceFilter": None, "audienceSegmentId": None, "appliesDownstream": True}

    def update(self, config: Config, payload: Mapping[str, Any], facts: Facts) -> Config:
        allow(payload, "audienceSegmentId", "audienceFilter", "appliesDownstream")
        chosen = {key: payload[key] for key in ("audienceSegmentId", "audienceFilter") if key in payload}
        segment, tree = chosen.get("audienceSegmentId"), chosen.get("audienceFilter")
        if segment is not None and not (isinstance(segment, str) and facts.has_segment(segment)):
            raise Refused("Audience segment not found.")
        if tree is not None:
            facts.check_filter(tree)
        if not chosen:
            chosen = {key: config[key] for key in ("audienceSegmentId", "audienceFilter")}
        cleared = {"audienceFilter": None, "audienceSegmentId": None}  # setting one alone clears the other
        return cleared | chosen | {"appliesDownstream": flag(payload, "appliesDownstream", config["appliesDownstream"])}

    def detail(self, config: Config) -> Config:
        segment = config["audienceSegmentId"]
        return {
            "audienceFilter": config["audienceFilter"],
            **({"audienceSegmentId": segment} if segment else {}),
            "appliesDownstream": config["appliesDownstream"],
        }

    def properties(self, config: Config) -> set[str]:
        tree = config.get("audienceFilter") or {"conditions": ()}
        return {condition["key"] for condition in tree["conditions"] if condition["type"] == "property"}

    def problems(self, graph: Graph, identifier: str, situation: Situation) -> list[str]:
        config = graph.nodes[identifier].config
        empty = not config.get("audienceFilter") and not config.get("audienceSegmentId")
        return ["Choose a segment or a condition."] if empty else []

    def act(self, graph: Graph, identifier: str, node: Node, run: str, look: Look) -> Pass | Leave:
        if not look.matches(node.config):
            return Leave("The contact does not match the audience filter.")
        return Pass(node.next[0], guards=bool(node.config.get("appliesDownstream")))
