"""Contact added: once for each contact. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headrace.engine.workflows.nodes.port import Config, Facts, NodeType, allow


class SignupTrigger(NodeType):
    name, title, trigger, creatable = "SignupTrigger", "Contact added", True, False

    def update(self, config: Config, payload: Mapping[str, Any], facts: Facts) -> Config:
        allow(payload, "typeName")
        return {}
