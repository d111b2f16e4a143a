"""Timer: minutes, hours or days by the wall clock. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headrace.engine.workflows.graph import Refused
from headrace.engine.workflows.nodes.port import Config, Facts, NodeType, allow, number

UNITS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}  # ms
LONGEST = 100_000


class TimerAction(NodeType):
    name, title = "TimerAction", "Timer"

    def start(self) -> Config:
        return {"amount": 1, "unit": "d"}

    def update(self, config: Config, payload: Mapping[str, Any], facts: Facts) -> Config:
        allow(payload, "amount", "unit")
        if payload.get("unit", "m") not in tuple(UNITS):  # it may be anything
            raise Refused("`unit` is m, h or d.")
        changed = dict(payload)
        if "amount" in payload:
            changed["amount"] = number(payload, "amount", 0, LONGEST)
        return config | changed

    def shown(self, config: Config, mailing_list: str | None) -> Config:
        return config

    def wait(self, config: Config) -> int:
        amount: float = config["amount"]
        return round(amount * UNITS[config["unit"]])
