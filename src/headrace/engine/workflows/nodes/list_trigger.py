"""Contact added to the workflow's mailing list. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headrace.engine.workflows.graph import Graph
from headrace.engine.workflows.nodes.port import Config, Facts, NodeType, Situation, allow, flag


class AddToListTrigger(NodeType):
    name, title, trigger, creatable = "AddToListTrigger", "Contact added to list", True, False

    def start(self) -> Config:
        return {"reEligible": False}

    def update(self, config: Config, payload: Mapping[str, Any], facts: Facts) -> Config:
        allow(payload, "typeName", "reEligible")
        return {"reEligible": flag(payload, "reEligible", config["reEligible"])}

    def shown(self, config: Config, mailing_list: str | None) -> Config:
        return {"mailingListId": mailing_list} | config

    def problems(self, graph: Graph, identifier: str, situation: Situation) -> list[str]:
        return [] if situation.mailing_list else ["Choose this workflow's mailing list: being added to it is the trigger."]
