"""Event received: by name. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headrace.engine.workflows.graph import Graph, Refused
from headrace.engine.workflows.nodes.port import Config, Facts, NodeType, Situation, allow, flag


class EventTrigger(NodeType):
    name, title, trigger, creatable = "EventTrigger", "Event received", True, False

    def start(self) -> Config:
        return {"eventName": None, "reEligible": False}

    def update(self, config: Config, payload: Mapping[str, Any], facts: Facts) -> Config:
        allow(payload, "typeName", "eventPatternId", "eventName", "reEligible")
        if "eventPatternId" in payload and "eventName" in payload:
            raise Refused("Use either `eventPatternId` or `eventName`, not both.")
        name = payload.get("eventName", config["eventName"])
        if payload.get("eventPatternId") is not None:
            name = facts.event_name(str(payload["eventPatternId"]))
            if name is None:
                raise Refused("Event pattern not found.")
        elif "eventPatternId" in payload:
            name = None
        if name is not None and (not isinstance(name, str) or not facts.has_event(name)):
            raise Refused("Event pattern not found.")
        return {"eventName": name, "reEligible": flag(payload, "reEligible", config["reEligible"])}

    def shown(self, config: Config, mailing_list: str | None) -> Config:
        return config

    def problems(self, graph: Graph, identifier: str, situation: Situation) -> list[str]:
        return [] if graph.nodes[identifier].config.get("eventName") else ["Choose the event that starts this workflow."]
